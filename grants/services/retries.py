"""A payment that failed, or was taken out of its file, is tried again only when two people say so."""

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.errors import WrongStateError
from grants.models import Hold, Opinion, Payment, PaymentStatus, Removal, RetryRequest

HOLD_REASONS = {
    PaymentStatus.REJECTED: Hold.Reason.REJECTED,
    PaymentStatus.RETURNED: Hold.Reason.RETURNED,
    PaymentStatus.WITHDRAWN: Hold.Reason.TAKEN_OUT,
}


def request_retry(*, by: User, payment: Payment, reason: str) -> RetryRequest:
    """Ask to pay a payment again that was rejected, returned or taken out of its file. Asking again returns the first.

    Raises:
        NotAllowedError: `by` may not check runs, nor, where it was taken out, release them; or asked to take it out.
        DomainError: no reason was given.
        WrongStateError: the payment neither failed at the bank nor was taken out of a file.
    """
    if not reason.strip():
        raise DomainError("Paying again needs a reason.", mend="Say what was wrong and how it was mended.")
    with acting(by, f"ask to pay again: {reason.strip()}"):
        payment = Payment.objects.select_for_update().get(pk=payment.pk)
        if payment.status != PaymentStatus.WITHDRAWN or Permission.RELEASE_RUN not in by.permissions:
            require(by, Permission.CHECK_RUN)
        if payment.status not in HOLD_REASONS:
            raise WrongStateError("This payment did not fail at the bank.", mend="Look at its latest attempt.")
        _require_apart_from_removal(by, payment)
        request, _ = RetryRequest.objects.get_or_create(
            payment=payment,
            after=payment.status,
            turn=payment.turn,
            defaults={"requested_by": by, "reason": reason.strip()[:300]},
        )
        return request


def confirm_retry(*, by: User, request: RetryRequest) -> RetryRequest:
    """Agree that a failed payment is paid again: its hold is lifted, and the next sweep makes a new attempt.

    Confirming again changes nothing.

    Raises:
        NotAllowedError: `by` may not release runs, or asked for it, or asked to take the payment out of its file.
        WrongStateError: something else became of the payment since it was asked for.
    """
    require(by, Permission.RELEASE_RUN)
    with acting(by, "agree to pay again"):
        payment = Payment.objects.select_for_update().get(pk=request.payment_id)
        request = RetryRequest.objects.select_for_update().get(pk=request.pk)
        if request.confirmed_by_id is not None:
            return request
        if request.requested_by_id == by.pk:
            raise NotAllowedError("You asked for this.", mend="Ask somebody else to agree.")
        if (payment.status, payment.turn) != (request.after, request.turn):
            raise WrongStateError(
                f"That payment is “{payment.get_status_display().lower()}” now; this was asked for before.",
                mend="Look at what became of it.",
            )
        _require_apart_from_removal(by, payment)
        at = core_now()
        request.confirmed_by, request.confirmed_at = by, at
        request.save(update_fields=["confirmed_by", "confirmed_at"])
        reason = HOLD_REASONS[PaymentStatus(request.after)]
        Hold.objects.open().filter(tranche=payment.tranche_id, reason=reason).update(
            lifted_by=by, lifted_at=at, lift_reason=f"To be paid again: {request.reason}"[:300]
        )
        return request


def _require_apart_from_removal(by: User, payment: Payment) -> None:
    """What was taken out of its file goes on by two people who did not ask for that; the database refuses it too."""
    if payment.status != PaymentStatus.WITHDRAWN:
        return
    removal = Removal.objects.filter(payment=payment, status=Opinion.CONFIRMED).first()
    if removal is None:
        raise WrongStateError("This payment was not taken out of a file.", mend="It goes into a run by itself.")
    if removal.proposed_by_id == by.pk:
        raise NotAllowedError("You asked to take this payment out of its file.", mend="Ask two others.")
