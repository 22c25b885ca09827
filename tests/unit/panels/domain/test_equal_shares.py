"""Worked examples, and a second, slow implementation in exact fractions as the oracle."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.domain import equal_shares as module
from panels.domain.election import Choice, Election
from panels.domain.equal_shares import Utility, add1, equal_shares
from panels.domain.purses import Electorate, Purses
from tests.unit.panels.domain.elections import elections, slow_add1, slow_equal_shares
from tests.unit.panels.domain.test_greedy import election, ids

exhaustively = settings(max_examples=60, deadline=None)
utilities = st.sampled_from(Utility)


@exhaustively
@given(subject=elections(with_options=True), utility=utilities, at_least=st.integers(0, 3))
def test_equal_shares_agrees_with_the_definition_in_exact_fractions(subject, utility, at_least):
    winners, share = equal_shares(subject, utility, at_least)

    assert winners == slow_equal_shares(subject, utility, share, at_least)


@exhaustively
@given(subject=elections(with_options=True), utility=utilities, at_least=st.integers(0, 3))
def test_add1_agrees_with_the_definition_and_stays_within_budget(subject, utility, at_least):
    winners, share = add1(subject, utility, at_least)

    assert winners == slow_add1(subject, utility, at_least)
    assert winners == slow_equal_shares(subject, utility, share, at_least)
    assert subject.cost_of(winners) <= subject.budget


@exhaustively
@given(subject=elections(with_options=True), utility=utilities, data=st.data())
def test_equal_shares_tells_apart_prices_that_differ_by_a_penny_in_billions(subject, utility, data):
    """As the small elections, in amounts where one penny is less than what rounding of many payments could hide."""
    odd = data.draw(st.lists(st.integers(-1, 1), min_size=6, max_size=6))
    large = 10 ** data.draw(st.integers(9, 15))
    projects = tuple(
        replace(project, cost=max(0, project.cost * large + penny), least=0)
        for project, penny in zip(subject.projects, odd, strict=False)
    )
    subject = Election(subject.budget * large + odd[0] + 1, projects, subject.ballots, step=large // 7)
    winners, share = equal_shares(subject, utility)

    assert winners == slow_equal_shares(subject, utility, share)
    assert add1(subject, utility)[0] == slow_add1(subject, utility)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("worst_error", [module.WORST_ERROR, 1e-15, 0.0])
def test_equal_shares_agrees_with_the_definition_however_soon_it_turns_to_exact_integers(
    seed, worst_error, monkeypatch
):
    """Three hundred voters buy many projects, so that rounding builds up; costs are such that purses run dry."""
    monkeypatch.setattr(module, "WORST_ERROR", worst_error)
    draw = random.Random(seed)
    projects = tuple(Choice(str(place), draw.choice((300, 300, 700, 1100, 1300))) for place in range(14))
    ballots = tuple(tuple(sorted(draw.sample(range(14), draw.randint(1, 6)))) for _ in range(300))
    subject = Election(9_000, projects, ballots)
    for utility in Utility:
        winners, share = equal_shares(subject, utility)

        assert winners == slow_equal_shares(subject, utility, share)
        assert len(winners) > 4


@exhaustively
@given(subject=elections(), utility=utilities)
def test_equal_shares_is_priceable(subject, utility):
    """Nobody pays for what they did not name or more than they hold, each winner is paid exactly, and the supporters
    of no other project could pay for it with what they have left."""
    winners, share = equal_shares(subject, utility)
    electorate = Electorate.of(subject)
    purses = Purses(electorate, share)
    before = [share] * len(electorate.sizes)
    for number, place in enumerate(winners, start=1):
        purses.follow(winners[:number])
        after = [purses.money(block) for block in range(len(before))]
        paid = [had - has for had, has in zip(before, after, strict=True)]
        backers = set(electorate.supporters[place].tolist())

        assert all(0 <= amount <= purses.prices[-1] for amount in paid)
        assert all(not amount for block, amount in enumerate(paid) if block not in backers)
        assert sum(a * size for a, size in zip(paid, electorate.sizes, strict=True)) == subject.projects[place].cost
        before = after
    for place in set(range(len(subject.projects))) - set(winners):
        backers = electorate.supporters[place].tolist()

        assert not backers or sum(before[b] * electorate.sizes[b] for b in backers) < subject.projects[place].cost


@exhaustively
@given(subject=elections(), utility=utilities, data=st.data())
def test_equal_shares_depends_on_neither_the_order_of_voters_nor_of_projects(subject, utility, data):
    ballots = data.draw(st.permutations(subject.ballots))
    order = data.draw(st.permutations(range(len(subject.projects))))
    turned = tuple(tuple(sorted(order.index(place) for place in ballot)) for ballot in ballots)
    other = Election(subject.budget, tuple(subject.projects[place] for place in order), turned)

    for rule in (equal_shares, add1):
        names = [subject.projects[place].id for place in rule(subject, utility)[0]]

        assert [other.projects[place].id for place in rule(other, utility)[0]] == names


@exhaustively
@given(subject=elections(), utility=utilities, data=st.data())
def test_equal_shares_never_drops_a_winner_that_another_voter_names_too(subject, utility, data):
    winners, _ = equal_shares(subject, utility)
    voter = data.draw(st.sampled_from(range(len(subject.ballots))))
    for place in winners:
        ballots = list(subject.ballots)
        ballots[voter] = tuple(sorted({*ballots[voter], place}))

        assert place in equal_shares(Election(subject.budget, subject.projects, tuple(ballots)), utility)[0]


def test_equal_shares_buys_one_project_of_a_group():
    projects = (Choice("a", 30, group="hall"), Choice("b", 20, group="hall"), Choice("c", 10))
    subject = Election(100, projects, ((0, 1, 2), (0, 1), (0,)))

    assert [projects[place].id for place in equal_shares(subject, Utility.COST)[0]] == ["a", "c"]


def test_add1_does_not_wait_for_a_project_nobody_named():
    """Both voters could go on being given money for b, which nobody wants."""
    subject = election(100, {"a": 60, "b": 10}, ["a", "a"])

    assert add1(subject, Utility.COST) == ([0], Fraction(50))


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
