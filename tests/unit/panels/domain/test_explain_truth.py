"""Every sentence of a result is true: each number in it is worked out again here, by counting or by hand."""

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from panels.domain import greedy
from panels.domain.election import Election
from panels.domain.equal_shares import Utility
from panels.domain.explain import Explanation, explain
from panels.domain.recounting import with_more
from panels.domain.tally import Completion, Method, Outcome, Rule, can_give_parts, count
from tests.unit.panels.domain.elections import elections, with_points

NUMBERS = re.compile(
    r" ([\d,]+) more (vote|point|voter)s?( who chose nothing else)? would have been enough"
    r"(?P<start> to start it)?(?:, and ([\d,]+) for all of it)?(?P<whole> for all of it)?\."
)
MONEY = re.compile(r"£([\d,]+)(?:\.(\d\d))?")
METHODS = st.builds(
    Method,
    rule=st.sampled_from([Rule.GREEDY, Rule.GREEDY_PER_COST, Rule.EQUAL_SHARES]),
    utility=st.sampled_from(Utility),
    completion=st.sampled_from(Completion),
    at_least=st.integers(0, 3),
)


@st.composite
def votes(draw: st.DrawFn) -> tuple[Election, Method]:
    """A small election and a way of counting it; ballots give points where that way can count them."""
    method = draw(METHODS)
    by_shares = method.rule is Rule.EQUAL_SHARES
    return draw(elections(with_options=True) if by_shares else with_points()), method


def counted_with(subject: Election, method: Method, place: int, more: int) -> Outcome:
    """The same vote with so much more support for one project, and for nothing else."""
    if not subject.points:
        return count(with_more(subject, place, more), method)
    ballots, points = (*subject.ballots, (place,)), (*subject.points, (more,))
    return count(replace(subject, ballots=ballots, points=points) if more else subject, method)


def said(told: Explanation) -> tuple[int | None, int | None]:
    """How much more would have been enough, for all of it and to start it, as the sentence says."""
    found = NUMBERS.search(told.support)
    if found is None:
        assert "enough" not in told.support
        return None, None
    first, later = int(found[1].replace(",", "")), found[5]
    if found["start"]:
        return int(later.replace(",", "")) if later else None, first
    return first, None


@settings(max_examples=300, deadline=None)
@given(vote=votes())
def test_with_as_many_more_it_is_funded_and_with_one_fewer_it_is_not(vote):
    subject, method = vote
    for told in explain(subject, method, count(subject, method)):
        whole, start = said(told)
        assert (whole, start) == (told.more_votes, told.votes_to_start)
        assert not (whole and start) or start < whole
        if whole:
            enough, fewer = (counted_with(subject, method, told.place, whole - less) for less in (0, 1))
            assert (told.place in enough.whole, told.place in fewer.whole) == (True, False)
        if start:
            enough, fewer = (counted_with(subject, method, told.place, start - less) for less in (0, 1))
            assert (told.place in enough.winners, told.place in fewer.winners) == (True, False)


@settings(max_examples=150, deadline=None)
@given(vote=votes().filter(lambda vote: vote[1].rule is not Rule.EQUAL_SHARES))
def test_where_no_number_is_said_no_number_is_enough(vote):
    """Nothing else changes with more votes for one project, so a thousand are as good as any number."""
    subject, method = vote
    outcome = count(subject, method)
    for told in explain(subject, method, outcome):
        ahead = counted_with(subject, method, told.place, 1_000)
        if told.place not in outcome.whole and not told.more_votes:
            assert told.place not in ahead.whole
        if told.place not in outcome.winners and not told.more_votes and not told.votes_to_start:
            assert told.place not in ahead.winners


def pence(text: str) -> list[int]:
    return [100 * int(pounds.replace(",", "")) + int(rest or 0) for pounds, rest in MONEY.findall(text)]


class Checked:
    """What is true of one unfunded project, worked out apart from the sentences."""

    def __init__(self, subject: Election, method: Method, outcome: Outcome, place: int) -> None:
        self.subject, self.method, self.outcome, self.place = subject, method, outcome, place
        self.mine = subject.projects[place]
        self.by_shares = method.rule is Rule.EQUAL_SHARES
        walk = (greedy.order_per_cost if method.rule is Rule.GREEDY_PER_COST else greedy.order)(subject)
        before = outcome.winners if self.by_shares else walk[: walk.index(place)]
        self.before = [winner for winner in outcome.whole if winner in before]
        self.left_then = subject.budget - subject.cost_of(self.before)
        self.left = subject.budget - subject.cost_of(outcome.whole)
        self.is_lacking = subject.support[place] < method.at_least

    def has_rival(self, name: str, winners: list[int]) -> bool:
        rival = next(project for project in self.subject.projects if project.id == name)
        return rival.group == self.mine.group != "" and self.subject.projects.index(rival) in winners

    def why_not(self, sentence: str) -> bool:
        """Whether the first sentence is true."""
        if sentence == "more than all the money there was":
            return self.mine.cost > self.subject.budget
        if found := re.fullmatch(r"and only one of it and (.+) could be funded", sentence):
            return self.has_rival(found[1], self.outcome.winners if self.by_shares else self.before)
        if found := re.fullmatch(r"and (\S+) was left( when its turn came)?", sentence):
            left = self.left if self.by_shares else self.left_then
            return pence(found[1]) == [left] and left < self.mine.cost and bool(found[2]) is not self.by_shares
        return self.too_little(sentence.removeprefix("and ")) and self.mine.cost <= self.left_then

    def too_little(self, sentence: str) -> bool:
        if sentence == "too little support stood behind it":
            return self.is_lacking or self.by_shares
        found = re.fullmatch(r"fewer than the (\d) (votes|points) that a project needs stood behind it", sentence)
        return bool(found) and int(found[1]) == self.method.at_least and self.is_lacking

    def why_no_part(self, sentence: str) -> bool:
        """Whether what is said of a start is true; nothing is said where there could be none, or all is said."""
        could = 0 < self.mine.least < self.mine.cost and can_give_parts(self.method.rule, self.method.completion)
        if not sentence:
            rivals = self.subject.groups_of(self.outcome.winners if self.by_shares else self.before)
            return not could or self.mine.cost <= self.left or self.mine.group in rivals
        least, rest = re.fullmatch(r"It can start with (\S+), but (.+)", sentence).groups()
        if not could or pence(least) != [self.mine.least]:
            return False
        if found := re.fullmatch(r"(?:only (\S+)|nothing) was left in the end", rest):
            return (pence(found[1]) if found[1] else [0]) == [self.left] and self.left < self.mine.least
        if found := re.fullmatch(r"only one of it and (.+) could be funded", rest):
            return self.has_rival(found[1], self.outcome.winners)
        if found := re.fullmatch(r"what was left in the end went to (.+)", rest):
            return self.outcome.part is not None and self.subject.projects[self.outcome.winners[-1]].id == found[1]
        return self.mine.least <= self.left < self.mine.cost and self.outcome.part is None and self.too_little(rest)


@settings(max_examples=400, deadline=None)
@given(vote=votes())
def test_every_project_has_one_true_sentence(vote):
    """And one more where it could have started with less and nothing else tells why it did not."""
    subject, method = vote
    outcome = count(subject, method)
    for told in explain(subject, method, outcome, recounts=False):
        project = subject.projects[told.place]
        if told.order:
            before = outcome.winners[: told.order - 1]
            assert outcome.winners[told.order - 1] == told.place
            assert told.reason.startswith(f"Funded {told.order}")
            left, part = subject.budget - subject.cost_of(before), outcome.part_of(told.place)
            assert pence(told.reason) == (
                [project.cost, left] if part is None else [part, project.cost, part, project.least]
            )
            assert part in (None, left)
            continue
        found = re.fullmatch(r"Not funded: it needs (\S+), ([^.]+(?:\.\d\d[^.]*)*)\.(?: (.+)\.)?", told.reason)
        fact = Checked(subject, method, outcome, told.place)
        assert pence(found[1]) == [project.cost]
        assert fact.why_not(found[2]), told.reason
        assert fact.why_no_part(found[3] or ""), told.reason
