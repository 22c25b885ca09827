"""The only clock of record: `core_now()` in PostgreSQL, the real time plus the shift kept in `core_clock`.

The shift can be changed only by a role that holds UPDATE on `core_clock`; that grant is the time machine's switch
and is given in tests, scratch databases and the demo.
"""

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connections, transaction
from django.db.models import DateTimeField, Func
from django.utils.timezone import localdate

from cwf_portal.core.errors import DomainError


class ClockError(DomainError):
    """The clock was asked to do what it never does."""


class CoreNow(Func):
    """`core_now()` in a query or as a `db_default`."""

    function = "core_now"
    arity = 0
    output_field = DateTimeField()


def core_now(using: str = "default") -> datetime:
    """The time of record, aware UTC. Ask once per service, after taking the row lock."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT core_now()")
        now: datetime = cursor.fetchone()[0]
    return now.astimezone(UTC)


def today(at: datetime | None = None) -> date:
    """The date in London at a moment of the clock of record; now unless given. In summer it begins before UTC's."""
    return localdate(at if at is not None else core_now())


def advance_clock(*, by: timedelta | None = None, to: datetime | None = None, using: str = "default") -> datetime:
    """Move the clock of record forward and return the new time.

    Raises:
        ClockError: neither or both of `by` and `to` given, or the move would go back.
    """
    if (by is None) == (to is None):
        raise ClockError("The clock needs either a step or a target, not both.")
    step = to - core_now(using) if to is not None else by or timedelta(0)
    if step < timedelta(0):
        raise ClockError("The clock of record never goes back.")
    with connections[using].cursor() as cursor:
        cursor.execute("UPDATE core_clock SET shift = shift + make_interval(secs => %s)", [step.total_seconds()])
    return core_now(using)


def start_clock_in_the_past(*, by: timedelta, using: str = "owner") -> datetime:
    """Set the clock of record back in a database in which nobody has an account yet, and return the new time.

    The demo lives its past from there; `bring_clock_to_present` ends it.

    Raises:
        ClockError: `by` is negative, or somebody has an account already.
    """
    if by < timedelta(0):
        raise ClockError("The past lies behind us.")
    try:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            cursor.execute("UPDATE core_clock SET shift = make_interval(secs => %s)", [-by.total_seconds()])
    except IntegrityError as error:
        raise ClockError("The clock of record never goes back.") from error
    return core_now(using)


def bring_clock_to_present(using: str = "default") -> None:
    """End a past: from here on the clock of record is the real time.

    Raises:
        ClockError: the clock stands ahead of real time.
    """
    try:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            cursor.execute("UPDATE core_clock SET shift = interval '0'")
    except IntegrityError as error:
        raise ClockError("The clock of record never goes back.") from error


def clock_shift(using: str = "default") -> timedelta:
    """How far the clock of record stands ahead of real time; negative while a past is being written."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT shift FROM core_clock")
        shift: timedelta = cursor.fetchone()[0]
    return shift


def can_shift_clock(using: str = "default") -> bool:
    """True when the connected role holds the time machine's switch."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(current_user, 'core_clock', 'UPDATE')")
        return bool(cursor.fetchone()[0])


def check_time_machine() -> None:
    """Refuse to start where the database and the settings disagree about who may move the clock.

    Raises:
        ImproperlyConfigured: production settings on a database whose clock can be moved, or the reverse.
    """
    allowed = can_shift_clock()
    if allowed and not settings.TIME_MACHINE:
        raise ImproperlyConfigured("This database lets the application move its clock: it is a demo or test database.")
    if settings.TIME_MACHINE and not allowed:
        raise ImproperlyConfigured("DEMO is set, but this database does not let the application move its clock.")
