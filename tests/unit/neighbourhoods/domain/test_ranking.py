from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neighbourhoods.domain.place_files import read_deprivation
from neighbourhoods.domain.ranking import Candidate, cohort_of, percentiles, rank, shifted_weights
from neighbourhoods.services.loading.everything import DEPRIVATION_FILE

WEIGHTS = {"score": 45, "share": 15, "needs": 25}
SIZES = (25, 50, 75, 75)


def place(code, score=1, share=1, needs=None, residents=1000):
    values = {"score": score, "share": share, "needs": needs}
    return Candidate(code, residents, {name: None if held is None else Fraction(held) for name, held in values.items()})


def codes(result):
    return [ranked.code for ranked in result.places]


def test_percentile_counts_the_lower_and_half_of_the_other_equals():
    assert percentiles([Fraction(n) for n in (10, 20, 20, 40, 50)]) == [0, Fraction(75, 2), Fraction(75, 2), 75, 100]


@pytest.mark.parametrize("values", [[], [Fraction(3)]])
def test_percentile_of_too_few_is_zero(values):
    assert percentiles(values) == [0] * len(values)


def test_points_are_the_weighted_percentiles():
    ranked = rank([place("a", 1, 3), place("b", 2, 2), place("c", 3, 1)], WEIGHTS, cohort_sizes=(1, 2))
    assert [(row.code, row.points, row.cohort) for row in ranked.places] == [("c", 75, 1), ("b", 50, 2), ("a", 25, 2)]


def test_measure_that_one_place_lacks_is_left_out_for_all():
    ranked = rank([place("a", needs=5), place("b", 2)], WEIGHTS, cohort_sizes=(2,))
    assert ranked.left_out == ("needs",)
    assert ranked.weights == {"score": 75, "share": 25}


def test_measure_that_all_have_counts():
    ranked = rank([place("a", needs=5), place("b", needs=4)], WEIGHTS, cohort_sizes=(2,))
    assert ranked.weights == {"score": Fraction(900, 17), "share": Fraction(300, 17), "needs": Fraction(500, 17)}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (place("b", 2, 1), place("a", 1, 4)),  # 3 × 1 against 1 × 3 with these weights: equal points, higher score
        (place("b", residents=2000), place("a", residents=1999)),
        (place("a"), place("b")),
    ],
)
def test_ties_go_to_score_then_share_then_residents_then_code(first, second):
    assert codes(rank([second, first], {"score": 1, "share": 1}, cohort_sizes=(1, 1))) == [first.code, second.code]


def test_close_call_is_a_place_that_another_weighting_puts_elsewhere():
    rows = [place("a", 10, 1), place("b", 9, 10), place("c", 1, 2)]
    ranked = rank(rows, {"score": 65, "share": 35}, cohort_sizes=(1, 2))
    assert {row.code: row.is_close_call for row in ranked.places} == {"a": True, "b": True, "c": False}


def test_single_measure_has_no_other_weighting():
    assert shifted_weights({"score": Fraction(100)}) == []


@pytest.mark.parametrize("weights", [{"a": 75, "b": 25}, {"a": 95, "b": 5}, {"a": 50, "b": 30, "c": 20}])
def test_shifted_weights_still_sum_to_a_hundred(weights):
    exact = {code: Fraction(weight) for code, weight in weights.items()}
    moved = shifted_weights(exact)
    assert len(moved) == 2 * len(weights)
    assert all(sum(other.values()) == 100 and min(other.values()) >= 0 for other in moved)


@pytest.mark.parametrize(("position", "cohort"), [(1, 1), (25, 1), (26, 2), (75, 2), (76, 3), (225, 4), (300, 4)])
def test_cohort_of_a_position(position, cohort):
    assert cohort_of(position, SIZES) == cohort


@pytest.mark.parametrize(
    ("candidates", "weights", "sizes"),
    [
        ([place("a"), place("a")], WEIGHTS, SIZES),
        ([place("a")], WEIGHTS, ()),
        ([place("a", score=None, share=None)], WEIGHTS, SIZES),
        ([place("a")], {"score": 0}, SIZES),
    ],
)
def test_ranking_that_makes_no_sense_is_refused(candidates, weights, sizes):
    with pytest.raises(ValueError, match=r"every place|cohort"):
        rank(candidates, weights, cohort_sizes=sizes)


candidate_lists = st.lists(
    st.builds(
        place,
        st.uuids().map(str),
        score=st.integers(0, 5),
        share=st.integers(0, 5),
        needs=st.none() | st.integers(0, 5),
        residents=st.integers(1, 3),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row.code,
)


@settings(max_examples=60)
@given(candidate_lists, st.randoms())
def test_order_depends_on_nothing_but_the_values(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    ranked = rank(rows, WEIGHTS, cohort_sizes=(2, 3, 4))
    assert rank(shuffled, WEIGHTS, cohort_sizes=(2, 3, 4)) == replace(ranked)
    points = [row.points for row in ranked.places]
    assert points == sorted(points, reverse=True)
    assert all(0 <= value <= 100 for value in points)
    assert [row.position for row in ranked.places] == list(range(1, len(rows) + 1))


@settings(max_examples=60)
@given(candidate_lists)
def test_percentiles_average_to_fifty(rows):
    ranked = rank(rows, WEIGHTS, cohort_sizes=(2, 3, 4))
    if len(rows) > 1:
        for measure in ranked.weights:
            assert sum(row.percentiles[measure] for row in ranked.places) / len(rows) == 50


def test_shipped_data_moving_the_weights_by_ten_changes_as_little_as_the_rule_says():
    residents, scores, deprived = {}, {}, {}
    for line in read_deprivation(DEPRIVATION_FILE.read_bytes()):
        ward, people = line["WD17CD"], line["pop_mid2019"]
        residents[ward] = residents.get(ward, 0) + people
        scores[ward] = scores.get(ward, 0) + Fraction(line["imd2019_score"]) * people
        deprived[ward] = deprived.get(ward, 0) + (people if line["IMD_decile"] == 1 else 0)
    rows = [
        place(ward, scores[ward] / people, Fraction(deprived[ward], people), residents=people)
        for ward, people in residents.items()
    ]
    base = codes(rank(rows, {"score": 75, "share": 25}, cohort_sizes=SIZES))
    changed = []
    for score in (65, 85):
        other = codes(rank(rows, {"score": score, "share": 100 - score}, cohort_sizes=SIZES))
        changed.append([len(set(base[:first]) - set(other[:first])) for first in (25, 75, 150)])
    assert changed == [[1, 0, 2], [0, 2, 4]]
