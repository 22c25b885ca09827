"""Worked examples, and a second, slow implementation in exact fractions as the oracle."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.domain.election import Choice, Election
from panels.domain.equal_shares import Utility, add1, equal_shares
from tests.unit.panels.domain.test_greedy import election, ids


def slow_equal_shares(subject: Election, utility: Utility, share: Fraction) -> list[int]:
    """The definition, one voter at a time."""
    purses = [share] * len(subject.ballots)
    left, bought = set(range(len(subject.projects))), []
    while True:
        offers = []
        for place in left:
            cost = subject.projects[place].cost
            backers = sorted(v for v, ballot in enumerate(subject.ballots) if place in ballot)
            if not backers or sum(purses[v] for v in backers) < cost:
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
        left.remove(place)


def _cap(cost: int, purses: list[Fraction]) -> Fraction:
    owed, payers = Fraction(cost), len(purses)
    for purse in purses:
        if owed <= purse * payers:
            break
        owed -= purse
        payers -= 1
    return owed / payers


@st.composite
def elections(draw: st.DrawFn) -> Election:
    costs = draw(st.lists(st.integers(0, 40), min_size=1, max_size=6))
    mark = st.sets(st.integers(0, len(costs) - 1)).map(lambda marks: tuple(sorted(marks)))
    ballots = draw(st.lists(mark, min_size=1, max_size=9))
    projects = tuple(Choice(str(place), cost) for place, cost in enumerate(costs))
    return Election(draw(st.integers(0, 120)), projects, tuple(ballots))


@settings(max_examples=300, deadline=None)
@given(subject=elections(), utility=st.sampled_from(Utility))
def test_equal_shares_agrees_with_the_definition_in_exact_fractions(subject, utility):
    winners, share = equal_shares(subject, utility)

    assert winners == slow_equal_shares(subject, utility, share)


@settings(max_examples=150, deadline=None)
@given(subject=elections(), utility=st.sampled_from(Utility))
def test_add1_stays_within_budget_and_is_a_plain_run_at_the_share_it_names(subject, utility):
    winners, share = add1(subject, utility)

    assert subject.cost_of(winners) <= subject.budget
    assert winners == slow_equal_shares(subject, utility, share)


def test_equal_shares_gives_a_minority_its_part():
    """Six voters want a and b, four want c: most votes first gives all the money to the six."""
    subject = election(100, {"a": 50, "b": 50, "c": 40}, ["ab"] * 6 + ["c"] * 4)

    assert ids(subject, equal_shares(subject, Utility.COST)[0]) == "ac"


def test_equal_shares_breaks_exact_ties_by_the_published_order():
    subject = election(90, {"b": 30, "a": 30}, ["ab", "ab", "ab"])

    assert ids(subject, equal_shares(subject, Utility.COST)[0]) == "ab"


def test_equal_shares_tells_thirds_apart_where_floating_point_cannot():
    """Three voters can pay 1 together to the last third of a unit, and nothing may be lost to rounding."""
    subject = election(1, {"a": 1}, ["a", "a", "a"])

    assert ids(subject, equal_shares(subject, Utility.CARDINALITY)[0]) == "a"


@pytest.mark.parametrize("utility", Utility)
def test_equal_shares_without_voters_funds_nothing(utility):
    assert equal_shares(election(10, {"a": 1}, []), utility)[0] == []
    assert add1(election(10, {"a": 1}, []), utility)[0] == []


def test_add1_raises_the_share_until_the_money_is_used():
    """Each of four voters starts with 25: nobody can pay 30 alone until their share is raised."""
    subject = election(100, {"a": 30, "b": 30, "c": 30, "d": 30}, ["a", "b", "c", "d"])

    assert equal_shares(subject, Utility.COST)[0] == []
    assert add1(subject, Utility.COST)[0] == []
    assert ids(subject, add1(election(100, {"a": 30, "b": 30, "c": 30}, ["a", "b", "c", ""]), Utility.COST)[0]) == "abc"
