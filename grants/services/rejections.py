"""Payments that the bank did not make: back to payable, held until two people try again."""

import hashlib
from collections.abc import Mapping

from django.db import connection

from cwf_portal.core.audit import Actor, acting
from cwf_portal.core.bulk import among
from grants.domain.iso20022_pain002 import StatusReport, read_status_report, reason_in_words
from grants.domain.iso20022_xml import BankMessageError
from grants.domain.ledger import JournalKind
from grants.models import BankMessage, Hold, Payment, PaymentNotice, PaymentStatus, Tranche, TrancheStatus
from grants.selectors.days import today
from grants.selectors.payments import payments_with_books
from grants.services.payment_entries import payment_entry
from grants.services.posting import post_journals

RECEIVER = "system:bank"
MEND = "Find out why, then two people may send it again."


def reject_payments(*, by: Actor, payments: Mapping[Payment, str], detail: str = "") -> int:
    """Post instructed → payable and hold each payment; returns how many.

    Args:
        by: who heard it from the bank.
        payments: from `payments_with_books`, with the bank's reason code, "" where it gave none.
        detail: what to say instead of the reason in words.
    """
    if not payments:
        return 0
    with acting(by, "the bank rejected payments"):
        day = today()
        entries = [payment_entry(JournalKind.REJECTED, payment, effective_on=day) for payment in payments]
        post_journals(by=by, entries=entries)
        for payment, code in payments.items():
            payment.status, payment.failed_on, payment.reason_code = PaymentStatus.REJECTED, day, code
        Payment.objects.bulk_update(payments, ["status", "failed_on", "reason_code"])
        tranches = Tranche.objects.filter(pk__in=among(payment.tranche_id for payment in payments))
        tranches.update(status=TrancheStatus.PAYABLE)
        hold_failed(
            {payment: detail or f"The bank’s reason: {reason_in_words(code)}." for payment, code in payments.items()},
            reason=Hold.Reason.REJECTED,
        )
    return len(payments)


def hold_failed(facts: Mapping[Payment, str], *, reason: Hold.Reason) -> None:
    """Hold the tranches of failed payments, each with its fact in words."""
    Hold.objects.bulk_create(
        Hold(
            agreement_id=payment.tranche.agreement_id,
            tranche_id=payment.tranche_id,
            reason=reason,
            detail=f"{fact[: 298 - len(MEND)]} {MEND}",
        )
        for payment, fact in facts.items()
    )


def take_report(*, sequence: int, content: bytes) -> BankMessage:
    """Take one pain.002 report in whole, or keep it as refused with the reason. The same report again changes nothing.

    Args:
        sequence: its number among the bank's reports.
        content: the message as it came.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    key = {"kind": BankMessage.Kind.REPORT, "sequence": sequence}
    with acting(RECEIVER, "take in a report of rejected payments"):
        lock_messages()
        known = BankMessage.objects.filter(**key, outcome=BankMessage.Outcome.APPLIED).first()
        if known is not None and known.sha256 == sha256:
            return known
        try:
            if known is not None:
                raise BankMessageError(f"Report {sequence} was taken in before with other content.")
            rejected = _rejected(read_status_report(content))
        except BankMessageError as error:
            return keep_refused(kind=BankMessage.Kind.REPORT, sequence=sequence, content=content, error=error)
        message = BankMessage.objects.create(**key, content=content, sha256=sha256, outcome=BankMessage.Outcome.APPLIED)
        reject_payments(by=RECEIVER, payments=rejected)
        return message


def _rejected(report: StatusReport) -> dict[Payment, str]:
    codes = {one.end_to_end_id: one.reason_code for one in report.rejections}
    found = payments_with_books().filter(run__message_id=report.message_id, end_to_end_id__in=list(codes))
    payments = {payment.end_to_end_id: payment for payment in found.select_for_update(of=("self",))}
    known = PaymentNotice.objects.filter(payment__in=payments.values(), kind=PaymentNotice.Kind.REJECTED)
    for payment in Payment.objects.filter(pk__in=known.values("payment"), status=PaymentStatus.REJECTED):
        del payments[payment.end_to_end_id], codes[payment.end_to_end_id]  # an early notice was acted upon
    unknown = sorted(codes.keys() - payments.keys())
    if unknown:
        raise BankMessageError(f"The report names {unknown[0]}, which is no payment of file {report.message_id}.")
    for payment in payments.values():
        if payment.status not in (PaymentStatus.INSTRUCTED, PaymentStatus.IN_DOUBT):
            raise BankMessageError(
                f"The report rejects {payment.end_to_end_id}, which is “{payment.get_status_display().lower()}”."
            )
    return {payments[name]: code for name, code in codes.items()}


def lock_messages() -> None:
    """Take messages of the bank in one after the other, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('grants.bank_messages'))")


def keep_refused(*, kind: BankMessage.Kind, sequence: int, content: bytes, error: BankMessageError) -> BankMessage:
    """Keep a refused message once, with the reason, for a person to read."""
    message, _ = BankMessage.objects.get_or_create(
        kind=kind,
        sequence=sequence,
        sha256=hashlib.sha256(content).hexdigest(),
        outcome=BankMessage.Outcome.REFUSED,
        defaults={"content": content, "problem": str(error)[:500]},
    )
    return message


def last_report_sequence() -> int:
    """The number of the last report taken in, 0 before the first."""
    applied = BankMessage.objects.filter(kind=BankMessage.Kind.REPORT, outcome=BankMessage.Outcome.APPLIED)
    return applied.order_by("-sequence").values_list("sequence", flat=True).first() or 0
