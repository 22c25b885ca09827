"""The red switch: one stops, two let go on, and nothing covered takes a step between; not even by our own mistake."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from grants.errors import WrongStateError
from grants.models import FileStatus, Pause, Payment, PaymentFile, PaymentRun, PaymentStatus, Source, TrancheFunding
from grants.selectors.checks import ledger_identities
from grants.services.claim import claim_due, refresh_holds
from grants.services.handover import send_files
from grants.services.pauses import PausedError, ask_to_lift, lift_pause, pause_payments
from grants.services.runs import check_run, release_run
from tests.unit.grants.conftest import make_person, sealed
from tests.unit.grants.payment_world import World, its_bank_goes_on, teller

WAITING_FOR_THE_SWITCH = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def everything(world: World) -> Pause:
    return pause_payments(by=world.checker, reason="A stranger rang about our account.")


def go_on(world: World, pause: Pause) -> Pause:
    ask_to_lift(by=world.checker, pause=pause, reason="It was the auditor.")
    return lift_pause(by=world.releaser, pause=pause)


def test_paused_everything_claims_nothing_until_two_people_let_it_go_on(world: World) -> None:
    world.go_to_due()
    pause = everything(world)

    assert world.sweep() is None
    go_on(world, pause)
    assert world.sweep() is not None


def test_pause_of_one_agreement_leaves_the_others_alone(wide_world: World) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    agreement = wide_world.stories[1].agreement
    pause_payments(by=wide_world.checker, reason="A complaint.", agreement=agreement)

    run = wide_world.sweep()

    assert run is not None
    assert run.payment_count == 2
    assert not Payment.objects.filter(tranche__agreement=agreement).exists()


def test_pause_of_a_source_stops_every_payment_that_takes_a_part_of_it(wide_world: World) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    lottery = Source.objects.get(code="lottery")
    pause_payments(by=wide_world.checker, reason="The match is in question.", source=lottery)

    run = wide_world.sweep()

    paid_from_it = TrancheFunding.objects.filter(source=lottery, tranche__payments__isnull=False)
    assert not paid_from_it.exists()
    assert (run.payment_count if run else 0) == 3 - TrancheFunding.objects.filter(
        source=lottery, tranche__number=1
    ).count()


def test_checked_run_cannot_be_released_while_everything_is_paused(world: World) -> None:
    world.go_to_due()
    run = world.sweep()
    assert run is not None
    check_run(by=world.checker, run=run)
    pause = everything(world)

    with pytest.raises(PausedError, match="A stranger rang.*Two people must let payments go on"):
        release_run(by=world.releaser, run=run)
    go_on(world, pause)
    assert release_run(by=world.releaser, run=run).status == PaymentRun.Status.RELEASED


def test_release_leaves_paused_payments_out_and_they_come_back_later(wide_world: World) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    run = wide_world.sweep()
    assert run is not None
    pause = pause_payments(by=wide_world.checker, reason="A complaint.", agreement=wide_world.stories[0].agreement)

    with sealed():
        wide_world.release(run)

    left_out = run.payments.get(status=PaymentStatus.WITHDRAWN)
    assert left_out.tranche.agreement == wide_world.stories[0].agreement
    assert run.payments.filter(status=PaymentStatus.INSTRUCTED).count() == 2
    go_on(wide_world, pause)
    again = wide_world.sweep()
    assert again is not None
    assert again.payments.get().tranche == left_out.tranche
    assert ledger_identities() == []


@pytest.mark.parametrize("target", ["everything", "agreement"])
def test_released_file_stays_here_while_anything_in_it_is_paused(world: World, target: str) -> None:
    world.go_to_due()
    run = world.sweep()
    assert run is not None
    world.release(run)
    agreement = world.stories[0].agreement if target == "agreement" else None
    pause = pause_payments(by=world.checker, reason="Wait.", agreement=agreement)

    sent = world.send()

    assert (sent, run.file.status, run.file.tries) == (0, FileStatus.WAITING, 0)
    go_on(world, pause)
    assert world.send() == 1


def test_one_person_is_not_two_and_whoever_paused_may_be_one_of_them(world: World) -> None:
    pause = everything(world)
    with pytest.raises(WrongStateError, match="Nobody has asked"):
        lift_pause(by=world.releaser, pause=pause)
    ask_to_lift(by=world.releaser, pause=pause, reason="Settled.")

    with pytest.raises(NotAllowedError, match="You asked for this"):
        lift_pause(by=world.releaser, pause=pause)
    lifted = lift_pause(by=world.checker, pause=pause)

    assert (lifted.placed_by, lifted.lift_asked_by, lifted.lifted_by) == (world.checker, world.releaser, world.checker)


def test_each_step_twice_counts_once(world: World) -> None:
    assert everything(world) == everything(world)
    pause = Pause.objects.get()
    ask_to_lift(by=world.checker, pause=pause, reason="One.")
    assert ask_to_lift(by=world.releaser, pause=pause, reason="Two.").lift_reason == "One."
    first = lift_pause(by=world.releaser, pause=pause)
    assert lift_pause(by=world.people.director, pause=pause).lifted_by == first.lifted_by
    with pytest.raises(WrongStateError, match="lifted already"):
        ask_to_lift(by=world.checker, pause=pause, reason="Again.")
    assert everything(world) != pause


def test_only_with_a_reason_a_right_and_one_target(world: World) -> None:
    with pytest.raises(DomainError, match="needs a reason"):
        pause_payments(by=world.checker, reason=" ")
    with pytest.raises(NotAllowedError):
        pause_payments(by=make_person("auditor", Role.AUDITOR), reason="No.")
    with pytest.raises(DomainError, match="a source or of an agreement"):
        pause_payments(
            by=world.checker,
            reason="Both.",
            source=Source.objects.get(code="lottery"),
            agreement=world.stories[0].agreement,
        )
    with pytest.raises(DomainError, match="needs a reason"):
        ask_to_lift(by=world.checker, pause=everything(world), reason="")


def test_every_step_of_a_pause_stands_in_its_history(world: World) -> None:
    go_on(world, everything(world))

    history = Pause.pgh_event_model.objects.order_by("pgh_id")
    assert [row.pgh_context["actor"] for row in history] == [
        f"user:{world.checker.pk}",
        f"user:{world.checker.pk}",
        f"user:{world.releaser.pk}",
    ]
    assert "It was the auditor" in history[1].pgh_context["reason"]


def refused_by(change: Callable[[], object]) -> str:
    with pytest.raises(IntegrityError) as caught, acting("system:test", "tried"), transaction.atomic():
        change()
    return str(caught.value.__cause__.diag.constraint_name)


def test_database_itself_refuses_every_step_under_a_pause(world: World) -> None:
    world.go_to_due()
    run = world.sweep()
    assert run is not None
    payment = run.payments.get()
    pause = everything(world)
    copy = Payment.objects.get(pk=payment.pk)
    copy.pk, copy.end_to_end_id, copy.attempt = None, "B" * 16, 9
    copy.status, copy.failed_on = PaymentStatus.WITHDRAWN, payment.arrive_on

    assert refused_by(copy.save) == "grants_pause_stops_claim"
    assert refused_by(lambda: run.payments.update(status=PaymentStatus.INSTRUCTED)) == "grants_pause_stops_release"
    go_on(world, pause)
    world.release(run)
    everything(world)
    sending = {"status": FileStatus.SENDING, "tries": 1}
    assert refused_by(lambda: PaymentFile.objects.filter(run=run).update(**sending)) == "grants_pause_stops_hand_over"


def test_pause_is_never_rewritten_or_removed(world: World) -> None:
    everything(world)

    for change in (lambda: Pause.objects.update(reason="x"), lambda: Pause.objects.all().delete()):
        with pytest.raises(IntegrityError), acting("system:test", "tried"), transaction.atomic():
            change()


@pytest.fixture
def busy_world(committed_beginning: Callable[..., World], tmp_path: Path) -> Iterator[World]:
    """One agreement whose first payment is due, committed for every connection to see."""
    world = committed_beginning("world", teller("world"))
    with its_bank_goes_on(world, "world", tmp_path):
        world.go_to_due()
        refresh_holds(at=core_now())
        yield world


def released(world: World) -> PaymentRun:
    run = claim_due(at=core_now())
    assert run is not None
    return world.release(run)


def checked(world: World) -> PaymentRun:
    run = claim_due(at=core_now())
    assert run is not None
    return check_run(by=world.checker, run=run)


def on_its_own(pool: ThreadPoolExecutor, call: Callable[[], Any]) -> "Future[Any]":
    """Run a call in a thread with a connection of its own."""

    def run() -> Any:
        try:
            return call()
        except DomainError as error:
            return error
        finally:
            connections.close_all()

    return pool.submit(run)


def wait_until_stuck_or_done(call: "Future[Any]") -> bool:
    """True when the call waits for the switch's lock; False when it is through without waiting."""
    with connection.cursor() as cursor:
        while not call.done():
            cursor.execute(WAITING_FOR_THE_SWITCH)
            if cursor.fetchone()[0]:
                return True
    return False


def press(person: int) -> Pause:
    return pause_payments(by=User.objects.get(pk=person), reason="Stop.")


@pytest.mark.parametrize("step", ["claim", "release"])
def test_pause_waits_for_a_step_that_has_begun(busy_world: World, step: str) -> None:
    run = checked(busy_world) if step == "release" else None
    took_step, may_commit = Event(), Event()

    def begin() -> None:
        with transaction.atomic():
            if run is None:
                claim_due(at=core_now())
            else:
                release_run(by=busy_world.releaser, run=run)
            took_step.set()
            may_commit.wait(timeout=60)

    with ThreadPoolExecutor(2) as pool:
        step_begun = on_its_own(pool, begin)
        assert took_step.wait(timeout=60)
        pressed = on_its_own(pool, lambda: press(busy_world.checker.pk))
        has_waited = wait_until_stuck_or_done(pressed)
        may_commit.set()
        step_begun.result(timeout=60)
        pressed.result(timeout=60)

    assert has_waited
    assert Pause.objects.open().exists()


@pytest.mark.parametrize("step", ["claim", "release", "hand over"])
def test_step_that_meets_a_pause_waits_for_it_and_is_not_taken(busy_world: World, step: str) -> None:
    run = {"claim": lambda world: None, "release": checked, "hand over": released}[step](busy_world)
    has_pressed, may_commit = Event(), Event()

    def begin() -> None:
        with transaction.atomic():
            press(busy_world.checker.pk)
            has_pressed.set()
            may_commit.wait(timeout=60)

    def take_step() -> object:
        if step == "claim":
            return claim_due(at=core_now())
        if step == "release":
            return release_run(by=busy_world.releaser, run=run)
        return send_files(bank=busy_world.bank)

    with ThreadPoolExecutor(2) as pool:
        pressing = on_its_own(pool, begin)
        assert has_pressed.wait(timeout=60)
        taking = on_its_own(pool, take_step)
        has_waited = wait_until_stuck_or_done(taking)
        may_commit.set()
        pressing.result(timeout=60)
        outcome = taking.result(timeout=60)

    assert has_waited
    assert {"claim": outcome is None, "release": isinstance(outcome, PausedError), "hand over": outcome == 0}[step]
    assert Payment.objects.filter(status=PaymentStatus.INSTRUCTED).exists() == (step == "hand over")
    assert not PaymentFile.objects.exclude(status=FileStatus.WAITING).exists()
    assert ledger_identities() == []
