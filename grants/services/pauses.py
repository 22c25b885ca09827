"""The red switch: one person stops payments at once, two let them go on again.

Claiming, releasing and handing over take one lock shared; adding a pause takes it alone (the database does, by a
trigger). So a pause waits for steps that have begun, and once it stands no further step is taken.
"""

from django.db import connection

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.errors import WrongStateError
from grants.models import Agreement, Pause, Source
from grants.selectors.pauses import pauses_now


class PausedError(DomainError):
    """Payments are paused."""


def share_pause_lock() -> None:
    """Let no pause begin until this transaction ends; wait for one that is beginning. Read pauses after this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext('grants.pause'))")


def require_running() -> None:
    """Refuse to go on while every payment is paused. Call it after `share_pause_lock`.

    Raises:
        PausedError: with the reason that was given.
    """
    for pause in pauses_now():
        if pause.scope == Pause.Scope.EVERYTHING:
            raise PausedError(
                f"Every payment is paused: {pause.reason}", mend="Two people must let payments go on first."
            )


def pause_payments(*, by: User, reason: str, source: Source | None = None, agreement: Agreement | None = None) -> Pause:
    """Stop payments of one agreement, from one source, or with neither named every payment; in force on return.

    Nothing that is covered is claimed, released or handed to the bank from then on; what the bank has already is with
    the bank. Pausing the same again returns the first pause.

    Raises:
        NotAllowedError: `by` may not pause payments.
        DomainError: no reason was given, or both a source and an agreement were.
    """
    require(by, Permission.PAUSE_PAYMENTS)
    if not reason.strip():
        raise DomainError("A pause needs a reason.", mend="Say in a sentence what is wrong.")
    if source is not None and agreement is not None:
        raise DomainError("A pause is of a source or of an agreement.", mend="Pause each by itself.")
    scope = Pause.Scope.SOURCE if source else Pause.Scope.AGREEMENT if agreement else Pause.Scope.EVERYTHING
    with acting(by, f"paused payments: {reason.strip()}"):
        pause, _ = Pause.objects.get_or_create(
            scope=scope,
            source=source,
            agreement=agreement,
            lifted_at=None,
            defaults={"reason": reason.strip()[:300], "placed_by": by},
        )
        return pause


def ask_to_lift(*, by: User, pause: Pause, reason: str) -> Pause:
    """Ask to let payments go on; somebody else agrees. Whoever asks may have paused. Asking again changes nothing.

    Raises:
        NotAllowedError: `by` may not pause payments.
        DomainError: no reason was given.
        WrongStateError: the pause is lifted already.
    """
    require(by, Permission.PAUSE_PAYMENTS)
    if not reason.strip():
        raise DomainError("Letting payments go on needs a reason.", mend="Say what has changed.")
    with acting(by, f"asked to let payments go on: {reason.strip()}"):
        pause = _locked(pause)
        if pause.lifted_at is not None:
            raise WrongStateError("This pause is lifted already.")
        if pause.lift_asked_by_id is None:
            pause.lift_asked_by, pause.lift_asked_at = by, core_now()
            pause.lift_reason = reason.strip()[:300]
            pause.save(update_fields=["lift_asked_by", "lift_asked_at", "lift_reason"])
        return pause


def lift_pause(*, by: User, pause: Pause) -> Pause:
    """Agree that payments go on. Lifting again changes nothing.

    Raises:
        NotAllowedError: `by` may not pause payments, or asked for this.
        WrongStateError: nobody has asked.
    """
    require(by, Permission.PAUSE_PAYMENTS)
    with acting(by, "let payments go on"):
        pause = _locked(pause)
        if pause.lifted_at is not None:
            return pause
        if pause.lift_asked_by_id is None:
            raise WrongStateError("Nobody has asked to let these payments go on.", mend="Ask first, with a reason.")
        if pause.lift_asked_by_id == by.pk:
            raise NotAllowedError("You asked for this.", mend="Somebody else agrees.")
        pause.lifted_by, pause.lifted_at = by, core_now()
        pause.save(update_fields=["lifted_by", "lifted_at"])
        return pause


def _locked(pause: Pause) -> Pause:
    return Pause.objects.select_for_update(of=("self",)).select_related("source", "agreement").get(pk=pause.pk)
