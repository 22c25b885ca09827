"""Elections made by Hypothesis, and fair shares once more, slowly, as the definition says, in exact fractions."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from panels.domain.election import Choice, Election
from panels.domain.equal_shares import Utility


def slow_equal_shares(subject: Election, utility: Utility, share: Fraction, at_least: int = 0) -> list[int]:
    """The definition, one voter at a time."""
    purses = [share] * len(subject.ballots)
    left, bought = set(range(len(subject.projects))), []
    while True:
        offers = []
        for place in left:
            cost = subject.projects[place].cost
            backers = sorted(v for v, ballot in enumerate(subject.ballots) if place in ballot)
            if len(backers) < max(1, at_least) or sum(purses[v] for v in backers) < cost:
                continue
            most = _cap(cost, sorted(purses[v] for v in backers))
            gain = (cost or 1) if utility is Utility.COST else 1
            offers.append((most / gain, subject.precedence[place], place, most, backers))
        if not offers:
            return bought
        _, _, place, most, backers = min(offers)
        for voter in backers:
            purses[voter] -= min(purses[voter], most)
        bought.append(place)
        left = {other for other in left - {place} if not _exclude(subject.projects, place, other)}


def _cap(cost: int, purses: list[Fraction]) -> Fraction:
    owed, payers = Fraction(cost), len(purses)
    for purse in purses:
        if owed <= purse * payers:
            break
        owed -= purse
        payers -= 1
    return owed / payers


def _exclude(projects: tuple[Choice, ...], place: int, other: int) -> bool:
    return bool(projects[place].group) and projects[place].group == projects[other].group


def slow_add1(subject: Election, utility: Utility, at_least: int = 0) -> list[int]:
    """The definition: one unit more for everybody until something else would overspend, or nothing more fits."""
    share = Fraction(subject.budget, len(subject.ballots))
    winners = slow_equal_shares(subject, utility, share, at_least)
    wanted = [place for place, votes in enumerate(subject.votes) if votes >= max(1, at_least)]
    while not subject.is_exhaustive(winners, wanted):
        share += subject.add1_step
        attempt = slow_equal_shares(subject, utility, share, at_least)
        if subject.cost_of(attempt) > subject.budget:
            break
        winners = attempt
    return winners


@st.composite
def elections(draw: st.DrawFn, *, with_options: bool = False) -> Election:
    """Few projects and voters, small costs: ties everywhere. With options, also groups and parts."""
    costs = draw(st.lists(st.integers(0, 40), min_size=1, max_size=6))
    mark = st.sets(st.integers(0, len(costs) - 1)).map(lambda marks: tuple(sorted(marks)))
    ballots = draw(st.lists(mark, min_size=1, max_size=9))
    groups = draw(st.lists(st.sampled_from(["", "", "a", "b"] if with_options else [""]), min_size=6, max_size=6))
    parts = draw(st.lists(st.integers(0, 5 if with_options else 0), min_size=6, max_size=6))
    projects = tuple(
        Choice(str(place), cost, group=groups[place], least=min(parts[place], max(0, cost - 1)))
        for place, cost in enumerate(costs)
    )
    return Election(draw(st.integers(0, 120)), projects, tuple(ballots))


@st.composite
def with_points(draw: st.DrawFn) -> Election:
    """The same, with groups and parts, and perhaps with points for each project that a ballot names."""
    subject = draw(elections(with_options=True))
    if draw(st.booleans()):
        return subject
    given = tuple(tuple(draw(st.integers(1, 3)) for _ in ballot) for ballot in subject.ballots)
    return replace(subject, points=given)
