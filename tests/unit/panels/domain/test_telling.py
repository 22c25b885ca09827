"""What is told of a count gives nothing away that is kept back: every small vote, one by one.

The numbers of the rules (30 ballots, masks below 10) are made small here, so that all votes there can be are few enough
to go through: every ballot the rules allow, every way in which up to twelve voters can cast them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, product
from typing import Any

import pytest

from panels.domain.ballot_paper import BallotError, BallotRules, Kind, check, content_of
from panels.domain.disclosure import MOST_UNSHARED, Disclosure, Limits, published_count
from panels.domain.election import Choice, Election, read_contents
from panels.domain.explain import explain
from panels.domain.tally import Completion, Method, Outcome, Rule, count, other_rule
from panels.domain.telling import Telling

COSTS, BUDGET = (60, 50, 30, 20), 100
TWOS, THREES = Limits(99, MOST_UNSHARED, 3, 2), Limits(99, MOST_UNSHARED, 6, 3)
BY_VOTES = [Method(), Method(at_least=2), Method(Rule.GREEDY_PER_COST, at_least=2)]
SHARES = [Method(Rule.EQUAL_SHARES, completion=each, at_least=1) for each in (Completion.ADD1, Completion.ADD1_GREEDY)]
POLLS = [Method(Rule.PRIORITY, most_winners=2, at_least=1), Method(Rule.PRIORITY, at_least=1)]


@dataclass(frozen=True)
class Told:
    """One count: what is known of it to everybody who reads the result, and what else is said about it."""

    election: Election
    telling: Telling
    outcome: Outcome
    method: Method
    kind: Kind

    @property
    def votes(self) -> tuple[int | str, ...]:
        below, counted = self.telling.masked_below, len(self.election.ballots)
        return tuple(
            published_count(votes, counted, self.telling.level, masked_below=below) for votes in self.election.votes
        )

    @property
    def totals(self) -> tuple[Any, ...]:
        """Ballots counted, votes and points: as many of these as the rules let be told."""
        if self.telling.level is Disclosure.WINNERS:
            return ()
        points = tuple(self.election.support) if self.election.points and self.telling.tells_points else ()
        return (len(self.election.ballots), self.telling.masked_below, self.votes, points)

    @property
    def winners(self) -> tuple[Any, ...]:
        part = self.outcome.winners[-1] if self.outcome.part is not None else None
        return (frozenset(self.outcome.winners), part, self.outcome.part)

    @property
    def said(self) -> tuple[Any, ...]:
        """Reasons, the order of winners, and those of the other way of counting."""
        turns = self.telling.turns(self.election, self.method, self.outcome)
        told = explain(self.election, self.method, self.outcome, recounts=False, turns=turns)
        return (tuple((one.order, one.reason) for one in told), self._other())

    def _other(self) -> tuple[int, ...] | None:
        rule = other_rule(self.method.rule, self.kind)
        if rule is None:
            return None
        other = Method(rule, self.method.utility, self.method.completion, self.method.at_least)
        if not self.telling.tells_another(self.election, other):
            return None
        return tuple(count(self.election, other).winners)


def every_ballot(rules: BallotRules) -> Iterator[tuple[int, ...]]:
    most = rules.most_choices if rules.kind is Kind.RANKED else rules.most_points or 1
    for marks in product(range(most + 1), repeat=rules.project_count):
        try:
            check(marks, rules)
        except BallotError:
            continue
        yield content_of(marks, rules.kind)


def every_vote(
    rules: BallotRules, voters: Sequence[int], options: dict[str, Any] | None = None
) -> Iterator[tuple[tuple[tuple[int, ...], ...], Election]]:
    given, budget = options or {}, rules.budget or BUDGET
    projects = tuple(
        Choice(str(place), cost, group=given.get("groups", "    ")[place].strip(), least=given.get("least", 0))
        for place, cost in enumerate(COSTS[: rules.project_count])
    )
    for number in voters:
        for contents in combinations_with_replacement(tuple(every_ballot(rules)), number):
            ballots, points = read_contents(rules.kind, contents, rules.most_choices)
            most = rules.most_choices if rules.kind is Kind.RANKED else 0
            yield contents, Election(budget, projects, ballots, points=points, most_ranks=most)


def naming(projects: int, most: int) -> BallotRules:
    return BallotRules(Kind.APPROVAL, projects, most)


def fitting(budget: int) -> BallotRules:
    return BallotRules(Kind.KNAPSACK, 3, 3, budget=budget, prices=COSTS[:3])


CASES = [
    *((naming(3, most), range(1, last + 1), TWOS, {}) for most, last in ((1, 12), (2, 8), (3, 6))),
    (naming(3, 1), range(1, 13), THREES, {"groups": "a a ", "least": 20}),
    (naming(3, 2), range(6, 8), THREES, {"groups": "aa  ", "least": 10}),
    (naming(4, 1), range(1, 11), TWOS, {}),
    *((BallotRules(Kind.RANKED, 3, most), range(3, 9 - 2 * most), TWOS, {}) for most in (1, 2)),
    (BallotRules(Kind.POINTS, 3, 3, 2, 2), range(3, 6), TWOS, {}),
    (BallotRules(Kind.POINTS, 3, 3, 1, 1), range(3, 7), TWOS, {}),
    *((fitting(budget), range(1, 9), TWOS, {}) for budget in (100, 80, 55)),
]


def methods_for(kind: Kind) -> list[Method]:
    shares = SHARES if kind in (Kind.APPROVAL, Kind.KNAPSACK) else []
    return [*BY_VOTES, *shares, *(POLLS if kind is not Kind.KNAPSACK else [])]


@pytest.mark.parametrize(("rules", "voters", "limits", "options"), CASES)
def test_whatever_is_said_follows_from_the_winners_and_the_totals_that_are_told(rules, voters, limits, options):
    """Two votes with the same winners and the same told totals are told in the same words, in the same order."""
    said: dict[Any, Any] = {}
    seen = set()
    for contents, election in every_vote(rules, voters, options):
        telling = Telling.of(election, contents, rules=rules, limits=limits)
        seen.add(telling.level)
        for method in methods_for(rules.kind):
            told = Told(election, telling, count(election, method), method, rules.kind)
            known = (method, telling.level, told.totals, told.winners)
            assert said.setdefault(known, told.said) == told.said

    assert {Disclosure.TOTALS, Disclosure.WINNERS} == seen


@pytest.mark.parametrize(("rules", "voters", "limits", "options"), CASES)
def test_a_masked_total_can_be_as_many_numbers_as_the_rules_mask(rules, voters, limits, options):
    """Also to somebody who knows how the masks are chosen, and what ballots there can be."""
    votes: dict[Any, set[tuple[int, ...]]] = defaultdict(set)
    for contents, election in every_vote(rules, voters, options):
        telling = Telling.of(election, contents, rules=rules, limits=limits)
        told = Told(election, telling, Outcome([]), Method(), rules.kind)
        if telling.level is Disclosure.TOTALS:
            votes[told.totals].add(tuple(election.votes))
    for (_, _, shown, _), possible in votes.items():
        for place, words in enumerate(shown):
            can_be_named = rules.kind is not Kind.KNAPSACK or rules.prices[place] <= rules.budget
            if isinstance(words, str) and can_be_named:
                assert len({each[place] for each in possible}) >= limits.small, (shown, possible)


@pytest.mark.parametrize(
    ("rules", "voters", "limits", "options"), [case for case in CASES if case[0].kind in (Kind.RANKED, Kind.POINTS)]
)
def test_points_leave_open_who_put_a_project_first(rules, voters, limits, options):
    """Of those who named a project, told points never say that all, or all but a few, gave it the most or least."""
    most = rules.most_points if rules.kind is Kind.POINTS else rules.most_choices
    for contents, election in every_vote(rules, voters, options):
        telling = Telling.of(election, contents, rules=rules, limits=limits)
        if telling.tells_points and most > 1:
            assert not telling.masked
            for votes, points in zip(election.votes, election.support, strict=True):
                assert votes + limits.small <= points <= votes * most - limits.small


def test_fewer_than_ten_between_two_projects_are_masked_with_a_third():
    """One choice each: from 40 voters, told 12 and 19, it follows that 9 chose the two that are left."""
    contents = [(0,)] * 19 + [(1,)] * 12 + [(2,)] * 8 + [(3,)]
    election = Election(BUDGET, tuple(Choice(str(place), 10) for place in range(4)), tuple(contents))
    telling = Telling.of(election, contents, rules=naming(4, 1), limits=Limits())

    assert (telling.level, telling.masked_below, telling.masked) == (Disclosure.TOTALS, 20, {0, 1, 2, 3})


def test_where_no_mask_holds_only_winners_are_told():
    """One choice each, 14 and 13 of 30: the rest is 3, and nothing wider hides it among so few."""
    contents = [(0,)] * 14 + [(1,)] * 13 + [(2,)] * 3
    election = Election(BUDGET, tuple(Choice(str(place), 10) for place in range(3)), tuple(contents))
    telling = Telling.of(election, contents, rules=naming(3, 1), limits=Limits())

    assert (telling.level, telling.tells_points) == (Disclosure.WINNERS, False)


def test_two_projects_of_which_one_is_chosen_need_no_wider_masks():
    contents = [(0,)] * 30
    election = Election(BUDGET, (Choice("0", 10), Choice("1", 10)), tuple(contents))
    telling = Telling.of(election, contents, rules=naming(2, 1), limits=Limits())

    assert (telling.level, telling.masked_below, telling.masked) == (Disclosure.TOTALS, 10, {0, 1})


def test_limits_are_those_of_the_frozen_rules():
    frozen = {"full_from": 50, "most_unshared": "1/4", "totals_from": 20, "masked_below": 5}

    assert Limits.from_rules({"publication": frozen}) == Limits(50, Fraction(1, 4), 20, 5)
