from hypothesis import given
from hypothesis import strategies as st

from panels.domain.election import Choice, Election
from panels.domain.greedy import by_votes, by_votes_per_cost, complete


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
