"""Days of the clock of record that pass in a test."""

from datetime import datetime, time, timedelta

from django.utils.timezone import get_default_timezone

from cwf_portal.core.clock import advance_clock, today


def let_a_day_pass() -> datetime:
    """It is noon of the next day in London, whatever the time is: the first minutes of a day belong to none of us."""
    tomorrow = today() + timedelta(days=1)
    return advance_clock(to=datetime.combine(tomorrow, time(12), tzinfo=get_default_timezone()))
