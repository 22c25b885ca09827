"""Payments that the bank did not make: back to payable, held until two people try again."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from cwf_portal.core.audit import Actor, acting
from cwf_portal.core.bulk import among
from cwf_portal.core.clock import core_now
from grants.domain.iso20022_pain001 import batch_id
from grants.domain.iso20022_pain002 import StatusReport, is_pending, read_status_report, reason_in_words
from grants.domain.iso20022_xml import BankMessageError
from grants.domain.ledger import JournalKind
from grants.models import (
    BankMessage,
    Hold,
    PassedOver,
    Payment,
    PaymentNotice,
    PaymentRun,
    PaymentStatus,
    Tranche,
    TrancheStatus,
)
from grants.models.payment import FAILED_AT_BANK
from grants.selectors.days import today
from grants.selectors.payments import Attempt, locked_attempts
from grants.services.matching import WITH_BANK
from grants.services.payment_entries import payment_entry
from grants.services.posting import post_journals
from grants.services.publishing import publish_held

RECEIVER = "system:bank"
OUTCOME = ("status", "confirmed_on", "failed_on", "reason_code", "turn")
MEND = "Find out why, then two people may send it again."


def reject_payments(*, by: Actor, payments: Mapping[Attempt, str], detail: str = "") -> int:
    """Post instructed → payable and hold each payment; returns how many.

    Args:
        by: who heard it from the bank.
        payments: with the bank's reason code, "" where it gave none.
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
        save_outcomes(payments)
        tranches = Tranche.objects.filter(pk__in=among(payment.tranche_pk for payment in payments))
        tranches.update(status=TrancheStatus.PAYABLE)
        hold_failed(
            {payment: detail or f"The bank’s reason: {reason_in_words(code)}." for payment, code in payments.items()},
            reason=Hold.Reason.REJECTED,
        )
        publish_held(tranche_pks=[payment.tranche_pk for payment in payments])
    return len(payments)


def save_outcomes(payments: Iterable[Attempt]) -> None:
    """Write what was noted on payments: one statement for all of the same day and outcome."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for payment in payments:
        alike.setdefault(tuple(getattr(payment, name) for name in OUTCOME), []).append(payment.pk)
    for outcome, pks in alike.items():
        Payment.objects.filter(pk__in=among(pks)).update(**dict(zip(OUTCOME, outcome, strict=True)))


def hold_failed(facts: Mapping[Attempt, str], *, reason: Hold.Reason) -> None:
    """Hold the tranches of failed payments, each with its fact in words."""
    Hold.objects.bulk_create(
        (
            Hold(
                agreement_id=payment.agreement_pk,
                tranche_id=payment.tranche_pk,
                reason=reason,
                detail=f"{fact[: 298 - len(MEND)]} {MEND}",
            )
            for payment, fact in facts.items()
        ),
        ignore_conflicts=True,  # one that is open already holds it as well
    )


def hold_in_doubt(facts: Mapping[Attempt, str]) -> None:
    """Hold payments of which the bank says two things; nothing more is paid for them until somebody has looked."""
    Hold.objects.bulk_create(
        [
            Hold(
                agreement_id=payment.agreement_pk,
                tranche_id=payment.tranche_pk,
                reason=Hold.Reason.IN_DOUBT,
                detail=fact[:300],
            )
            for payment, fact in facts.items()
        ],
        ignore_conflicts=True,
    )
    if facts:
        publish_held(tranche_pks=[payment.tranche_pk for payment in facts])


def lift_returned(payments: Sequence[Attempt]) -> None:
    """Lift what was held because payments came back, once the bank has taken that back and they count as paid."""
    if payments:
        held = Hold.objects.open().filter(tranche__in=[one.tranche_pk for one in payments], reason=Hold.Reason.RETURNED)
        held.update(lifted_at=core_now(), lift_reason="The bank took its return back: the payment stands.")


def hear_rejections(payments: Mapping[Attempt, str]) -> None:
    """Act upon what the bank says it will not make.

    What is with it is payable again, held. What counts as paid stays so, held. What failed before stays as it is.

    Args:
        payments: locked, with the bank's reason code, "" where it gave none.
    """
    reject_payments(by=RECEIVER, payments={one: code for one, code in payments.items() if one.status in WITH_BANK})
    hold_in_doubt(
        {
            payment: f"The bank says that it rejects {payment.end_to_end_id}, which counts as "
            f"“{payment.stands}”; its reason: {reason_in_words(code)}. Ask the bank which is "
            "true: if the money comes back, its line says so."
            for payment, code in payments.items()
            if payment.status not in FAILED_AT_BANK
        }
    )


def take_report(*, sequence: int, content: bytes) -> BankMessage:
    """Take one pain.002 report in whole, or keep it as refused with the reason. The same report again changes nothing.

    Args:
        sequence: its number among the bank's reports.
        content: the message as it came.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    key = {"kind": BankMessage.Kind.REPORT, "sequence": sequence}
    with acting(RECEIVER, "take in a report on a payment file"):
        lock_messages()
        known = BankMessage.objects.filter(**key, outcome=BankMessage.Outcome.APPLIED).first()
        if known is not None and known.sha256 == sha256:
            return known
        try:
            check_follows(BankMessage.Kind.REPORT, sequence)
            report = read_status_report(content)
            found = _payments(report)
        except BankMessageError as error:
            return keep_refused(kind=BankMessage.Kind.REPORT, sequence=sequence, content=content, error=error)
        message = BankMessage.objects.create(**key, content=content, sha256=sha256, outcome=BankMessage.Outcome.APPLIED)
        rejected = _rejected(report, found)
        _note(message, report, found=found, rejected=rejected)
        hear_rejections(rejected)
        return message


def check_follows(kind: BankMessage.Kind, sequence: int) -> None:
    """Refuse a report or notice whose number was taken in or passed over, and one that leaves a gap."""
    last, name = last_sequence(kind), "Report" if kind == BankMessage.Kind.REPORT else "Notice"
    if sequence > last + 1:
        raise BankMessageError(f"{name} {sequence} came too early: {last + 1} is missing.")
    if sequence <= last:
        raise BankMessageError(f"{name} {sequence} was taken in before with other content, or passed over.")


def _payments(report: StatusReport) -> dict[str, Attempt]:
    """The payments that a report is about, by their reference: those it names, and all of what it rejects whole."""
    names = {one.end_to_end_id for one in report.rejections} | report.signs.keys()
    of_file = Payment.objects.filter(run__message_id=report.message_id)
    if report.whole_file is None and not report.batches:
        of_file = of_file.filter(end_to_end_id__in=names)
    payments = {payment.end_to_end_id: payment for payment in locked_attempts(of_file)}
    unknown = sorted(names - payments.keys())
    if unknown:
        raise BankMessageError(f"The report names {unknown[0]}, which is no payment of file {report.message_id}.")
    if not PaymentRun.objects.filter(message_id=report.message_id).exists():
        raise BankMessageError(f"The report is about file {report.message_id}, which is none of ours.")
    unknown = sorted(report.batches.keys() - _batches(report.message_id, payments.values()).keys())
    if unknown:
        raise BankMessageError(f"The report names {unknown[0]}, which is no batch of file {report.message_id}.")
    return payments


def _batches(message_id: str, payments: Iterable[Attempt]) -> dict[str, list[Attempt]]:
    """The payments of a file by the batch they were sent in; what was withdrawn before is in none."""
    sent = [payment for payment in payments if payment.status != PaymentStatus.WITHDRAWN]
    days = sorted({payment.arrive_on for payment in sent})
    return {
        batch_id(message_id, number): [payment for payment in sent if payment.arrive_on == day]
        for number, day in enumerate(days, start=1)
    }


def _rejected(report: StatusReport, found: Mapping[str, Attempt]) -> dict[Attempt, str]:
    """What the bank will not make, each with its reason: the payment's own before its batch's before the file's."""
    codes: dict[Attempt, str] = {}
    if report.whole_file is not None:
        sent = (payment for payment in found.values() if payment.status != PaymentStatus.WITHDRAWN)
        codes |= dict.fromkeys(sent, report.whole_file)
    for name, payments in _batches(report.message_id, found.values()).items():
        if name in report.batches:
            codes |= dict.fromkeys(payments, report.batches[name])
    return codes | {found[one.end_to_end_id]: one.reason_code for one in report.rejections}


def _note(
    message: BankMessage, report: StatusReport, *, found: Mapping[str, Attempt], rejected: Mapping[Attempt, str]
) -> None:
    """Keep what the report says of each payment; a rejection that the bank has told before is not noted again."""
    kinds = PaymentNotice.Kind
    keys = among(payment.pk for payment in rejected)
    told = PaymentNotice.objects.filter(payment__in=keys, kind=kinds.REJECTED).values_list("payment_id", flat=True)
    before = set(told)
    said = [(payment, kinds.REJECTED, code) for payment, code in rejected.items() if payment.pk not in before]
    said += [
        (found[name], kinds.PENDING if is_pending(status) else kinds.ACCEPTED, "")
        for name, status in report.signs.items()
        if found[name] not in rejected
    ]
    PaymentNotice.objects.bulk_create(
        PaymentNotice(message=message, payment_id=payment.pk, kind=kind, value_on=report.told_on, reason_code=code)
        for payment, kind, code in said
    )


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
    """The number of the last report taken in or passed over, 0 before the first."""
    return last_sequence(BankMessage.Kind.REPORT)


def last_sequence(kind: BankMessage.Kind) -> int:
    """The number of the last message of a kind taken in, or passed over by two people; 0 before the first."""
    passed_over = PassedOver.objects.confirmed().filter(message=OuterRef("pk"))
    done = Q(outcome=BankMessage.Outcome.APPLIED) | Exists(passed_over)
    found = BankMessage.objects.filter(done, kind=kind).order_by("-sequence")
    return found.values_list("sequence", flat=True).first() or 0
