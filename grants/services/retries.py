"""A payment that failed, or was taken out of its file, is tried again only when two people say so."""

from django.db.models import Exists, OuterRef

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.errors import WrongStateError
from grants.models import Agreement, Hold, Opinion, Payment, PaymentStatus, Removal, RetryRequest
from grants.models.payment import FAILED_AT_BANK
from grants.selectors.days import today
from grants.selectors.readiness import failed_payments
from grants.services.publishing import publish_held
from grants.services.sides import require_no_side

HOLD_REASONS = {
    PaymentStatus.REJECTED: Hold.Reason.REJECTED,
    PaymentStatus.RETURNED: Hold.Reason.RETURNED,
    PaymentStatus.WITHDRAWN: Hold.Reason.TAKEN_OUT,
}


def request_retry(*, by: User, payment: Payment, reason: str) -> RetryRequest:
    """Ask to pay a payment again that was rejected, returned or taken out of its file. Asking again returns the first,
    unless that was refused.

    Raises:
        NotAllowedError: `by` may not check runs, nor, where it was taken out, release them; or asked to take it out; or
            has a side in its agreement.
        DomainError: no reason was given.
        WrongStateError: the payment neither failed at the bank nor was taken out of a file.
    """
    if not reason.strip():
        raise DomainError("Paying again needs a reason.", mend="Say what was wrong and how it was mended.")
    with acting(by, f"ask to pay again: {reason.strip()}"):
        payment = Payment.objects.select_for_update().get(pk=payment.pk)
        require_may_ask(by, payment)
        require_no_side(by, [Agreement(pk=payment.tranche.agreement_id)], on=today())
        request, _ = RetryRequest.objects.get_or_create(
            payment=payment,
            after=payment.status,
            turn=payment.turn,
            refused_at=None,
            defaults={"requested_by": by, "reason": reason.strip()[:300]},
        )
        return request


def require_may_ask(by: User, payment: Payment) -> None:
    """Refuse whoever may not ask to pay this payment again.

    Raises:
        NotAllowedError, WrongStateError: as `request_retry`, but for a side.
    """
    if payment.status != PaymentStatus.WITHDRAWN or Permission.RELEASE_RUN not in by.permissions:
        require(by, Permission.CHECK_RUN)
    if payment.status not in HOLD_REASONS:
        raise WrongStateError("This payment did not fail at the bank.", mend="Look at its latest attempt.")
    _require_apart_from_removal(by, payment)


def confirm_retry(*, by: User, request: RetryRequest) -> RetryRequest:
    """Agree that a failed payment is paid again: its hold is lifted, and the next sweep makes a new attempt.

    Confirming again changes nothing.

    Raises:
        NotAllowedError: `by` may not release runs, asked for it, asked to take the payment out of its file, or has a
            side in its agreement.
        WrongStateError: it was refused, or something else became of the payment since it was asked for.
    """
    require(by, Permission.RELEASE_RUN)
    with acting(by, "agree to pay again"):
        payment = Payment.objects.select_for_update().get(pk=request.payment_id)
        request = RetryRequest.objects.select_for_update().get(pk=request.pk)
        if request.confirmed_by_id is not None:
            return request
        if request.refused_at is not None:
            raise WrongStateError(
                f"This was refused by {request.refused_by}: {request.refusal}", mend="Once that is mended, ask anew."
            )
        if request.requested_by_id == by.pk:
            raise NotAllowedError("You asked for this.", mend="Ask somebody else to agree.")
        if (payment.status, payment.turn) != (request.after, request.turn):
            raise WrongStateError(
                f"That payment is “{payment.get_status_display().lower()}” now; this was asked for before.",
                mend="Look at what became of it.",
            )
        _require_apart_from_removal(by, payment)
        require_no_side(by, [Agreement(pk=payment.tranche.agreement_id)], on=today())
        if not failed_payments().filter(pk=payment.pk).exists():
            raise WrongStateError("This needs no further attempt.", mend="Look at what became of the others.")
        request.confirmed_by, request.confirmed_at = by, core_now()
        request.save(update_fields=["confirmed_by", "confirmed_at"])
        if not _waits_for_another(payment):
            Hold.objects.open().filter(
                tranche=payment.tranche_id, reason=HOLD_REASONS[PaymentStatus(request.after)]
            ).update(
                lifted_by=by,
                lifted_at=request.confirmed_at,
                lift_reason=f"To be paid again: {request.reason}"[:300],
            )
            publish_held(tranche_pks=[payment.tranche_id])
        return request


def refuse_retry(*, by: User, request: RetryRequest, reason: str) -> RetryRequest:
    """Say that a payment is not paid again for now, or take back what one asked: it stays held and may be asked anew.

    Whoever asked is written to. Refusing again changes nothing.

    Raises:
        NotAllowedError: `by` may not release runs, and did not ask for it.
        DomainError: no reason was given.
        WrongStateError: somebody agreed to it already.
    """
    require_may_refuse(by, request)
    if not reason.strip():
        raise DomainError("Refusing needs a reason.", mend="Say what stands against paying it again.")
    with acting(by, f"refused to pay again: {reason.strip()}"):
        payment = Payment.objects.select_for_update().get(pk=request.payment_id)
        request = RetryRequest.objects.select_for_update(of=("self",)).select_related("requested_by").get(pk=request.pk)
        if request.confirmed_by_id is not None:
            raise WrongStateError("This was agreed to already.", mend="Stop the run that it goes into, or hold it.")
        if request.refused_at is not None:
            return request
        request.refused_by, request.refused_at, request.refusal = by, core_now(), reason.strip()[:300]
        request.save(update_fields=["refused_by", "refused_at", "refusal"])
        if by.pk != request.requested_by_id:
            send_message(
                to=request.requested_by.email,
                subject=f"Payment {payment} is not paid again for now",
                body=f"You asked to pay payment {payment} again: {request.reason}\n\n"
                f"{by} refused: {request.refusal}\n\n"
                f"It stays held. Once that is mended, ask anew:\n{address_of('grants:held-list')}",
                topic="grants.retry",
            )
        return request


def require_may_refuse(by: User, request: RetryRequest) -> None:
    """Refuse whoever may not say no to this: another than who asked, who may not release runs.

    Raises:
        NotAllowedError: they may not.
    """
    if request.requested_by_id != by.pk:
        require(by, Permission.RELEASE_RUN)


def _waits_for_another(payment: Payment) -> bool:
    """Whether another attempt failed in the same way, and nobody has agreed upon that one; both keep the hold."""
    agreed = RetryRequest.objects.standing().filter(payment=OuterRef("pk"), confirmed_by__isnull=False)
    alike = Payment.objects.filter(tranche=payment.tranche_id, status=payment.status)
    return payment.status in FAILED_AT_BANK and alike.filter(~Exists(agreed)).exists()


def _require_apart_from_removal(by: User, payment: Payment) -> None:
    """What was taken out of its file goes on by two people who did not ask for that; the database refuses it too."""
    if payment.status != PaymentStatus.WITHDRAWN:
        return
    removal = Removal.objects.filter(payment=payment, status=Opinion.CONFIRMED).first()
    if removal is None:
        raise WrongStateError("This payment was not taken out of a file.", mend="It goes into a run by itself.")
    if removal.proposed_by_id == by.pk:
        raise NotAllowedError("You asked to take this payment out of its file.", mend="Ask two others.")
