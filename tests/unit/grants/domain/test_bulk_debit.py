"""Which payments of a file one debit pays for: all, or those of a day, by total and count."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.bulk_debit import Owed, paid_by

FIRST, SECOND = date(2027, 5, 4), date(2027, 5, 6)
FILE = [Owed(1, 100, FIRST), Owed(2, 250, FIRST), Owed(3, 400, SECOND)]


@pytest.mark.parametrize(
    ("pence", "count", "keys"),
    [
        (750, None, [1, 2, 3]),
        (750, 3, [1, 2, 3]),
        (750, 2, []),
        (350, None, [1, 2]),
        (350, 2, [1, 2]),
        (400, None, [3]),
        (400, 2, []),
        (100, None, []),
        (749, None, []),
    ],
)
def test_debit_pays_for_the_file_or_for_a_day_of_it(pence: int, count: int | None, keys: list[int]) -> None:
    assert paid_by(FILE, pence=pence, value_on=FIRST, count=count) == keys


def test_of_days_with_one_sum_the_nearest_is_meant() -> None:
    alike = [Owed(1, 100, FIRST), Owed(2, 100, SECOND)]

    assert paid_by(alike, pence=100, value_on=FIRST) == [1]
    assert paid_by(alike, pence=100, value_on=SECOND) == [2]


def test_file_that_is_answered_for_is_paid_by_nothing() -> None:
    assert paid_by([], pence=100, value_on=FIRST) == []


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 3)), max_size=12), st.integers(1, 6_000))
def test_what_is_paid_makes_up_the_debit_and_is_never_part_of_a_day(parts: list[tuple[int, int]], pence: int) -> None:
    owed = [Owed(key, amount, date(2027, 5, 3 + day)) for key, (amount, day) in enumerate(parts)]

    keys = paid_by(owed, pence=pence, value_on=FIRST)

    paid = [one for one in owed if one.key in keys]
    assert sum(one.pence for one in paid) == (pence if keys else 0)
    days = {one.arrive_on for one in paid}
    assert paid == [one for one in owed if one.arrive_on in days]
    assert len(days) <= 1 or len(paid) == len(owed)
