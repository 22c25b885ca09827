"""The day it is for people, from the clock of record."""

from datetime import date, datetime

from django.utils.timezone import localdate

from cwf_portal.core.clock import core_now


def today(at: datetime | None = None) -> date:
    """The date in London at a moment of the clock of record; now unless given."""
    return localdate(at if at is not None else core_now())
