"""Holding a payment, or every payment of an agreement, and lifting the hold again: two people, each with a reason."""

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.errors import WrongStateError
from grants.models import Agreement, Hold, Payment, PaymentStatus, Tranche
from grants.selectors.bank_lines import contradicted
from grants.selectors.days import today
from grants.services.agreements import locked
from grants.services.publishing import publish_held
from grants.services.sides import require_no_side

# What would pay a second time is let go on by two people, and not here; the database refuses it too (migration 0032).
GOES_OTHERWISE = {
    Hold.Reason.REJECTED: "Ask to pay it again; somebody else agrees.",
    Hold.Reason.RETURNED: "Ask to pay it again; somebody else agrees.",
    Hold.Reason.IN_DOUBT: "Two people must explain the bank’s line.",
    Hold.Reason.TAKEN_OUT: "Ask to pay it after all; somebody else agrees, neither of them who asked to take it out.",
}


def place_hold(*, by: User, agreement: Agreement, detail: str, tranche: Tranche | None = None) -> Hold:
    """Hold one payment, or all payments of an agreement where none is named. Holding twice returns the first hold.

    Raises:
        NotAllowedError: `by` may not hold payments.
        DomainError: No reason was given, or the payment belongs to another agreement.
    """
    require(by, Permission.HOLD_PAYMENT)
    if not detail.strip():
        raise DomainError("A hold needs a reason.", mend="Say why the payment should wait.")
    if tranche is not None and tranche.agreement_id != agreement.pk:
        raise DomainError("This payment belongs to another agreement.")
    with acting(by, f"held payments: {detail.strip()}"):
        agreement = locked(agreement)
        hold, _ = Hold.objects.get_or_create(
            agreement=agreement,
            tranche=tranche,
            reason=Hold.Reason.OFFICER,
            lifted_at=None,
            defaults={"placed_by": by, "detail": detail.strip()},
        )
        _publish(hold)
        return hold


def lift_hold(*, by: User, hold: Hold, reason: str) -> Hold:
    """Let payments go on. Whoever placed the hold cannot lift it. Lifting twice changes nothing.

    Raises:
        NotAllowedError: `by` may not hold payments, placed this hold, or has a side in the agreement.
        WrongStateError: The bank did not make the payment, or may have; that is decided by two elsewhere.
        DomainError: No reason was given.
    """
    require(by, Permission.HOLD_PAYMENT)
    if not reason.strip():
        raise DomainError("Lifting a hold needs a reason.", mend="Say what has changed.")
    with acting(by, f"lifted a hold: {reason.strip()}"):
        hold = Hold.objects.select_for_update().get(pk=hold.pk)
        if hold.lifted_at is not None:
            return hold
        if hold.placed_by_id == by.pk:
            raise NotAllowedError("You placed this hold.", mend="Ask another officer to lift it.")
        require_no_side(by, [Agreement(pk=hold.agreement_id)], on=today())
        if hold.reason in GOES_OTHERWISE and not (_is_word_alone(hold) or _is_paid(hold)):
            raise WrongStateError(
                f"“{hold.get_reason_display()}” is not lifted by one person.",
                mend=GOES_OTHERWISE[Hold.Reason(hold.reason)],
            )
        hold.lifted_by, hold.lifted_at, hold.lift_reason = by, core_now(), reason.strip()
        hold.save(update_fields=["lifted_by", "lifted_at", "lift_reason"])
        _publish(hold)
        return hold


def _is_word_alone(hold: Hold) -> bool:
    """Whether a doubt rests on what the bank reported, and no line of it took money for a payment that failed."""
    return hold.reason == Hold.Reason.IN_DOUBT and not contradicted([hold.tranche_id] if hold.tranche_id else [])


def _is_paid(hold: Hold) -> bool:
    """Whether what was taken out of a file needs no further attempt, since another one was paid after all."""
    paid = Payment.objects.filter(tranche=hold.tranche_id, status=PaymentStatus.CONFIRMED)
    return hold.reason == Hold.Reason.TAKEN_OUT and paid.exists()


def _publish(hold: Hold) -> None:
    """A hold of one payment shows on its place's page; one of a whole agreement does not single any payment out."""
    if hold.tranche_id is not None:
        publish_held(tranche_pks=[hold.tranche_id])
