"""Two people and a letter settle a doubt; whatever the statements say later is never posted twice, and never unseen."""

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.permissions import Role
from cwf_portal.sandbox_bank.messages import Entry, Rejection, write_rejections
from grants.alarms import alarms
from grants.bank import BankSilentError
from grants.domain.ledger import Account
from grants.domain.working_days import england_and_wales
from grants.errors import WrongStateError, in_pounds
from grants.models import (
    DoubtSettlement,
    FileStatus,
    Hold,
    Journal,
    Payment,
    PaymentFile,
    PaymentRun,
    PaymentStatus,
    StatementLine,
    TrancheStatus,
)
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.selectors.ledger import held_on
from grants.selectors.payments import SILENT_WORKING_DAYS, awaiting_letter
from grants.services.doubts import confirm_settlement, refuse_settlement, settle_doubt
from grants.services.handover import send_files
from grants.services.rejections import take_report
from grants.services.retries import confirm_retry, request_retry
from grants.services.statements import take_statement
from tests.unit.grants.conftest import make_person, sealed
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_handover import ScriptedBank
from tests.unit.grants.services.test_statements import statement

PAID, NOT_PAID = DoubtSettlement.Outcome.PAID, DoubtSettlement.Outcome.NOT_PAID


@pytest.fixture
def run(released: World) -> PaymentRun:
    """A run whose file went to a bank that gave no answer and does not dedupe."""
    run = PaymentRun.objects.get()
    send_files(bank=ScriptedBank([BankSilentError("no answer")], dedupes=False))
    assert run.payments.get().status == PaymentStatus.IN_DOUBT
    return run


def settle(world: World, run: PaymentRun, outcome: DoubtSettlement.Outcome) -> DoubtSettlement:
    entered = settle_doubt(by=world.checker, run=run, outcome=outcome, letter="L-2027-14")
    with sealed():
        return confirm_settlement(by=world.people.finance_manager, settlement=entered)


def debit(payment: Payment) -> Entry:
    return Entry("B-1", -payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="x")


def test_paid_posts_nothing_and_waits_for_the_line(world: World, run: PaymentRun) -> None:
    journals = Journal.objects.count()

    settle(world, run, PAID)

    payment = run.payments.get()
    assert (payment.status, Journal.objects.count()) == (PaymentStatus.INSTRUCTED, journals)
    take_statement(sequence=2, content=statement(debit(payment)))
    assert run.payments.get().status == PaymentStatus.CONFIRMED
    assert ledger_identities() == []


def test_not_paid_makes_it_payable_held_and_two_more_people_may_pay_again(world: World, run: PaymentRun) -> None:
    settle(world, run, NOT_PAID)

    payment = run.payments.get()
    assert payment.status == PaymentStatus.REJECTED
    assert world.tranche().status == TrancheStatus.PAYABLE
    assert "The bank’s letter L-2027-14 says that it was not paid" in Hold.objects.open().get().detail
    assert world.sweep() is None
    request = request_retry(by=world.checker, payment=payment, reason="By letter L-2027-14.")
    confirm_retry(by=world.releaser, request=request)
    assert world.sweep() is not None
    assert ledger_identities() == []


def test_statement_that_contradicts_the_letter_is_parked_loudly_and_stops_a_second_attempt(
    world: World, run: PaymentRun
) -> None:
    settle(world, run, NOT_PAID)
    payment = run.payments.get()
    request = request_retry(by=world.checker, payment=payment, reason="By letter.")
    confirm_retry(by=world.releaser, request=request)

    take_statement(sequence=2, content=statement(debit(payment)))

    line = StatementLine.objects.in_suspense().get()
    assert line.finding == "Our payment of this reference is “rejected by the bank” already."
    assert held_on(Account.PAID) == 0
    assert held_on(Account.SUSPENSE) == line.amount_pence
    assert world.sweep() is None
    assert "Explain that bank line first" in Hold.objects.open().get().detail
    assert [alarm.title for alarm in alarms(world.checker)] == [
        f"The bank took {in_pounds(payment.total_pence)} for a payment that counts as not paid"
    ]
    assert ledger_identities() == []


def test_payment_in_a_file_that_the_bank_took_and_then_forgot_is_settled_by_a_letter_in_time(released: World) -> None:
    released.bank.misbehave(kind="forget")
    released.send()
    run = PaymentRun.objects.get()
    payment = run.payments.get()
    released.let_bank_live(payment.arrive_on)
    for working_days, waits in ((SILENT_WORKING_DAYS, False), (SILENT_WORKING_DAYS + 1, True)):
        released.go_to(england_and_wales().shift(payment.arrive_on, working_days))
        assert awaiting_letter(today()).filter(pk=payment.pk).exists() is waits

    settle(released, run, NOT_PAID)

    payment.refresh_from_db()
    assert (payment.status, released.tranche().status) == (PaymentStatus.REJECTED, TrancheStatus.PAYABLE)
    assert ledger_identities() == []


def test_letter_misread_as_paid_is_followed_by_another(world: World, run: PaymentRun) -> None:
    settle(world, run, PAID)
    world.go_to(england_and_wales().shift(run.payments.get().arrive_on, SILENT_WORKING_DAYS + 1))

    settle(world, run, NOT_PAID)

    assert run.payments.get().status == PaymentStatus.REJECTED
    assert ledger_identities() == []


@pytest.mark.parametrize("status", [FileStatus.WAITING, FileStatus.SENDING])
def test_payment_whose_file_may_still_leave_waits_for_no_letter(released: World, status: FileStatus) -> None:
    run = PaymentRun.objects.get()
    with acting("system:test", "it is on its way"):
        tries = {"tries": 1, "last_tried_at": core_now()} if status == FileStatus.SENDING else {}
        PaymentFile.objects.update(status=status, **tries)
    released.go_to(england_and_wales().shift(run.payments.get().arrive_on, SILENT_WORKING_DAYS + 9))

    with pytest.raises(WrongStateError, match="working days after it should have arrived"):
        settle_doubt(by=released.checker, run=run, outcome=NOT_PAID, letter="L-1")


def test_report_that_rejects_what_the_letter_called_paid_is_believed_because_no_money_moved(
    world: World, run: PaymentRun
) -> None:
    settle(world, run, PAID)
    payment = run.payments.get()
    report = write_rejections(1, today(), [Rejection(run.message_id, "x", payment.end_to_end_id, "AC04")])

    take_report(sequence=1, content=report.encode())

    assert run.payments.get().status == PaymentStatus.REJECTED
    assert world.tranche().status == TrancheStatus.PAYABLE
    assert ledger_identities() == []


def test_statement_that_came_before_the_second_person_wins(world: World, run: PaymentRun) -> None:
    entered = settle_doubt(by=world.checker, run=run, outcome=NOT_PAID, letter="L-1")
    take_statement(sequence=2, content=statement(debit(run.payments.get())))

    confirm_settlement(by=world.people.finance_manager, settlement=entered)

    assert run.payments.get().status == PaymentStatus.CONFIRMED
    assert ledger_identities() == []


def test_one_person_is_not_two_and_double_clicks_count_once(world: World, run: PaymentRun) -> None:
    entered = settle_doubt(by=world.checker, run=run, outcome=NOT_PAID, letter="L-1")
    assert settle_doubt(by=world.checker, run=run, outcome=NOT_PAID, letter="L-1") == entered

    with pytest.raises(WrongStateError, match="Somebody has entered a letter"):
        settle_doubt(by=world.people.finance_manager, run=run, outcome=PAID, letter="L-2")
    with pytest.raises(NotAllowedError, match="You entered this letter"):
        confirm_settlement(by=world.checker, settlement=entered)
    for _ in range(2):
        confirm_settlement(by=world.people.finance_manager, settlement=entered)
    assert Journal.objects.filter(kind="rejected").count() == 1


def test_refused_letter_leaves_the_doubt(world: World, run: PaymentRun) -> None:
    entered = settle_doubt(by=world.checker, run=run, outcome=PAID, letter="L-1", payment=run.payments.get())
    refuse_settlement(by=world.people.finance_manager, settlement=entered)

    assert run.payments.get().status == PaymentStatus.IN_DOUBT
    with pytest.raises(WrongStateError, match="“refused” already"):
        confirm_settlement(by=world.people.finance_manager, settlement=entered)


def test_only_with_a_right_a_letter_and_a_doubt(world: World, run: PaymentRun) -> None:
    with pytest.raises(NotAllowedError):
        settle_doubt(by=make_person("auditor", Role.AUDITOR), run=run, outcome=PAID, letter="L-1")
    with pytest.raises(DomainError, match="must be named"):
        settle_doubt(by=world.checker, run=run, outcome=PAID, letter=" ")
    settle(world, run, PAID)
    with pytest.raises(WrongStateError, match="Nothing of this waits for a letter"):
        settle_doubt(by=world.checker, run=run, outcome=PAID, letter="L-1")
