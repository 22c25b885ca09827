"""Weeks as residents live them: in London, from Monday morning on."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
MORNING = time(8, 0)


def week_began(at: datetime) -> datetime:
    """The latest Monday, eight in the morning in London, that is not after `at` (aware)."""
    day = at.astimezone(LONDON).date()
    monday = datetime.combine(day - timedelta(days=day.weekday()), MORNING, LONDON)
    if monday <= at:
        return monday
    return datetime.combine(monday.date() - timedelta(days=7), MORNING, LONDON)
