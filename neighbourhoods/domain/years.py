"""Financial years, in which the fund and the state count: from 1 April to 31 March."""

from datetime import date

FIRST_MONTH = 4


def financial_year(day: date) -> tuple[date, date]:
    """First and last day of the year in which `day` lies."""
    first = day.year if day.month >= FIRST_MONTH else day.year - 1
    return date(first, FIRST_MONTH, 1), date(first + 1, FIRST_MONTH - 1, 31)
