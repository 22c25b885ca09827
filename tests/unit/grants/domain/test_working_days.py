"""Working days from the file the project carries, and by rule beyond it."""

import csv
from datetime import date, timedelta
from importlib import resources

from hypothesis import given
from hypothesis import strategies as st

from grants.domain.dates import add_months
from grants.domain.working_days import WorkingDays, easter_sunday, england_and_wales, standing_holidays

days = st.dates(date(2017, 1, 1), date(2060, 12, 31))


def holidays_in_file() -> set[date]:
    text = resources.files("grants.data").joinpath("bank_holidays_england_wales.csv").read_text()
    return {date.fromisoformat(row["date"]) for row in csv.DictReader(text.splitlines())}


def test_standing_rule_gives_the_holidays_of_every_projected_year() -> None:
    in_file = holidays_in_file()

    for year in range(2027, 2042):
        assert standing_holidays(year) == {day for day in in_file if day.year == year}, year


def test_standing_rule_misses_only_what_was_proclaimed_once() -> None:
    by_rule = set().union(*(standing_holidays(year) for year in range(2017, 2027)))

    assert holidays_in_file() - by_rule - {day for day in holidays_in_file() if day.year > 2026} == {
        date(2020, 5, 8),
        date(2022, 6, 2),
        date(2022, 6, 3),
        date(2022, 9, 19),
        date(2023, 5, 8),
    }


def test_easter_falls_where_it_is_known_to_fall() -> None:
    assert [easter_sunday(year) for year in (2024, 2025, 2038)] == [
        date(2024, 3, 31),
        date(2025, 4, 20),
        date(2038, 4, 25),
    ]


def test_on_or_before_christmas_day_steps_over_weekend_and_holiday() -> None:
    calendar = england_and_wales()

    assert calendar.on_or_before(date(2026, 12, 28)) == date(2026, 12, 24)
    assert calendar.shift(date(2026, 12, 24), 2) == date(2026, 12, 30)
    assert calendar.shift(date(2026, 12, 30), -2) == date(2026, 12, 24)


@given(day=days, count=st.integers(-20, 20))
def test_shift_lands_on_a_working_day_that_many_away(day: date, count: int) -> None:
    calendar = england_and_wales()

    landed = calendar.shift(calendar.on_or_before(day), count)

    start, end = sorted((calendar.on_or_before(day), landed))
    between = sum(calendar.is_working_day(start + timedelta(days=n)) for n in range((end - start).days))
    assert calendar.is_working_day(landed)
    assert between == abs(count)


def test_a_year_outside_the_table_follows_the_standing_rule() -> None:
    assert not WorkingDays([]).is_working_day(date(2050, 12, 26))
    assert WorkingDays([]).is_working_day(date(2050, 12, 28))


def test_months_from_the_last_of_august_come_back_to_it() -> None:
    anchor = date(2026, 8, 31)

    assert [add_months(anchor, months) for months in (6, 12, 18, -6)] == [
        date(2027, 2, 28),
        date(2027, 8, 31),
        date(2028, 2, 29),
        date(2026, 2, 28),
    ]
