"""Working days in England and Wales: the published bank holidays, and the rule for years not yet published."""

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources

SATURDAY = 5


class WorkingDays:
    """Working days by a table of bank holidays; a year missing from the table follows the standing rule."""

    def __init__(self, holidays: Iterable[date]) -> None:
        self._holidays = set(holidays)
        self._known_years = {day.year for day in self._holidays}

    def is_working_day(self, day: date) -> bool:
        """True from Monday to Friday except on a bank holiday."""
        if day.weekday() >= SATURDAY:
            return False
        if day.year not in self._known_years:
            self._holidays |= standing_holidays(day.year)
            self._known_years.add(day.year)
        return day not in self._holidays

    def on_or_before(self, day: date) -> date:
        """The day itself where banks work on it, else the last working day before it."""
        while not self.is_working_day(day):
            day -= timedelta(days=1)
        return day

    def shift(self, day: date, working_days: int) -> date:
        """The working day that lies `working_days` after `day`, or before it where the number is negative."""
        step = timedelta(days=1 if working_days > 0 else -1)
        for _ in range(abs(working_days)):
            day += step
            while not self.is_working_day(day):
                day += step
        return day


def standing_holidays(year: int) -> set[date]:
    """The bank holidays of a year by the standing rule, with substitutes for those that fall on a weekend.

    Source: Banking and Financial Dealings Act 1971, schedule 1, with the standing proclamations for New Year's Day and
    the May Day holiday. One-off holidays, such as a coronation, cannot be foreseen.
    """
    easter = easter_sunday(year)
    days = {
        _substitute(date(year, 1, 1)),
        easter - timedelta(days=2),
        easter + timedelta(days=1),
        _monday_on_or_after(date(year, 5, 1)),
        _monday_on_or_before(date(year, 5, 31)),
        _monday_on_or_before(date(year, 8, 31)),
    }
    return days | _christmas_and_boxing_day(year)


def easter_sunday(year: int) -> date:
    """Easter by the Gregorian computus.

    Source: the anonymous algorithm of 1876 as given by Meeus, Astronomical Algorithms (1991), chapter 8.
    """
    golden = year % 19
    century, of_century = divmod(year, 100)
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)


def _substitute(day: date) -> date:
    return _monday_on_or_after(day) if day.weekday() >= SATURDAY else day


def _christmas_and_boxing_day(year: int) -> set[date]:
    """The first two days from 25 December that are not on a weekend, which is what the substitutes come to."""
    week = (date(year, 12, day) for day in range(25, 30))
    return set(sorted(day for day in week if day.weekday() < SATURDAY)[:2])


def _monday_on_or_after(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _monday_on_or_before(day: date) -> date:
    return day - timedelta(days=day.weekday())


@lru_cache(maxsize=1)
def england_and_wales() -> WorkingDays:
    """The calendar that payments follow, from the file the project carries.

    Source: gov.uk bank holidays, England and Wales, OGL v3, gathered November 2026.
    """
    text = resources.files("grants.data").joinpath("bank_holidays_england_wales.csv").read_text(encoding="utf-8")
    return WorkingDays(date.fromisoformat(row["date"]) for row in csv.DictReader(text.splitlines()))
