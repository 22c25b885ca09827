"""Closing a month of the ledger: one person asks, another closes; nothing is posted into it afterwards."""

from datetime import date

from django.db import OperationalError

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.dates import add_months
from grants.models import MonthClose
from grants.selectors.books import books_open_from
from grants.selectors.days import today
from grants.services.books_lock import hold_books


def ask_to_close(*, by: User, month: date) -> MonthClose:
    """Ask to close a month that is over, and with it all before it. Asking again returns the first request.

    Args:
        by: Who keeps the ledger.
        month: Any day of the month.

    Raises:
        NotAllowedError: `by` may not keep the ledger.
        DomainError: The month is not over, or closed already with a later one.
    """
    require(by, Permission.KEEP_LEDGER)
    first = month.replace(day=1)
    if add_months(first, 1) > today():
        raise DomainError(f"{first:%B %Y} is not over.", mend="Ask again when the month has ended.")
    with acting(by, f"asked to close {first:%B %Y}"):
        close, created = MonthClose.objects.get_or_create(month=first, defaults={"asked_by": by})
        if created and first < books_open_from():
            raise DomainError(f"{first:%B %Y} is closed already, with a later month.", mend="Choose a later month.")
        return close


def close_month(*, by: User, close: MonthClose) -> MonthClose:
    """Close the month: waits until nobody is posting, then nothing more is posted into it. Again changes nothing.

    Raises:
        NotAllowedError: `by` may not keep the ledger, or asked for it.
        ConflictError: Payments are being posted without a pause.
    """
    require(by, Permission.KEEP_LEDGER)
    if close.asked_by_id == by.pk:
        raise NotAllowedError("You asked to close this month.", mend="Ask somebody else to close it.")
    try:
        with acting(by, f"closed {close}"):
            hold_books()
            close = MonthClose.objects.select_for_update().get(pk=close.pk)
            if close.closed_at is None:
                close.closed_by, close.closed_at = by, core_now()
                close.save(update_fields=["closed_by", "closed_at"])
            return close
    except OperationalError as error:
        raise ConflictError("Money is being posted just now.", mend="Try again in a minute.") from error
