from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neighbourhoods.domain.figure_values import FigureValue, figure_values, number_of
from neighbourhoods.domain.rollup import Amount, Share, roll_up, split_groups

PERIOD = (date(2026, 1, 1), date(2026, 12, 31))
SHARES = [
    Share(1, 10, "country", 900),
    Share(2, 10, "country", 100),
    Share(1, 20, "constituency", 520),
    Share(1, 21, "constituency", 480),
    Share(2, 21, "constituency", 100),
    Share(1, 30, "old", None),
    Share(1, 31, "old", None),
]


def test_split_place_is_split_by_residents_to_the_penny():
    rolled = roll_up({1: Amount(101), 2: Amount(7)}, split_groups(SHARES))
    assert {area: amount.numerator for area, amount in rolled.totals.items()} == {10: 108, 20: 53, 21: 55}


def test_area_whose_share_no_source_gives_is_unknown():
    assert roll_up({1: Amount(101)}, split_groups(SHARES)).unknown == {30, 31}


def test_area_without_observations_has_no_total():
    assert 20 not in roll_up({2: Amount(7)}, split_groups(SHARES)).totals


def test_ratio_adds_up_above_and_below_the_line():
    rolled = roll_up({1: Amount(9, 90), 2: Amount(1, 10)}, split_groups(SHARES))
    assert rolled.totals[10] == Amount(10, 100)


@given(st.dictionaries(st.integers(1, 2), st.integers(-(10**12), 10**12), min_size=1))
def test_every_kind_of_area_adds_up_to_the_whole(numbers):
    totals = roll_up({place: Amount(number) for place, number in numbers.items()}, split_groups(SHARES)).totals
    whole = sum(numbers.values())
    assert totals[10].numerator == whole
    assert sum(totals[area].numerator for area in (20, 21) if area in totals) == whole


@pytest.mark.parametrize(
    ("amount", "unit", "value"),
    [
        (Amount(5), "pence", "5"),
        (Amount(1, 3), "score", "0.333333"),
        (Amount(1, 3), "pct", "33.333333"),
        (Amount(1, 2_000_000), "score", "0.000001"),
    ],
)
def test_number_of_an_amount(amount, unit, value):
    assert number_of(amount, unit=unit) == Decimal(value)


def test_withheld_beats_missing_beats_number():
    rolled = roll_up({1: Amount(100)}, split_groups(SHARES))
    values = figure_values(rolled, unit="count", withheld={20, 30, 99}, period=PERIOD)
    assert values[10, *PERIOD] == FigureValue("ok", Decimal(100))
    assert {values[area, *PERIOD].state for area in (20, 30)} == {"suppressed"}
    assert values[31, *PERIOD] == FigureValue("missing")
    assert (99, *PERIOD) not in values


def test_ratio_with_nobody_below_the_line_is_missing():
    groups = split_groups([Share(1, 5, "k", 999), Share(1, 6, "k", 1)])
    values = figure_values(roll_up({1: Amount(0, 1)}, groups), unit="pct", withheld=set(), period=PERIOD)
    assert values[6, *PERIOD].state == "missing"
