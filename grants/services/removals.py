"""Taking one payment out of a payment file that waits to be sent.

Asking keeps the whole file back at once. Once somebody else agrees, the file is put aside for good, and another of the
payments that are left, under another name, takes its place; the payment is promised again, held until two who did not
ask let it go on.
"""

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from cwf_portal.core.outbox import nudge_after_commit
from cwf_portal.core.permissions import Permission, require
from grants.domain.ledger import JournalKind
from grants.errors import WrongStateError
from grants.models import (
    FileStatus,
    Hold,
    Opinion,
    Payment,
    PaymentFile,
    PaymentRun,
    PaymentStatus,
    Removal,
    Tranche,
    TrancheStatus,
)
from grants.selectors.days import today
from grants.selectors.payments import attempts
from grants.services.payment_entries import payment_entry
from grants.services.posting import post_journal
from grants.services.publishing import publish_held
from grants.services.runs import rebuild_file

LEFT = "The file has left, or is on its way to the bank."
ASK_THE_BANK = "Ask the bank to stop the payment; what comes back of it is paid again only by two people."


def propose_removal(*, by: User, payment: Payment, reason: str) -> Removal:
    """Ask to take a payment out of its file. From then on the file waits. Asking again returns the first request.

    Raises:
        NotAllowedError: `by` may neither check nor release runs.
        DomainError: no reason was given.
        WrongStateError: the file has left, or may have.
    """
    require_desk(by)
    if not reason.strip():
        raise DomainError("Taking a payment out needs a reason.", mend="Say why it must not go.")
    with acting(by, f"asked to take a payment out of its file: {reason.strip()}"):
        file = PaymentFile.objects.select_for_update().filter(run=payment.run_id).first()
        standing = Removal.objects.filter(payment=payment).exclude(status=Opinion.REFUSED).first()
        if standing is not None:
            return standing
        file = _require_waiting(file)
        if Payment.objects.get(pk=payment.pk).status != PaymentStatus.INSTRUCTED:
            raise WrongStateError("This payment is not in that file.", mend="Open the run again.")
        return Removal.objects.create(payment=payment, file=file, reason=reason.strip()[:300], proposed_by=by)


def confirm_removal(*, by: User, removal: Removal) -> Removal:
    """Agree: the file is replaced by one without the payment, which is promised again and held. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not release runs, or asked for it.
        WrongStateError: it was refused, or the file has left.
    """
    require_may_agree(by, removal)
    with acting(by, f"agreed to take a payment out of its file: {removal.reason}"):
        file, removal = _locked(removal)
        if removal.status == Opinion.CONFIRMED:
            return removal
        _require_open(removal)
        _require_waiting(file)
        run = PaymentRun.objects.select_for_update().get(pk=removal.payment.run_id)
        file.status, file.run, file.once_of = FileStatus.REPLACED, None, run
        file.save(update_fields=["status", "run", "once_of"])
        _decide(by, removal, Opinion.CONFIRMED)
        _take_out(by, removal)
        rebuild_file(run, at=core_now())
        nudge_after_commit()
        return removal


def refuse_removal(*, by: User, removal: Removal, reason: str) -> Removal:
    """Say that the payment may go, or take one's own request back: the file leaves as it was released.

    Whoever asked is written to, so that they can still call somebody.

    Raises:
        NotAllowedError: `by` may neither check nor release runs; or checked or released this one, and did not ask.
        DomainError: no reason was given.
        WrongStateError: it is decided already.
    """
    require_desk(by)
    if not reason.strip():
        raise DomainError("Letting a payment go needs a reason.", mend="Say why it may go.")
    with acting(by, f"refused to take a payment out of its file: {reason.strip()}"):
        _, removal = _locked(removal)
        _require_open(removal)
        require_may_let_go(by, removal)
        _decide(by, removal, Opinion.REFUSED)
        if by.pk != removal.proposed_by_id:
            _write_to_asker(by, removal, reason.strip())
        nudge_after_commit()
        return removal


def require_desk(by: User) -> None:
    """Refuse whoever may neither check nor release runs.

    Raises:
        NotAllowedError: they may do neither.
    """
    if Permission.CHECK_RUN not in by.permissions:
        require(by, Permission.RELEASE_RUN)


def require_may_agree(by: User, removal: Removal) -> None:
    """Refuse whoever may not agree to this.

    Raises:
        NotAllowedError: `by` may not release runs, or asked for it.
    """
    require(by, Permission.RELEASE_RUN)
    if removal.proposed_by_id == by.pk:
        raise NotAllowedError("You asked for this.", mend="Ask somebody else to agree.")


def require_may_let_go(by: User, removal: Removal) -> None:
    """Refuse whoever may not let the payment go with its file.

    Raises:
        NotAllowedError: `by` may neither check nor release runs; or checked or released this one, and did not ask.
    """
    require_desk(by)
    run = PaymentRun.objects.get(pk=removal.payment.run_id)
    if by.pk != removal.proposed_by_id and by.pk in {run.checked_by_id, run.released_by_id, run.co_released_by_id}:
        raise NotAllowedError("You checked or released this run.", mend="Ask somebody who did neither.")


def _require_waiting(file: PaymentFile | None) -> PaymentFile:
    if file is None or file.status != FileStatus.WAITING:
        raise WrongStateError(LEFT, mend=ASK_THE_BANK)
    return file


def _locked(removal: Removal) -> tuple[PaymentFile, Removal]:
    """The file first: whoever sends it takes it before anything else."""
    file = PaymentFile.objects.select_for_update().get(pk=removal.file_id)
    found = Removal.objects.select_related("payment", "proposed_by").select_for_update(of=("self",))
    return file, found.get(pk=removal.pk)


def _require_open(removal: Removal) -> None:
    if removal.status != Opinion.PROPOSED:
        raise WrongStateError(f"This request is “{removal.get_status_display().lower()}” already.")


def _decide(by: User, removal: Removal, status: Opinion) -> None:
    removal.status, removal.decided_by, removal.decided_at = status, by, core_now()
    removal.save(update_fields=["status", "decided_by", "decided_at"])


def _write_to_asker(by: User, removal: Removal, reason: str) -> None:
    send_message(
        to=removal.proposed_by.email,
        subject=f"Payment {removal.payment} leaves with its file",
        body=f"You asked to take payment {removal.payment} out of the file of run {removal.payment.run_id}: "
        f"{removal.reason}\n\n{by} lets it go: {reason}\n\n"
        "The file leaves now. If you still think that it must not, ask again at once, or call the bank.",
        topic="grants.removal",
    )


def _take_out(by: User, removal: Removal) -> None:
    """Bring the payment's money back to where promises stand, and hold it."""
    (payment,), day = attempts(Payment.objects.filter(pk=removal.payment_id)), today()
    post_journal(
        by=by,
        entry=payment_entry(JournalKind.TAKEN_OUT, payment, effective_on=day, approver=removal.proposed_by),
    )
    Payment.objects.filter(pk=payment.pk).update(status=PaymentStatus.WITHDRAWN, failed_on=day)
    Tranche.objects.filter(pk=payment.tranche_pk).update(status=TrancheStatus.COMMITTED)
    Hold.objects.create(
        agreement_id=payment.agreement_pk,
        tranche_id=payment.tranche_pk,
        reason=Hold.Reason.TAKEN_OUT,
        detail=f"It was taken out of the file of run {payment.run_pk}: {removal.reason}"[:300],
        placed_by=removal.proposed_by,
    )
    publish_held(tranche_pks=[payment.tranche_pk])
