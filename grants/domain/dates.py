"""Dates counted in months from an anchor."""

import calendar
from datetime import date


def add_months(anchor: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day where it is shorter.

    Always counted from the anchor, so 31 August gives 28 February and then 31 August again.
    """
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))
