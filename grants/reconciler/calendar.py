"""Days on which banks are open, worked out apart: the published table, and the law's rule for years it lacks."""

import csv
from datetime import date, timedelta
from importlib import resources

FRIDAY, ONE_DAY, ONE_WEEK = 5, timedelta(days=1), timedelta(days=7)


class OpenDays:
    """Reads the table of bank holidays that the portal carries, and nothing else of it."""

    def __init__(self) -> None:
        text = resources.files("grants.data").joinpath("bank_holidays_england_wales.csv").read_text(encoding="utf-8")
        self._closed = {date.fromisoformat(row["date"]) for row in csv.DictReader(text.splitlines())}
        self._years = {day.year for day in self._closed}

    def is_open(self, day: date) -> bool:
        """Whether banks work on it."""
        if day.year not in self._years:
            self._years.add(day.year)
            self._closed |= _by_law(day.year)
        return day.isoweekday() <= FRIDAY and day not in self._closed

    def last_open(self, day: date) -> date:
        """The day itself, or the last before it on which banks work."""
        return day if self.is_open(day) else self.last_open(day - ONE_DAY)

    def before(self, day: date, count: int) -> date:
        """So many open days earlier."""
        for _ in range(count):
            day = self.last_open(day - ONE_DAY)
        return day


def _by_law(year: int) -> set[date]:
    """Source: Banking and Financial Dealings Act 1971, schedule 1, with the proclamations for 1 January and May Day."""
    mondays_of_may = [day for day in (date(year, 5, 1) + ONE_DAY * index for index in range(31)) if day.weekday() == 0]
    last_of_august = max(
        day for day in (date(year, 8, 25) + ONE_DAY * index for index in range(7)) if day.weekday() == 0
    )
    easter = _easter(year)
    new_year = date(year, 1, 1)
    while new_year.isoweekday() > FRIDAY:
        new_year += ONE_DAY
    christmas = [
        day for day in (date(year, 12, 25) + ONE_DAY * index for index in range(4)) if day.isoweekday() <= FRIDAY
    ]
    moving = {easter - 2 * ONE_DAY, easter + ONE_DAY, mondays_of_may[0], mondays_of_may[-1], last_of_august}
    return {new_year, *moving, *christmas[:2]}


def _easter(year: int) -> date:
    """The Sunday after the church's full moon. Source: Gauss's rule, as corrected in 1816, for 1900 to 2199."""
    lacking = {19: (24, 5), 20: (24, 5), 21: (24, 6)}[year // 100]
    moon = (19 * (year % 19) + lacking[0]) % 30
    sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + lacking[1]) % 7
    found = date(year, 3, 22) + ONE_DAY * (moon + sunday)
    too_late = found == date(year, 4, 26) or (found == date(year, 4, 25) and moon == 28 and year % 19 > 10)
    return found - ONE_WEEK if too_late else found
