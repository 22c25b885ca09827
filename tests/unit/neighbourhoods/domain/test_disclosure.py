from hypothesis import given, settings
from hypothesis import strategies as st

from neighbourhoods.domain.disclosure import THRESHOLD, RollUp, withhold

COUNTRY = 100


def country(counts):
    return RollUp(COUNTRY, frozenset(counts))


def test_nothing_small_nothing_withheld():
    counts = {1: 10, 2: 400}
    hidden = withhold(counts, [country(counts)])
    assert (hidden.places, hidden.areas) == (set(), set())


def test_one_small_count_is_hidden_with_the_two_smallest_others():
    counts = {1: 4, 2: 12, 3: 15, 4: 400}
    hidden = withhold(counts, [country(counts)])
    assert (hidden.places, hidden.areas) == ({1, 2, 3}, set())


def test_zero_is_a_count_under_ten():
    assert 1 in withhold({1: 0, 2: 50, 3: 60}, []).places


def test_total_over_places_that_are_all_zero_is_withheld():
    counts = {1: 0, 2: 0, 3: 0, 4: 500}
    hidden = withhold(counts, [country(counts)])
    assert hidden.areas == {COUNTRY}


def test_region_that_would_give_one_place_away_is_withheld():
    counts = {1: 4, 2: 5, 3: 6, 4: 400, 5: 500}
    regions = [RollUp(101, frozenset({1, 4})), RollUp(102, frozenset({2, 3, 5}))]
    hidden = withhold(counts, [country(counts), *regions])
    assert hidden.areas == {101, 102}


def test_area_with_part_of_a_hidden_place_is_withheld():
    counts = {1: 4, 2: 5, 3: 6}
    half = RollUp(101, frozenset({2, 3}), partial=frozenset({1}))
    assert 101 in withhold(counts, [country(counts), half]).areas


def solutions(counts, hidden, roll_ups):
    """Everything an onlooker can still believe: counts of the hidden places that fit all published totals.

    The onlooker knows the rule: a hidden count is anything from 0 up.
    """
    unknown = sorted(hidden.places)
    totals = [(up.places, sum(counts[p] for p in up.places)) for up in roll_ups if up.area not in hidden.areas]
    top = max((counts[place] for place in unknown), default=0) + 3

    def search(index, chosen):
        if index == len(unknown):
            seen = counts | chosen
            if all(sum(seen[p] for p in places) == total for places, total in totals):
                yield dict(chosen)
            return
        for value in range(top):
            yield from search(index + 1, {**chosen, unknown[index]: value})

    return list(search(0, {}))


tables = st.dictionaries(st.integers(0, 7), st.integers(0, 13), min_size=1, max_size=7).filter(
    lambda table: sum(count < THRESHOLD for count in table.values()) <= 3
)


@settings(max_examples=40, deadline=None)
@given(tables, st.data())
def test_no_small_count_can_be_derived_from_what_is_published(counts, data):
    groups = st.frozensets(st.sampled_from(sorted(counts)), min_size=1)
    areas = data.draw(st.lists(groups, max_size=4))
    roll_ups = [country(counts), *(RollUp(200 + number, places) for number, places in enumerate(areas))]
    hidden = withhold(counts, roll_ups)
    possible = solutions(counts, hidden, roll_ups)
    for place, count in counts.items():
        if count < THRESHOLD:
            assert place in hidden.places
            if len(counts) > 2:
                assert len({solution[place] for solution in possible}) > 1
