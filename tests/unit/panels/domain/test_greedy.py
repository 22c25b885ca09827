from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.domain.ballot_paper import Kind
from panels.domain.election import Choice, Election, borda, read_contents
from panels.domain.equal_shares import Utility
from panels.domain.greedy import by_priority, by_votes, by_votes_per_cost, complete, part_funded
from panels.domain.tally import (
    FUNDING,
    Completion,
    Method,
    MethodError,
    Rule,
    can_give_parts,
    count,
    other_rule,
    rules_for,
)
from tests.unit.panels.domain.elections import elections, slow_add1, with_points


def election(budget: int, costs: dict[str, int], ballots: list[str]) -> Election:
    """Ballots as strings of one-letter project ids."""
    projects = tuple(Choice(name, cost) for name, cost in costs.items())
    places = {name: place for place, name in enumerate(costs)}
    return Election(budget, projects, tuple(tuple(sorted(places[name] for name in ballot)) for ballot in ballots))


def ids(subject: Election, winners: list[int]) -> str:
    return "".join(subject.projects[place].id for place in winners)


def test_by_votes_skips_what_no_longer_fits_and_goes_on():
    subject = election(100, {"a": 60, "b": 50, "c": 40}, ["ab", "ab", "abc", "a"])

    assert ids(subject, by_votes(subject)) == "ac"


def test_by_votes_breaks_ties_by_lower_cost_then_id_as_text():
    projects = (Choice("9", 10), Choice("10", 10), Choice("x", 5))
    subject = Election(30, projects, ((0,), (1,), (2,)))

    assert [projects[place].id for place in by_votes(subject)] == ["x", "10", "9"]


def test_by_votes_honours_the_votes_every_project_needs():
    subject = election(30, {"a": 10, "b": 10}, ["a"])

    assert ids(subject, by_votes(subject)) == "ab"
    assert ids(subject, by_votes(subject, at_least=1)) == "a"


def test_by_votes_per_cost_prefers_cheap_support_and_takes_free_projects_first():
    subject = election(100, {"a": 90, "b": 20, "f": 0}, ["a", "a", "a", "ab"])

    assert ids(subject, by_votes_per_cost(subject)) == "fb"


def test_complete_keeps_what_was_chosen_and_fills_up():
    subject = election(100, {"a": 60, "b": 50, "c": 40}, ["ab", "ab", "abc", "a"])

    assert ids(subject, complete(subject, [1])) == "bc"


@given(
    costs=st.lists(st.integers(0, 50), min_size=1, max_size=6),
    marks=st.lists(st.sets(st.integers(0, 5)), max_size=8),
    budget=st.integers(0, 120),
)
def test_by_votes_never_overspends_and_leaves_nothing_that_fits(costs, marks, budget):
    projects = tuple(Choice(str(place), cost) for place, cost in enumerate(costs))
    ballots = tuple(tuple(sorted(place for place in mark if place < len(costs))) for mark in marks)
    subject = Election(budget, projects, ballots)
    winners = by_votes(subject)

    assert subject.cost_of(winners) <= budget
    assert subject.is_exhaustive(winners)


@settings(max_examples=80, deadline=None)
@given(subject=elections(with_options=True), rule=st.sampled_from(FUNDING), completion=st.sampled_from(Completion))
def test_count_never_spends_more_than_there_is_nor_two_of_a_group(subject, rule, completion):
    outcome = count(subject, Method(rule, Utility.COST, completion))
    groups = [group for place in outcome.winners if (group := subject.projects[place].group)]

    assert outcome.spent(subject) <= subject.budget
    assert len(groups) == len(set(groups))
    assert len(outcome.winners) == len(set(outcome.winners))


@settings(max_examples=50, deadline=None)
@given(subject=elections(), data=st.data())
def test_greedy_never_drops_a_winner_that_another_voter_names_too(subject, data):
    voter = data.draw(st.sampled_from(range(len(subject.ballots))))
    for rule in (by_votes, by_votes_per_cost):
        for place in rule(subject):
            ballots = list(subject.ballots)
            ballots[voter] = tuple(sorted({*ballots[voter], place}))

            assert place in rule(Election(subject.budget, subject.projects, tuple(ballots)))


def test_by_votes_funds_the_better_supported_of_projects_that_exclude_each_other():
    projects = (Choice("a", 10, group="hall"), Choice("b", 10, group="hall"), Choice("c", 10))
    subject = Election(30, projects, ((0, 1), (0,), (2,)))

    assert by_votes(subject) == [0, 2]


def test_count_gives_what_is_left_to_a_project_of_which_a_part_is_of_use():
    """40 are left; b needs 50 but 30 are of use, and comes before c, of which 45 are."""
    projects = (Choice("a", 60), Choice("b", 50, least=30), Choice("c", 70, least=45))
    subject = Election(100, projects, ((0, 1), (0, 1), (0, 2)))
    outcome = count(subject, Method())

    assert (outcome.winners, outcome.part, outcome.spent(subject)) == ([0, 1], 40, 100)
    assert part_funded(Election(85, projects, subject.ballots), [0], [1, 2]) is None


def test_count_by_votes_for_each_pound_gives_the_part_in_the_same_order():
    """b has more votes, c more for each pound; 10 are left, with which either can start."""
    projects = (Choice("a", 10), Choice("b", 40, least=10), Choice("c", 20, least=10))
    subject = Election(20, projects, ((0, 1), (0, 1), (0, 1), (0, 2), (0, 2)))

    assert count(subject, Method(Rule.GREEDY_PER_COST)).winners == [0, 2]
    assert count(subject, Method()).winners == [0, 1]


def test_count_by_shares_gives_a_part_only_when_the_rest_is_filled_up():
    projects = (Choice("a", 60), Choice("b", 50, least=30))
    subject = Election(100, projects, ((0, 1), (0,), (0,)))

    assert count(subject, Method(Rule.EQUAL_SHARES)).part is None
    assert count(subject, Method(Rule.EQUAL_SHARES, completion=Completion.ADD1_GREEDY)).part == 40


def test_borda_gives_the_most_points_to_the_first_and_one_fewer_to_each_next():
    ballots, points = borda([(2, 0), (1,), (2, 1, 0)], 3)

    assert ballots == ((0, 2), (1,), (0, 1, 2))
    assert points == ((2, 3), (3,), (1, 2, 3))
    with pytest.raises(ValueError, match="ranks 3 projects, and at most 2"):
        borda([(2, 1, 0)], 2)


def test_count_of_ranked_ballots_goes_by_points_and_not_by_how_many_name_a_project():
    """Three voters name b, last; two name a, first."""
    ballots, points = borda([(0, 1), (0, 1), (2, 1)], 3)
    subject = Election(10, (Choice("a", 10), Choice("b", 10), Choice("c", 10)), ballots, points=points)

    assert subject.votes == [2, 3, 1]
    assert subject.support == [6, 6, 3]
    assert count(subject, Method()).winners == [0]
    with pytest.raises(MethodError, match="only name projects"):
        count(subject, Method(Rule.EQUAL_SHARES))


def test_by_priority_puts_all_in_order_whatever_they_cost():
    subject = election(0, {"a": 10, "b": 10, "c": 5, "d": 1}, ["b", "bc", "a"])

    assert ids(subject, by_priority(subject)) == "bcad"
    assert ids(subject, by_priority(subject, at_least=1)) == "bca"


def slow_points(kind: Kind, contents: list[tuple[int, ...]], most: int, count_of_projects: int) -> list[int]:
    """Points by the definition, one project after the other."""
    if kind is Kind.POINTS:
        return [sum(ballot[place] for ballot in contents) for place in range(count_of_projects)]
    return [
        sum(most - ballot.index(place) for ballot in contents if place in ballot) for place in range(count_of_projects)
    ]


def slow_greedy(costs: list[int], support: list[int], budget: int) -> list[int]:
    """Most points first, lower cost, then id as text; what does not fit is passed over, and so is what nobody named."""
    waiting, won = list(range(len(costs))), []
    while waiting:
        best = min(waiting, key=lambda place: (-support[place], costs[place], str(place)))
        waiting.remove(best)
        if support[best] and costs[best] <= budget:
            won.append(best)
            budget -= costs[best]
    return won


@settings(max_examples=50)
@given(subject=with_points(), at_least=st.integers(0, 3), is_per_cost=st.booleans())
def test_most_votes_first_is_as_defined_with_groups_and_a_fewest_number_of_votes(subject, at_least, is_per_cost):
    """One project after the other, the best of those that wait: paid for, or out for good."""
    waiting, won, left = set(range(len(subject.projects))), [], subject.budget

    def key(place: int) -> tuple[object, ...]:
        project, votes = subject.projects[place], subject.support[place]
        for_each = Fraction(votes, project.cost) if project.cost else Fraction(10**9)
        return (-for_each if is_per_cost else 0, -votes, project.cost, project.id)

    while waiting:
        best = min(waiting, key=key)
        waiting.remove(best)
        project = subject.projects[best]
        is_taken = any(project.group and subject.projects[other].group == project.group for other in won)
        if not is_taken and subject.support[best] >= at_least and project.cost <= left:
            won.append(best)
            left -= project.cost

    assert (by_votes_per_cost if is_per_cost else by_votes)(subject, at_least) == won
    outcome = count(subject, Method(Rule.GREEDY_PER_COST if is_per_cost else Rule.GREEDY, at_least=at_least))
    assert (outcome.winners, outcome.part) == slow_part(subject, won, left, at_least=at_least, key=key)


def slow_part(
    subject: Election, won: list[int], left: int, *, at_least: int, key: Callable[[int], object]
) -> tuple[list[int], int | None]:
    """Of all that may have what is left, whole or not at all until now, the first that can start with it."""
    may = [
        place
        for place, project in enumerate(subject.projects)
        if place not in won
        and subject.support[place] >= at_least
        and not any(project.group and subject.projects[other].group == project.group for other in won)
        and project.least
        and project.least <= left < project.cost
    ]
    return ([*won, min(may, key=key)], left) if may else (won, None)


@settings(max_examples=40)
@given(subject=elections(with_options=True), at_least=st.integers(0, 2), utility=st.sampled_from(Utility))
def test_fair_shares_give_the_part_as_defined_where_all_else_was_filled_up(subject, at_least, utility):
    """By the slow definition: what larger shares buy, then most votes first, then the part; otherwise no part."""
    won = slow_add1(subject, utility, at_least)
    plain = count(subject, Method(Rule.EQUAL_SHARES, utility, Completion.ADD1, at_least))
    assert (plain.winners, plain.part) == (won, None)
    filled, left = list(won), subject.budget - subject.cost_of(won)

    def key(place: int) -> tuple[int, int, str]:
        return -subject.votes[place], subject.projects[place].cost, subject.projects[place].id

    for place in sorted(range(len(subject.projects)), key=key):
        project = subject.projects[place]
        is_taken = any(project.group and subject.projects[other].group == project.group for other in filled)
        if place not in filled and not is_taken and subject.votes[place] >= at_least and project.cost <= left:
            filled.append(place)
            left -= project.cost
    outcome = count(subject, Method(Rule.EQUAL_SHARES, utility, Completion.ADD1_GREEDY, at_least))

    assert (outcome.winners, outcome.part) == slow_part(subject, filled, left, at_least=at_least, key=key)
    assert outcome.spent(subject) == (subject.cost_of(filled) if outcome.part is None else subject.budget)


@settings(max_examples=40)
@given(data=st.data(), kind=st.sampled_from([Kind.RANKED, Kind.POINTS]))
def test_ranks_and_points_are_counted_as_defined(data, kind):
    costs = data.draw(st.lists(st.integers(0, 30), min_size=1, max_size=12))
    number, most = len(costs), data.draw(st.integers(1, len(costs)))
    ranking = st.permutations(range(number)).flatmap(lambda p: st.integers(1, most).map(lambda n: tuple(p[:n])))
    points = st.lists(st.integers(0, 3), min_size=number, max_size=number).map(tuple).filter(any)
    contents = data.draw(st.lists(ranking if kind is Kind.RANKED else points, min_size=1, max_size=8))
    budget = data.draw(st.integers(0, 80))
    choices = tuple(Choice(str(place), cost) for place, cost in enumerate(costs))
    ballots, given = read_contents(kind, contents, most)
    subject = Election(budget, choices, ballots, points=given)
    support = slow_points(kind, contents, most, number)

    assert subject.support == support
    assert count(subject, Method(at_least=1)).winners == slow_greedy(costs, support, budget)
    order = sorted(range(number), key=lambda place: (-support[place], costs[place], str(place)))
    poll = count(subject, Method(Rule.PRIORITY, at_least=1, most_winners=most))
    assert (poll.winners, poll.spent(subject)) == ([place for place in order if support[place]][:most], 0)


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("completion", Completion)
def test_a_rule_gives_parts_exactly_where_its_count_does(rule, completion):
    """One project, twice as dear as the money, which can start with half of it."""
    subject = Election(10, (Choice("a", 20, least=5),), ((0,),))
    outcome = count(subject, Method(rule, completion=completion))

    assert can_give_parts(rule, completion) is (outcome.part_of(0) == 10)


def test_rules_fit_the_kind_of_ballot():
    assert rules_for(Kind.APPROVAL, is_poll=False) == rules_for(Kind.KNAPSACK, is_poll=False) == FUNDING
    assert rules_for(Kind.RANKED, is_poll=False) == rules_for(Kind.POINTS, is_poll=False) == FUNDING[:2]
    assert rules_for(Kind.RANKED, is_poll=True) == (Rule.PRIORITY,)
    assert rules_for(Kind.KNAPSACK, is_poll=True) == ()
    assert other_rule(Rule.PRIORITY, Kind.RANKED) is None
    for kind in Kind:
        for rule in rules_for(kind, is_poll=False):
            assert other_rule(rule, kind) in set(rules_for(kind, is_poll=False)) - {rule}
