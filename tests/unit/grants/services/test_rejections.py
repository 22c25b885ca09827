"""Reports on payment files: in order and whole; what no longer fits is parked, and the reports after it are heard."""

import pytest

from cwf_portal.sandbox_bank.messages import Entry, Rejection, write_rejections
from grants import services
from grants.models import BankMessage, Hold, Journal, Payment, PaymentNotice, PaymentStatus, TrancheStatus
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.services.rejections import last_report_sequence, take_report
from grants.services.retries import confirm_retry, request_retry
from grants.services.statements import take_statement
from tests.unit.grants.conftest import sealed
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_statements import debit, payment, statement

__all__ = ["payment"]
NAMED = "  <TxInfAndSts>"


def report(payment: Payment, sequence: int = 1, *, status: str = "RJCT", batch: str = "x") -> bytes:
    rejection = Rejection(payment.run.message_id, batch, payment.end_to_end_id, "AC04")
    return write_rejections(sequence, today(), [rejection]).replace("RJCT", status).encode()


def whole(payment: Payment, *, status: str = "RJCT", message_id: str = "", batch: str = "") -> bytes:
    """A report that names no payment: of the whole file, or of one batch."""
    content = report(payment, batch=batch).decode()
    begin, end = content.index(NAMED), content.index("</OrgnlPmtInfAndSts>")
    content = content[:begin] + (f"<PmtInfSts>{status}</PmtInfSts>" if batch else "") + content[end:]
    if not batch:
        content = content.replace("</OrgnlMsgNmId>", f"</OrgnlMsgNmId><GrpSts>{status}</GrpSts>")
    return content.replace(payment.run.message_id, message_id or payment.run.message_id, 1).encode()


@pytest.mark.parametrize("first", [2, 3])
def test_report_that_leaves_a_gap_waits_for_the_missing_one(payment: Payment, first: int) -> None:
    early = take_report(sequence=first, content=report(payment, first))

    assert early.problem == f"Report {first} came too early: 1 is missing."
    assert Payment.objects.get().status == PaymentStatus.INSTRUCTED
    assert take_report(sequence=1, content=report(payment, 1, status="ACTC")).outcome == BankMessage.Outcome.APPLIED
    assert take_report(sequence=2, content=report(payment, 2)).outcome == BankMessage.Outcome.APPLIED
    assert Payment.objects.get().status == PaymentStatus.REJECTED


def test_report_out_of_order_is_refused_and_the_one_that_was_taken_in_is_known(payment: Payment) -> None:
    first, second = report(payment, 1, status="PDNG"), report(payment, 2, status="ACSP")
    messages = [take_report(sequence=number, content=one) for number, one in ((1, first), (2, second))]

    other = take_report(sequence=1, content=report(payment, 1))

    assert other.problem == "Report 1 was taken in before with other content, or passed over."
    assert take_report(sequence=1, content=first) == messages[0]
    assert (last_report_sequence(), Payment.objects.get().status) == (2, PaymentStatus.INSTRUCTED)


@pytest.mark.parametrize(("status", "kind"), [("ACSC", "accepted"), ("ACSP", "accepted"), ("PDNG", "pending")])
def test_other_statuses_are_kept_as_signs_and_move_nothing(payment: Payment, status: str, kind: str) -> None:
    journals = Journal.objects.count()

    message = take_report(sequence=1, content=report(payment, status=status))

    assert message.outcome == BankMessage.Outcome.APPLIED
    notice = PaymentNotice.objects.get()
    assert (notice.payment, notice.kind, notice.value_on) == (payment, kind, today())
    assert Journal.objects.count() == journals
    assert Payment.objects.get().status == PaymentStatus.INSTRUCTED


def test_late_rejection_of_a_paid_payment_is_held_and_its_return_is_paid_again_after_people_looked(
    world: World, payment: Payment
) -> None:
    take_statement(sequence=2, content=statement(debit(payment)))

    late = take_report(sequence=1, content=report(payment))

    assert late.outcome == BankMessage.Outcome.APPLIED
    held = Hold.objects.open().get()
    assert held.reason == Hold.Reason.IN_DOUBT
    assert "which counts as “paid”; its reason: the account is closed." in held.detail
    assert (Payment.objects.get().status, world.tranche().status) == (PaymentStatus.CONFIRMED, TrancheStatus.PAID)
    back = Entry("B", payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="x", reason="AC04")
    with sealed():
        take_statement(sequence=3, content=statement(back, sequence=3))
    assert Payment.objects.get().status == PaymentStatus.RETURNED
    again = request_retry(by=world.checker, payment=payment, reason="New details.")
    confirm_retry(by=world.releaser, request=again)
    assert world.sweep() is None  # what the report left open holds it still
    with sealed():
        services.lift_hold(by=world.people.officer, hold=held, reason="The bank brought it back.")
        assert world.sweep() is not None
    assert take_report(sequence=2, content=report(payment, 2)).outcome == BankMessage.Outcome.APPLIED
    assert ledger_identities() == []


def test_whole_file_is_rejected_by_its_status_alone(payment: Payment) -> None:
    with sealed():
        message = take_report(sequence=1, content=whole(payment))

    assert message.outcome == BankMessage.Outcome.APPLIED
    assert Payment.objects.get().status == PaymentStatus.REJECTED
    assert "none was given" in Hold.objects.open().get().detail
    assert PaymentNotice.objects.get().kind == PaymentNotice.Kind.REJECTED
    assert ledger_identities() == []


def test_one_batch_is_rejected_by_its_status_alone(payment: Payment) -> None:
    file = payment.run.message_id
    assert "no batch of file" in take_report(sequence=1, content=whole(payment, batch=f"{file}-2")).problem

    take_report(sequence=1, content=whole(payment, batch=f"{file}-1"))

    assert Payment.objects.get().status == PaymentStatus.REJECTED


def test_status_of_a_file_that_is_none_of_ours_is_refused(payment: Payment) -> None:
    message = take_report(sequence=1, content=whole(payment, message_id="NOBODYS"))

    assert message.problem == "The report is about file NOBODYS, which is none of ours."


def test_file_that_is_taken_as_a_whole_changes_nothing(payment: Payment) -> None:
    assert take_report(sequence=1, content=whole(payment, status="ACTC")).outcome == BankMessage.Outcome.APPLIED
    assert not PaymentNotice.objects.exists()
    assert Payment.objects.get().status == PaymentStatus.INSTRUCTED
