"""One payment out of a file that waits: by two people, never beside the sender, and the others go in a new file."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from queue import Queue
from threading import Event

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.waiting import waiting_for
from grants.domain.iso20022_pain001 import build_payment_file
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
    RetryRequest,
    TrancheStatus,
)
from grants.reconciler.messages import read_transfers
from grants.reconciler.queries import BALANCES, TRANCHES
from grants.selectors.checks import ledger_identities
from grants.selectors.payments import attempts
from grants.services.bodies import propose_bank_account
from grants.services.claim import claim_due
from grants.services.handover import send_files
from grants.services.holds import lift_hold, place_hold
from grants.services.posting import constraint_of
from grants.services.removals import confirm_removal, propose_removal, refuse_removal
from grants.services.retries import confirm_retry, request_retry
from grants.services.runs import payment_order
from tests.unit.grants.conftest import sealed
from tests.unit.grants.payment_world import World, its_bank_goes_on, teller
from tests.unit.grants.reconciler.lived_again import asked, bulk_evidence, schedule_differences
from tests.unit.grants.services.waiting import own_pid, until_it_waits
from tests.unit.grants.test_races import at_once
from tests.unit.grants.views.test_payments import signed_in

COURT = "A court has stopped it, order 12 of 3 May."


def release_all(world: World) -> PaymentRun:
    """Three payments, released; their file waits."""
    world.go_to(max(world.tranche(of=number).process_on for number in range(3)))
    run = world.sweep()
    assert run is not None
    return world.release(run)


def propose(world: World, payment: Payment | None = None) -> Removal:
    payment = payment or Payment.objects.filter(status=PaymentStatus.INSTRUCTED).order_by("pk")[0]
    return propose_removal(by=world.checker, payment=payment, reason=COURT)


def pay_after_all(world: World, payment: Payment) -> None:
    """Two who did not ask to take it out let it go on."""
    request = request_retry(by=world.people.finance_manager, payment=payment, reason="The order is void.")
    confirm_retry(by=world.releaser, request=request)


def refused_by_database(change: Callable[[], object]) -> str | None:
    with acting("system:test", "tried"), pytest.raises(IntegrityError) as caught, transaction.atomic():
        change()
    return constraint_of(caught.value)


def differences() -> list[object]:
    wanted = {"instructed_by": date(2020, 1, 1), **bulk_evidence()}
    return [*asked(TRANCHES, wanted), *asked(BALANCES, wanted), *schedule_differences(), *ledger_identities()]


def test_others_go_in_a_new_file_and_the_one_is_held(wide_world: World) -> None:
    run = release_all(wide_world)
    old = PaymentFile.objects.get(run=run)
    removal = propose(wide_world)
    assert (propose(wide_world), wide_world.send()) == (removal, 0)

    with sealed():
        confirm_removal(by=wide_world.people.finance_manager, removal=removal)
        assert confirm_removal(by=wide_world.people.finance_manager, removal=removal).status == Opinion.CONFIRMED

    before, run, file = run.message_id, PaymentRun.objects.get(pk=run.pk), PaymentFile.objects.get(run=run)
    old.refresh_from_db()
    assert (old.status, old.run, old.once_of, old.tries) == (FileStatus.REPLACED, None, run, 0)
    assert (file.status, run.message_id != before) == (FileStatus.WAITING, True)
    gone = Payment.objects.select_related("tranche").get(pk=removal.payment_id)
    assert (gone.status, gone.tranche.status) == (PaymentStatus.WITHDRAWN, TrancheStatus.COMMITTED)
    again = {"payment": gone, "file": file, "reason": COURT, "proposed_by": wide_world.checker}
    assert refused_by_database(lambda: Removal.objects.create(**again)) == "grants_removal_of_waiting_file"
    left = attempts(run.payments.filter(status=PaymentStatus.INSTRUCTED))
    assert {one.end_to_end_id for one in read_transfers(file.content)} == {one.end_to_end_id for one in left}
    assert bytes(file.content) == build_payment_file(payment_order(run, left)).content  # as often as it is built
    assert wide_world.send() == 1
    wide_world.let_bank_live(max(wide_world.tranche(of=number).due_on for number in range(3)))
    assert wide_world.bank.totals()["credited"] == 2
    assert differences() == []
    hold = Hold.objects.open().get()
    assert (hold.tranche, hold.detail) == (gone.tranche, f"It was taken out of the file of run {run.pk}: {COURT}")
    pay_after_all(wide_world, gone)
    assert claim_due(at=core_now()) is not None
    assert gone.tranche.payments.filter(attempt=2, status=PaymentStatus.CLAIMED).exists()


def test_file_of_one_payment_is_put_aside_and_none_takes_its_place(world: World, released: World) -> None:
    removal = propose(world)

    with sealed():
        confirm_removal(by=world.people.finance_manager, removal=removal)

    run = PaymentRun.objects.get()
    assert PaymentFile.objects.get().status == FileStatus.REPLACED
    assert world.send() == 0
    page = signed_in(world.checker).get(f"/payments/runs/{run.pk}/").content.decode()
    assert "Nothing left to send" in page
    assert COURT in page
    assert ledger_identities() == schedule_differences() == []


def test_day_asked_for_is_never_one_that_has_passed(wide_world: World) -> None:
    """The file waited over its day, as paused ones do."""
    release_all(wide_world)
    removal = propose(wide_world)
    wide_world.go_to(wide_world.tranche().due_on + timedelta(days=30))

    confirm_removal(by=wide_world.people.finance_manager, removal=removal)

    left = Payment.objects.filter(status=PaymentStatus.INSTRUCTED)
    assert all(one.arrive_on >= core_now().date() for one in left)
    assert str(left[0].arrive_on) in bytes(PaymentFile.objects.get(run__isnull=False).content).decode()


def test_two_people_and_a_reason(world: World, released: World) -> None:
    payment = Payment.objects.get()
    with pytest.raises(DomainError, match="needs a reason"):
        propose_removal(by=world.checker, payment=payment, reason=" ")
    with pytest.raises(NotAllowedError):
        propose_removal(by=world.people.officer, payment=payment, reason=COURT)
    removal = propose_removal(by=world.releaser, payment=payment, reason=COURT)
    with pytest.raises(NotAllowedError, match="You asked for this"):
        confirm_removal(by=world.releaser, removal=removal)
    with pytest.raises(NotAllowedError):
        confirm_removal(by=world.checker, removal=removal)

    with pytest.raises(DomainError, match="needs a reason"):
        refuse_removal(by=world.releaser, removal=removal, reason=" ")
    with pytest.raises(NotAllowedError, match="You checked or released"):
        refuse_removal(by=world.checker, removal=removal, reason="The order is void.")

    refuse_removal(by=world.releaser, removal=removal, reason="The order is void.")

    with pytest.raises(WrongStateError, match="is “refused” already"):
        confirm_removal(by=world.people.finance_manager, removal=removal)
    assert world.send() == 1
    with pytest.raises(WrongStateError, match="has left"):
        propose(world, payment)


def test_who_released_the_run_waves_no_alarm_off(world: World, released: World) -> None:
    removal = propose(world)
    with pytest.raises(NotAllowedError, match="You checked or released"):
        refuse_removal(by=world.releaser, removal=removal, reason="It is fine.")

    assert world.send() == 0
    decided = {"status": Opinion.REFUSED, "decided_at": core_now()}
    by_releaser = refused_by_database(lambda: Removal.objects.update(decided_by=world.releaser, **decided))
    assert by_releaser == "grants_removal_refused_apart"
    assert refuse_removal(by=world.people.finance_manager, removal=removal, reason="Void.").status == Opinion.REFUSED
    letter = OutgoingMessage.objects.get(topic="grants.removal")
    assert (letter.to, "Void." in letter.body, COURT in letter.body) == (world.checker.email, True, True)


def test_whoever_takes_their_own_request_back_is_not_written_to(world: World, released: World) -> None:
    refuse_removal(by=world.checker, removal=propose(world), reason="My mistake.")

    assert not OutgoingMessage.objects.filter(topic="grants.removal").exists()


def test_taken_out_goes_on_only_by_two_who_did_not_ask_for_it(world: World, released: World) -> None:
    """Another officer's hold of the same payment is lifted by itself, and takes nothing of this one away."""
    place_hold(
        by=world.people.officer, agreement=world.agreement, tranche=world.tranche(), detail="I look into something."
    )
    payment = Payment.objects.get()
    confirm_removal(by=world.releaser, removal=propose(world))
    held = {hold.reason: hold for hold in Hold.objects.open()}
    assert set(held) == {Hold.Reason.OFFICER, Hold.Reason.TAKEN_OUT}
    lift_hold(by=world.people.senior, hold=held[Hold.Reason.OFFICER], reason="Looked into.")
    assert claim_due(at=core_now()) is None

    with pytest.raises(WrongStateError, match="is not lifted by one person"):
        lift_hold(by=world.people.officer, hold=held[Hold.Reason.TAKEN_OUT], reason="It should go.")
    lifted = {"lifted_at": core_now(), "lifted_by": world.people.officer, "lift_reason": "All the same."}
    assert refused_by_database(lambda: Hold.objects.open().update(**lifted)) == "grants_hold_removal_answered"
    with pytest.raises(NotAllowedError, match="You asked to take"):
        request_retry(by=world.checker, payment=payment, reason="It should go.")
    asked = {"payment": payment, "after": "withdrawn", "reason": "It should go."}
    apart = "grants_retryrequest_apart_from_removal"
    assert refused_by_database(lambda: RetryRequest.objects.create(requested_by=world.checker, **asked)) == apart
    request = request_retry(by=world.releaser, payment=payment, reason="The order is void.")
    said = {"confirmed_by": world.checker, "confirmed_at": core_now()}
    assert refused_by_database(lambda: RetryRequest.objects.update(**said)) == apart
    assert refused_by_database(lambda: Hold.objects.open().update(**lifted)) == "grants_hold_removal_answered"
    confirm_retry(by=world.people.finance_manager, request=request)
    run = claim_due(at=core_now())
    assert run is not None
    world.release(run)
    confirm_removal(by=world.releaser, removal=propose(world))  # once more: what was agreed before counts no longer
    assert refused_by_database(lambda: Hold.objects.open().update(**lifted)) == "grants_hold_removal_answered"


def test_who_releases_and_asked_to_take_it_out_does_not_let_it_go_on(world: World, released: World) -> None:
    removal = propose_removal(by=world.releaser, payment=Payment.objects.get(), reason=COURT)
    confirm_removal(by=world.people.finance_manager, removal=removal)
    request = request_retry(by=world.checker, payment=removal.payment, reason="The order is void.")

    with pytest.raises(NotAllowedError, match="You asked to take"):
        confirm_retry(by=world.releaser, request=request)


def test_database_holds_file_run_and_payment(world: World, released: World) -> None:
    payment, file, run = Payment.objects.get(), PaymentFile.objects.get(), PaymentRun.objects.get()
    agreed = {"status": "confirmed", "decided_by": world.releaser, "decided_at": core_now()}
    alone = {"payment": payment, "file": file, "reason": COURT, "proposed_by": world.checker}
    by_one = refused_by_database(lambda: Removal.objects.create(**alone, **agreed))
    assert by_one == "grants_removal_of_waiting_file"
    no_reason = refused_by_database(lambda: Removal.objects.create(**alone | {"reason": ""}))
    assert no_reason == "grants_removal_reason_given"
    propose(world)
    refused = []
    for change in (
        lambda: PaymentFile.objects.filter(pk=file.pk).update(status="sending", tries=1),
        lambda: Removal.objects.update(status="confirmed", decided_by=world.releaser, decided_at=core_now()),
        lambda: Payment.objects.filter(pk=payment.pk).update(status="withdrawn", failed_on=payment.arrive_on),
        lambda: Removal.objects.update(status="confirmed", decided_by=world.checker, decided_at=core_now()),
        lambda: PaymentRun.objects.filter(pk=run.pk).update(message_id="A" * 16),
        lambda: PaymentFile.objects.filter(pk=file.pk).update(run=None),
        lambda: Payment.objects.filter(pk=payment.pk).update(arrive_on=payment.arrive_on + timedelta(days=1)),
        lambda: Removal.objects.update(decided_at=core_now()),
        lambda: Removal.objects.update(decided_at=core_now(), decided_by=world.releaser),
        lambda: Removal.objects.create(payment=payment, file=file, reason=COURT, proposed_by=world.releaser),
    ):
        with acting("system:test", "tried"), pytest.raises(DatabaseError) as caught, transaction.atomic():
            change()
        assert isinstance(caught.value, IntegrityError)
        refused.append(constraint_of(caught.value) or str(caught.value).splitlines()[0])
    aside = {"status": FileStatus.REPLACED, "run": None, "once_of": run}
    by_asker = agreed | {"decided_by": world.checker}
    both = refused_by_database(lambda: (PaymentFile.objects.update(**aside), Removal.objects.update(**by_asker)))
    assert both == "grants_removal_two_people"
    confirm_removal(by=world.releaser, removal=Removal.objects.get())
    for stands in (
        lambda: PaymentFile.objects.update(status="waiting", run=run, once_of=None),
        lambda: PaymentFile.objects.update(answer="The bank took it."),
        lambda: Removal.objects.update(reason="Another."),
        lambda: Removal.objects.update(decided_by=world.people.finance_manager),
    ):
        with acting("system:test", "tried"), pytest.raises(IntegrityError), transaction.atomic():
            stands()

    assert refused == [
        "grants_removal_stops_hand_over",
        "grants_removal_puts_aside",
        "grants_payment_taken_out_by_two",
        "grants_removal_puts_aside",
        "grants_paymentrun_keeps_name",
        "a payment file never changes",
        "grants_payment.arrive_on never changes",
        "grants_removal_decided_pair",
        "grants_removal_status_fits",
        "grants_removal_one_standing",
    ]


def test_file_waits_while_a_payment_of_it_may_be_made_already(world: World, released: World) -> None:
    payment = Payment.objects.select_related("tranche").get()
    with acting("system:test", "the bank says two things"):
        hold = Hold.objects.create(
            agreement_id=payment.tranche.agreement_id, tranche=payment.tranche, reason="in_doubt", detail="A doubt."
        )
    assert world.send() == 0
    file = PaymentFile.objects.filter(status=FileStatus.WAITING)
    with acting("system:test", "tried"), pytest.raises(IntegrityError, match="is held"), transaction.atomic():
        file.update(status="sending", tries=1)

    lift_hold(by=world.people.officer, hold=hold, reason="The bank explained it.")

    assert world.send() == 1


def test_desk_asks_and_agrees_on_the_run_s_page(world: World, released: World) -> None:
    payment = Payment.objects.get()
    checker, releaser = signed_in(world.checker), signed_in(world.people.finance_manager)
    url = f"/payments/{payment.pk}/take-out/"
    assert url in checker.get(f"/payments/runs/{payment.run_id}/").content.decode()
    assert checker.post(url, {"reason": ""}).status_code == 400

    checker.post(url, {"reason": COURT})

    removal = Removal.objects.get()
    agree = f"/payments/taken-out/{removal.pk}/agree/"
    assert agree not in checker.get(f"/payments/runs/{payment.run_id}/").content.decode()
    assert agree in releaser.get(f"/payments/runs/{payment.run_id}/").content.decode()
    assert agree in [one.url for items in waiting_for(world.people.finance_manager).values() for one in items]
    assert COURT in releaser.get(agree).content.decode()
    assert COURT in releaser.get(f"/payments/taken-out/{removal.pk}/refuse/").content.decode()
    assert releaser.post(agree, {"sure": "on"}).status_code == 302
    assert Payment.objects.get().status == PaymentStatus.WITHDRAWN


@pytest.fixture
def waiting(committed_beginning: Callable[..., World], tmp_path: Path) -> Iterator[World]:
    """A world that commits, with a file of three payments that waits."""
    world = committed_beginning("wide_world", teller("wide_world", places=3))
    with its_bank_goes_on(world, "wide_world", tmp_path):
        release_all(world)
        yield world


def sent_ids(world: World) -> int:
    world.let_bank_live(max(world.tranche(of=number).due_on for number in range(3)))
    return world.bank.totals()["credited"]


def test_asking_and_sending_at_once_never_both(waiting: World) -> None:
    asked_for, sent = at_once(lambda: propose(waiting), lambda: send_files(bank=waiting.bank))

    file = PaymentFile.objects.get()
    if isinstance(asked_for, Removal):
        assert (sent, file.status) == (0, FileStatus.WAITING)
    else:
        assert isinstance(asked_for, WrongStateError)
        assert (sent, file.status) == (1, FileStatus.ACCEPTED)


def leave(has_left: Event, pids: "Queue[int]") -> bool:
    """Whoever sends has the file, says so, and keeps it until another connection waits for it."""
    with acting("system:sender", "hand a payment file to the bank"):
        PaymentFile.objects.update(status=FileStatus.SENDING, tries=1)
        has_left.set()
        return until_it_waits(pids.get(timeout=60))


def test_database_itself_lets_nobody_ask_beside_the_sender(waiting: World) -> None:
    """Whoever writes the row without the service waits all the same, and sees that the file is gone."""
    has_left, pids = Event(), Queue[int]()
    payment, file = Payment.objects.order_by("pk")[0], PaymentFile.objects.get()

    def ask() -> None:
        assert has_left.wait(timeout=60)
        with acting("system:test", "ask without the service"):
            pids.put(own_pid())
            Removal.objects.create(payment=payment, file=file, reason=COURT, proposed_by=waiting.checker)

    asked_for, waited = at_once(ask, lambda: leave(has_left, pids))

    assert isinstance(asked_for, IntegrityError)
    assert (constraint_of(asked_for), waited) == ("grants_removal_of_waiting_file", True)


def test_details_proposed_while_the_file_leaves_say_of_nobody_that_they_wait(waiting: World) -> None:
    """Whoever proposes waits for whoever sends, and sees that the file is gone."""
    has_left, pids = Event(), Queue[int]()

    def propose_details() -> None:
        assert has_left.wait(timeout=60)
        pids.put(own_pid())
        propose_bank_account(
            by=waiting.people.treasurer,
            body=waiting.agreement.body,
            account_name="Trust 0",
            sort_code="10-20-30",
            account_number="99990000",
        )

    proposed, waited = at_once(propose_details, lambda: leave(has_left, pids))

    assert (proposed, waited) == (None, True)
    assert not OutgoingMessage.objects.filter(topic="grants.file_waits").exists()


def test_agreeing_and_sending_at_once_sends_only_the_new_file(waiting: World) -> None:
    removal = propose(waiting)

    agreed, _ = at_once(
        lambda: confirm_removal(by=waiting.people.finance_manager, removal=removal),
        lambda: send_files(bank=waiting.bank),
    )

    assert isinstance(agreed, Removal)
    send_files(bank=waiting.bank)
    assert PaymentFile.objects.get(status=FileStatus.REPLACED).tries == 0
    assert sent_ids(waiting) == 2
    assert Payment.objects.filter(status=PaymentStatus.CONFIRMED).count() == 2
    assert differences() == []
