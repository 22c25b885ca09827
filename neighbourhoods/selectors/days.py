"""The day of record."""

from datetime import date

from django.utils import timezone

from cwf_portal.core.clock import core_now


def today() -> date:
    """The date of record in London."""
    return timezone.localtime(core_now()).date()
