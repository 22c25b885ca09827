"""Payments that the bank may or may not have made are settled by two people who hold its letter; its statements still
have the last word."""

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.errors import WrongStateError
from grants.models import Agreement, DoubtSettlement, Opinion, Payment, PaymentRun, PaymentStatus
from grants.models.payment import PaymentQuerySet
from grants.selectors.days import today
from grants.selectors.payments import SILENT_WORKING_DAYS, awaiting_letter, locked_attempts
from grants.services.rejections import lock_messages, reject_payments
from grants.services.sides import require_no_side

Outcome = DoubtSettlement.Outcome
WAITS_FOR_A_LETTER = (
    f"A payment does when it is in doubt, or {SILENT_WORKING_DAYS} working days after it should have arrived."
)


def settle_doubt(
    *, by: User, run: PaymentRun, outcome: DoubtSettlement.Outcome, letter: str, payment: Payment | None = None
) -> DoubtSettlement:
    """Enter what the bank's letter says of one payment, or with none named of all of the run that wait for a letter.

    Nothing happens until somebody else confirms it. Entering the same again returns the first entry.

    Raises:
        NotAllowedError: `by` may not clear what the bank left open, or has a side in an agreement that it is about.
        DomainError: the letter is not named.
        WrongStateError: nothing of it waits for a letter, or another outcome waits to be confirmed.
    """
    require(by, Permission.CLEAR_SUSPENSE)
    if not letter.strip():
        raise DomainError("The bank’s letter must be named.", mend="Enter its reference or date.")
    with acting(by, f"entered the bank’s letter {letter.strip()}"):
        lock_messages()
        standing = DoubtSettlement.objects.filter(run=run, payment=payment, status=Opinion.PROPOSED).first()
        if standing is not None and (standing.proposed_by_id, standing.outcome) == (by.pk, outcome):
            return standing
        if standing is not None:
            raise WrongStateError("Somebody has entered a letter for this.", mend="Confirm or refuse that first.")
        waiting = _open_to_letter(run, payment)
        if not waiting.exists():
            raise WrongStateError("Nothing of this waits for a letter of the bank.", mend=WAITS_FOR_A_LETTER)
        require_no_side(by, Agreement.objects.filter(tranches__payments__in=waiting), on=today())
        return DoubtSettlement.objects.create(
            run=run, payment=payment, outcome=outcome, letter=letter.strip()[:60], proposed_by=by
        )


def confirm_settlement(*, by: User, settlement: DoubtSettlement) -> DoubtSettlement:
    """Confirm a letter of the bank: what it says was paid waits for its line, the rest is payable again, held.

    What a statement has settled meanwhile is left as it is. Confirming again changes nothing.

    Raises:
        NotAllowedError: `by` may not clear what the bank left open, entered the letter, or has a side in an agreement
            that it is about.
        WrongStateError: it was refused.
    """
    require(by, Permission.CLEAR_SUSPENSE)
    with acting(by, f"confirmed the bank’s letter {settlement.letter}"):
        lock_messages()
        settlement = _locked(settlement)
        if settlement.status == Opinion.CONFIRMED:
            return settlement
        _require_open(settlement)
        if settlement.proposed_by_id == by.pk:
            raise NotAllowedError("You entered this letter.", mend="Ask somebody else to confirm it.")
        wanted = _open_to_letter(settlement.run, settlement.payment).values("pk")
        payments = locked_attempts(Payment.objects.filter(pk__in=wanted))
        require_no_side(by, Agreement.objects.filter(tranches__payments__in=wanted), on=today())
        if settlement.outcome == Outcome.PAID:
            Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(status=PaymentStatus.INSTRUCTED)
        else:
            detail = f"The bank’s letter {settlement.letter} says that it was not paid; two people confirmed this."
            reject_payments(by=by, payments=dict.fromkeys(payments, ""), detail=detail)
        return _decide(by, settlement, Opinion.CONFIRMED)


def refuse_settlement(*, by: User, settlement: DoubtSettlement) -> DoubtSettlement:
    """Say that a letter was misread, or take one's own entry back.

    Raises:
        NotAllowedError: `by` may not clear what the bank left open.
        WrongStateError: it is confirmed or refused already.
    """
    require(by, Permission.CLEAR_SUSPENSE)
    with acting(by, f"refused the bank’s letter {settlement.letter}"):
        settlement = _locked(settlement)
        _require_open(settlement)
        return _decide(by, settlement, Opinion.REFUSED)


def _open_to_letter(run: PaymentRun, payment: Payment | None) -> PaymentQuerySet:
    found = awaiting_letter(today()).filter(run=run)
    return found if payment is None else found.filter(pk=payment.pk)


def _locked(settlement: DoubtSettlement) -> DoubtSettlement:
    found = DoubtSettlement.objects.select_related("run", "payment")
    return found.select_for_update(of=("self",)).get(pk=settlement.pk)


def _require_open(settlement: DoubtSettlement) -> None:
    if settlement.status != Opinion.PROPOSED:
        raise WrongStateError(f"This letter is “{settlement.get_status_display().lower()}” already.")


def _decide(by: User, settlement: DoubtSettlement, status: Opinion) -> DoubtSettlement:
    settlement.status, settlement.decided_by, settlement.decided_at = status, by, core_now()
    settlement.save(update_fields=["status", "decided_by", "decided_at"])
    return settlement
