"""Where a hostile engineer would look for money that is paid twice or forgotten."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.sandbox_bank.messages import Entry
from grants import services
from grants.alarms import alarms
from grants.bank import FolderBank
from grants.domain.schedule import Profile
from grants.models import (
    BankAccount,
    FileStatus,
    Hold,
    Payment,
    PaymentFile,
    PaymentStatus,
    Removal,
    StatementLine,
    Tranche,
    TrancheStatus,
)
from grants.reconciler.queries import BALANCES, TRANCHES
from grants.selectors.checks import ledger_identities
from grants.selectors.files import why_kept_back
from grants.selectors.payments import attempts
from grants.services.claim import claim_due
from grants.services.handover import send_files
from grants.services.holds import lift_hold, place_hold
from grants.services.pauses import ask_to_lift, lift_pause, pause_payments
from grants.services.rejections import reject_payments
from grants.services.removals import confirm_removal
from grants.services.retries import confirm_retry, request_retry
from grants.services.statements import take_statement
from grants.views.removals import DETAILS_CHANGED
from tests.unit.grants.conftest import sealed
from tests.unit.grants.payment_world import World
from tests.unit.grants.reconciler.lived_again import asked, bulk_evidence, schedule_differences
from tests.unit.grants.services.test_removals import pay_after_all, propose, release_all
from tests.unit.grants.services.test_statements import statement
from tests.unit.grants.services.test_variations import approve_by_value
from tests.unit.grants.services.test_variations import propose as propose_variation
from tests.unit.grants.views.test_payments import signed_in


def differences() -> list[object]:
    wanted = {"instructed_by": date(2020, 1, 1), **bulk_evidence()}
    return [*asked(TRANCHES, wanted), *asked(BALANCES, wanted), *schedule_differences(), *ledger_identities()]


def retry(world: World, payment: Payment) -> None:
    request = request_retry(by=world.checker, payment=payment, reason="The account was closed; this is the new one.")
    confirm_retry(by=world.releaser, request=request)


def test_file_that_the_bank_has_although_it_never_left_is_not_sent(
    world: World, released: World, tmp_path: Path
) -> None:
    """Somebody dropped a copy of it by hand while the link was down."""
    payment = Payment.objects.get()
    out = Entry("OUT", -payment.total_pence, end_to_end_id=payment.end_to_end_id)
    take_statement(sequence=2, content=statement(out))

    send_files(bank=FolderBank(tmp_path))

    assert not list(tmp_path.glob("out/*"))
    assert PaymentFile.objects.get().status == FileStatus.IN_DOUBT
    assert Payment.objects.get().status == PaymentStatus.CONFIRMED
    assert differences() == []


def test_what_is_held_after_its_release_does_not_leave_with_a_file_that_waits(world: World, released: World) -> None:
    agreement = world.agreement
    hold = place_hold(by=world.people.officer, agreement=agreement, detail="A court has stopped it.")
    assert world.send() == 0
    file = PaymentFile.objects.filter(status=FileStatus.WAITING)
    with acting("system:test", "tried"), pytest.raises(IntegrityError, match="is held"), transaction.atomic():
        file.update(status="sending", tries=1)
    assert why_kept_back(file.get()) == ["A payment is held. A court has stopped it."]

    lift_hold(by=world.people.senior, hold=hold, reason="The order is void.")

    assert world.send() == 1


def propose_details(world: World) -> BankAccount:
    return services.propose_bank_account(
        by=world.people.treasurer,
        body=world.agreement.body,
        account_name="Trust 0",
        sort_code="10-20-30",
        account_number="99990000",
    )


def test_one_body_s_new_details_keep_nobody_else_s_money_longer_than_two_people_take(wide_world: World) -> None:
    """The desk hears of it at once, by letter and by a red banner that leads to the page where it is taken out."""
    release_all(wide_world)
    payment = Payment.objects.get(tranche__agreement=wide_world.agreement)
    propose_details(wide_world)
    assert wide_world.send() == 0
    assert "The bank details of" in why_kept_back(PaymentFile.objects.get())[0]
    url = f"/payments/{payment.pk}/take-out/"
    letters = OutgoingMessage.objects.filter(topic="grants.file_waits")
    assert {wide_world.checker.email, wide_world.releaser.email} <= {letter.to for letter in letters}
    assert len(letters) == len({letter.to for letter in letters})
    assert all(url in one.body and "2 other payments" in one.body for one in letters)
    assert [
        (one.url, "2 other payments of its file wait with it" in one.detail) for one in alarms(wide_world.checker)
    ] == [(url, True)]
    page = signed_in(wide_world.checker)
    assert DETAILS_CHANGED in page.get(url).content.decode()

    page.post(url, {"reason": DETAILS_CHANGED})
    assert alarms(wide_world.checker) == []  # asked for: it waits on the desk of whoever may agree
    confirm_removal(by=wide_world.people.finance_manager, removal=Removal.objects.get())

    assert wide_world.send() == 1
    wide_world.let_bank_live(max(wide_world.tranche(of=number).due_on for number in range(3)))
    assert wide_world.bank.totals()["credited"] == 2
    assert Payment.objects.get(pk=payment.pk).status == PaymentStatus.WITHDRAWN
    assert differences() == []


def test_file_leaves_by_itself_once_the_new_details_are_refused(world: World, released: World) -> None:
    account = propose_details(world)
    assert world.send() == 0

    services.refuse_bank_account(by=world.people.finance_manager, account=account, reason="Nobody there asked.")

    assert (world.send(), alarms(world.checker)) == (1, [])


def test_details_proposed_while_nothing_waits_are_told_to_nobody_of_the_desk(world: World) -> None:
    propose_details(world)

    assert not OutgoingMessage.objects.filter(topic="grants.file_waits").exists()
    assert alarms(world.checker) == []


def test_pause_and_taking_out_and_catching_up_pay_everybody_once(wide_world: World) -> None:
    release_all(wide_world)
    paused = wide_world.agreement
    pause = pause_payments(by=wide_world.people.finance_manager, reason="A doubt.", agreement=paused)
    assert wide_world.send() == 0
    removal = propose(wide_world, Payment.objects.get(tranche__agreement=paused))
    confirm_removal(by=wide_world.people.finance_manager, removal=removal)

    assert wide_world.send() == 1

    wide_world.go_to(max(wide_world.tranche(of=number).due_on for number in range(3)) + timedelta(days=20))
    wide_world.let_bank_live(wide_world.tranche().due_on + timedelta(days=20))
    assert claim_due(at=core_now()) is None
    lift_pause(
        by=wide_world.releaser,
        pause=ask_to_lift(by=wide_world.people.finance_manager, pause=pause, reason="It is clear."),
    )
    pay_after_all(wide_world, removal.payment)
    run = claim_due(at=core_now())
    assert run is not None
    wide_world.release(run)
    wide_world.send()
    wide_world.let_bank_live(run.payments.get().arrive_on + timedelta(days=30))
    totals = wide_world.bank.totals()
    assert (totals["credited"], totals["credited_twice"]) == (3, 0)
    assert Tranche.objects.filter(number=1, status=TrancheStatus.PAID).count() == 3
    assert differences() == []


def test_payment_rejected_after_the_rest_was_varied_is_paid_as_it_was(world: World, released: World) -> None:
    story, before = world.stories[0], world.tranche().total_pence
    approve_by_value(story, propose_variation(story, profile=Profile.EVEN))
    reject_payments(by="system:bank", payments=dict.fromkeys(attempts(Payment.objects.all()), "AC04"))
    retry(world, Payment.objects.get())

    with sealed():
        assert claim_due(at=core_now()) is not None

    assert Payment.objects.get(attempt=2).total_pence == before
    standing = Tranche.objects.exclude(status=TrancheStatus.CANCELLED)
    assert sum(one.amount_pence for one in standing) == world.agreement.amount_pence
    assert differences() == []


def test_return_that_stands_above_its_debit_is_booked_as_what_it_is(world: World, released: World) -> None:
    """Banks list what came in before what went out."""
    payment = Payment.objects.get()
    back = Entry("BACK", payment.total_pence, end_to_end_id=payment.end_to_end_id, reason="AC04")
    out = Entry("OUT", -payment.total_pence, end_to_end_id=payment.end_to_end_id)

    with sealed():
        take_statement(sequence=2, content=statement(back, out))

    assert [*StatementLine.objects.filter(statement__sequence=2).values_list("position", "match")] == [
        (1, "returned"),
        (2, "confirmed"),
    ]
    assert (Payment.objects.get().status, world.tranche().status) == ("returned", TrancheStatus.PAYABLE)
    assert Hold.objects.open().get().reason == Hold.Reason.RETURNED
    assert differences() == []
