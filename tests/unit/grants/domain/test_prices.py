"""Price indices as their file writes them, and how much they rose."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.prices import Frequency, period, read_price_indices, year_before, yearly_rate
from neighbourhoods.domain.tables import TableError

HEADING = "cdid,base,period,value,release_date,source\n"
GOOD = "L522,2015=100,2025-06,138.4,2025-07-16,ONS\n"


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("2025", (Frequency.YEAR, date(2025, 1, 1))),
        ("2025-Q1", (Frequency.QUARTER, date(2025, 1, 1))),
        ("2025-Q4", (Frequency.QUARTER, date(2025, 10, 1))),
        ("2025-06", (Frequency.MONTH, date(2025, 6, 1))),
    ],
)
def test_a_period_is_read_with_the_day_it_starts(cell: str, read: tuple[Frequency, date]) -> None:
    assert period(cell) == read


@pytest.mark.parametrize("cell", ["", "25", "2025-13", "2025-Q5", "2025-6", "1850", "２０２５"])
def test_what_is_no_period_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="not a period like"):
        period(cell)


# Source: ONS, CPIH annual rate, as published for these months.
@pytest.mark.parametrize(
    ("now", "before", "rate"),
    [("138.4", "133.0", "4.1"), ("124.3", "113.4", "9.6"), ("109.3", "108.3", "0.9"), ("133.5", "130.1", "2.6")],
)
def test_the_rate_of_real_months_is_the_published_one(now: str, before: str, rate: str) -> None:
    assert yearly_rate(Decimal(now), Decimal(before)) == Fraction(rate) / 100


@given(st.decimals("0.1", "999.9", places=1), st.decimals("0.1", "999.9", places=1))
def test_the_rate_is_a_tenth_of_a_per_cent_near_the_exact_rise(now: Decimal, before: Decimal) -> None:
    rate = yearly_rate(now, before)

    assert (rate * 1000).denominator == 1
    assert abs(rate - (Fraction(now) / Fraction(before) - 1)) <= Fraction(5, 10_000)


def test_the_month_a_year_before() -> None:
    assert year_before(date(2025, 2, 1)) == date(2024, 2, 1)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("XXXX,2015=100,2025-06,138.4,2025-07-16,ONS", "line 3, column cdid: 'XXXX' is not a code like L522"),
        ("L522,2015,2025-07,138.4,2025-08-16,ONS", "line 3, column base: '2015' is not a code like 2015=100"),
        ("L522,2015=100,2025-7,138.4,2025-08-16,ONS", "line 3, column period: '2025-7' is not a period like"),
        ("L522,2015=100,2025-07,high,2025-08-16,ONS", "line 3, column value: 'high' is not a number"),
        ("L522,2015=100,2025-07,138.4,16/08/2025,ONS", "line 3, column release_date: '16/08/2025' is not a date"),
        ("L522,2015=100,2025-07,138.4,2025-08-16,", "line 3, column source: is empty"),
        ("L522,2015=100,2025-07,138.4,2025-08-16," + "x" * 201, "line 3, column source: is longer than 200"),
        (GOOD.strip(), "stands in line 2 already"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(row: str, said: str) -> None:
    with pytest.raises(TableError) as refused:
        read_price_indices((HEADING + GOOD + row + "\n").encode())

    assert said in str(refused.value)
