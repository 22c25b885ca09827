"""What was taken out of a file while removals still shared the hold of officers is held by two once that is mended."""

from importlib import import_module

import pytest
from django.db import connection

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from grants.domain.ledger import JournalKind
from grants.models import (
    FileStatus,
    Hold,
    Opinion,
    Payment,
    PaymentFile,
    PaymentStatus,
    Removal,
    Tranche,
    TrancheStatus,
)
from grants.selectors.days import today
from grants.selectors.payments import attempts
from grants.services.claim import claim_due
from grants.services.holds import lift_hold, place_hold
from grants.services.payment_entries import payment_entry
from grants.services.posting import post_journal
from grants.services.removals import confirm_removal, refuse_removal
from grants.services.runs import stop_run, withdraw_run
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_after_removals import debit, explain, first
from tests.unit.grants.services.test_removals import pay_after_all, propose

__all__ = ["first"]
HELD_BY_TWO = import_module("grants.migrations.0045_removals_of_before").HELD_BY_TWO


def take_out_as_before(world: World, removal: Removal) -> Payment:
    """What agreeing wrote between migrations 0042 and 0043: an officer's hold, unless there was one."""
    by, file, run = world.people.finance_manager, removal.file, removal.payment.run
    (payment,) = attempts(Payment.objects.filter(pk=removal.payment_id))
    kind, day = JournalKind.TAKEN_OUT, today()
    with acting(by, "agreed to take a payment out of its file"):
        PaymentFile.objects.filter(pk=file.pk).update(status=FileStatus.REPLACED, run=None, once_of=run)
        Removal.objects.filter(pk=removal.pk).update(status=Opinion.CONFIRMED, decided_by=by, decided_at=core_now())
        post_journal(by=by, entry=payment_entry(kind, payment, effective_on=day, approver=removal.proposed_by))
        Payment.objects.filter(pk=payment.pk).update(status=PaymentStatus.WITHDRAWN, failed_on=day)
        Tranche.objects.filter(pk=payment.tranche_pk).update(status=TrancheStatus.COMMITTED)
        hold = Hold(
            agreement_id=payment.agreement_pk,
            tranche_id=payment.tranche_pk,
            reason=Hold.Reason.OFFICER,
            detail=f"It was taken out of the file of run {run.pk}: {removal.reason}",
            placed_by=removal.proposed_by,
        )
        Hold.objects.bulk_create([hold], ignore_conflicts=True)
    return Payment.objects.get(pk=payment.pk)


def migrate() -> list[Hold]:
    """Run the step; the open holds of removals after it."""
    with connection.cursor() as cursor:
        cursor.execute(HELD_BY_TWO)
    return list(Hold.objects.open().filter(reason=Hold.Reason.TAKEN_OUT))


def test_removal_that_one_person_could_let_go_on_is_held_by_two_and_goes_on_by_two(
    world: World, released: World
) -> None:
    removal = propose(world)
    payment = take_out_as_before(world, removal)

    (hold,) = migrate()

    assert (hold.tranche, hold.placed_by) == (payment.tranche, world.checker)
    assert hold.detail == f"It was taken out of the file of run {payment.run_id}: {removal.reason}"
    assert migrate() == [hold]
    lift_hold(by=world.people.senior, hold=Hold.objects.open().get(reason="officer"), reason="It should go.")
    assert claim_due(at=core_now()) is None
    with pytest.raises(DomainError, match="is not lifted by one person"):
        lift_hold(by=world.people.senior, hold=hold, reason="It should go.")
    pay_after_all(world, payment)
    assert migrate() == []
    assert claim_due(at=core_now()) is not None
    assert migrate() == []


def test_removal_that_another_officer_s_hold_swallowed_is_held_though_that_one_is_lifted(
    world: World, released: World
) -> None:
    other = place_hold(by=world.people.officer, agreement=world.agreement, tranche=world.tranche(), detail="A query.")
    take_out_as_before(world, propose(world))
    lift_hold(by=world.people.senior, hold=other, reason="Looked into.")
    assert not Hold.objects.open().exists()

    assert len(migrate()) == 1
    assert claim_due(at=core_now()) is None


def test_what_somebody_let_go_on_by_the_removal_s_own_hold_stays_let_go(world: World, released: World) -> None:
    take_out_as_before(world, propose(world))
    lift_hold(by=world.people.senior, hold=Hold.objects.open().get(), reason="The order is void.")

    assert migrate() == []
    assert claim_due(at=core_now()) is not None


def test_removal_of_since_then_is_left_as_it_is(world: World, released: World) -> None:
    confirm_removal(by=world.people.finance_manager, removal=propose(world))
    before = Hold.objects.open().get()

    assert migrate() == [before]
    pay_after_all(world, Payment.objects.get())
    assert migrate() == []


def test_what_was_tried_again_since_is_not_held(world: World, released: World) -> None:
    """Whoever lifted the officer's hold let it go on: it was in a run, and that one was stopped by two others."""
    other = place_hold(by=world.people.officer, agreement=world.agreement, tranche=world.tranche(), detail="A query.")
    take_out_as_before(world, propose(world))
    lift_hold(by=world.people.senior, hold=other, reason="Looked into.")
    run = claim_due(at=core_now())
    assert run is not None
    assert migrate() == []

    withdraw_run(by=world.releaser, run=stop_run(by=world.checker, run=run, reason="The amount looks wrong."))

    assert migrate() == []


def test_what_turned_out_to_be_paid_is_not_held(world: World, first: Payment) -> None:
    """The second attempt was taken out; the bank had made the first after all."""
    take_out_as_before(world, propose(world))
    explain(debit(first), first, by=world.checker, agreed_by=world.people.finance_manager)

    assert migrate() == []


def test_removal_that_was_refused_once_and_agreed_to_the_next_time_is_held_once(world: World, released: World) -> None:
    refuse_removal(by=world.checker, removal=propose(world), reason="My mistake.")
    take_out_as_before(world, propose(world))

    assert len(migrate()) == 1
