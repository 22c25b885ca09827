"""A failed payment is paid again only when two people say so, under a new reference."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.permissions import Role
from cwf_portal.sandbox_bank.messages import Entry
from grants import services
from grants.errors import WrongStateError
from grants.models import BankStatement, Hold, LineClearing, Payment, PaymentStatus, Programme, TrancheStatus
from grants.selectors.checks import ledger_identities
from grants.selectors.retries import payments_to_retry, retries_to_confirm
from grants.services.clearing_checks import Explanation
from grants.services.posting import constraint_of
from grants.services.retries import confirm_retry, request_retry
from grants.services.runs import stop_run, withdraw_run
from grants.services.statements import take_statement
from tests.unit.grants.conftest import make_person, sealed
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_clearing import explain, unknown
from tests.unit.grants.services.test_statements import statement
from tests.unit.grants.services.test_unspent import report_year


@pytest.fixture
def failed(world: World) -> Payment:
    world.bank.misbehave(kind="reject")
    world.pay()
    return Payment.objects.get()


def test_two_people_pay_again_under_a_new_reference(world: World, failed: Payment) -> None:
    request = request_retry(by=world.checker, payment=failed, reason="The bank mended the account.")
    assert world.sweep() is None
    confirm_retry(by=world.releaser, request=request)

    run = world.sweep()
    assert run is not None
    with sealed():
        world.release(run)
    world.send()
    world.let_bank_live(run.payments.get().arrive_on)

    second = Payment.objects.latest("attempt")
    assert (second.attempt, second.status) == (2, PaymentStatus.CONFIRMED)
    assert second.end_to_end_id != failed.end_to_end_id
    assert world.tranche().status == TrancheStatus.PAID
    assert not Hold.objects.open().exists()
    assert world.bank.totals()["credited"] == 1
    assert ledger_identities() == []


@pytest.mark.usefixtures("failed")
def test_one_person_does_not_lift_the_hold_not_even_in_the_database(world: World) -> None:
    with pytest.raises(WrongStateError, match="“The bank rejected the payment” is not lifted by one person"):
        services.lift_hold(by=world.people.officer, hold=Hold.objects.open().get(), reason="It should work now.")
    with refused("grants_hold_failure_answered"):
        Hold.objects.update(lifted_at=core_now(), lifted_by=world.people.officer, lift_reason="All the same.")
    with refused(""):
        Hold.objects.update(reason=Hold.Reason.OFFICER)

    assert world.sweep() is None


def test_request_counts_for_the_failure_it_was_asked_after_and_for_no_later_one(world: World, failed: Payment) -> None:
    """Rejected, to be paid again, paid after all, and only then returned: that needs two people anew."""
    first = request_retry(by=world.checker, payment=failed, reason="Mended.")
    confirm_retry(by=world.releaser, request=first)
    line = unknown(Entry("B-1", -failed.total_pence, end_to_end_id=failed.end_to_end_id, reference="late"))[0]
    explain(world, line, Explanation(LineClearing.Kind.PAYMENT, payment=failed))
    take_statement(
        sequence=(number := BankStatement.objects.count() + 1),
        content=statement(
            Entry("B-2", failed.total_pence, end_to_end_id=failed.end_to_end_id, reference="x", reason="AC04"),
            sequence=number,
        ),
    )

    assert world.sweep() is None
    with refused("grants_hold_failure_answered"):
        Hold.objects.open().update(lifted_at=core_now(), lifted_by=world.people.officer, lift_reason="Asked before.")
    assert list(payments_to_retry()) == [failed]
    again = request_retry(by=world.checker, payment=failed, reason="Mended once more.")
    confirm_retry(by=world.releaser, request=again)
    with sealed():
        assert world.sweep() is not None
    assert ledger_identities() == []


def test_nobody_agrees_to_what_was_asked_before_something_else_came(world: World, failed: Payment) -> None:
    request = request_retry(by=world.checker, payment=failed, reason="Mended.")
    assert list(retries_to_confirm()) == [request]
    line = unknown(Entry("B-1", -failed.total_pence, reference="late"))[0]
    explain(world, line, Explanation(LineClearing.Kind.PAYMENT, payment=failed))

    assert list(retries_to_confirm()) == []
    with pytest.raises(WrongStateError, match="That payment is “paid” now"):
        confirm_retry(by=world.releaser, request=request)


def test_what_the_bank_took_money_for_is_not_tried_again_until_its_line_is_explained(claimed: World) -> None:
    """No hold says so: the line came while the payment was in a run, before it could count as not made."""
    payment = Payment.objects.get()
    taken, given = unknown(
        Entry("B-1", -payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="early"),
        Entry("B-2", payment.total_pence, reference="error of the bank"),
    )
    run = stop_run(by=claimed.checker, run=payment.run, reason="The bank took it already.")
    withdraw_run(by=claimed.releaser, run=run)
    services.lift_hold(by=claimed.people.officer, hold=Hold.objects.open().get(), reason="Asked.")

    assert claimed.sweep() is None
    explain(claimed, taken, Explanation(LineClearing.Kind.CANCELS, counter_line=given))
    assert claimed.sweep() is not None


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    """What the database refuses, by the name of what refuses it; a column that never changes has none."""
    with pytest.raises(IntegrityError) as error, acting("system:test", "tried"), transaction.atomic():
        yield
    assert constraint_of(error.value) == constraint


def test_one_person_is_not_two(world: World, failed: Payment) -> None:
    both = make_person("both", Role.PAYMENTS_OFFICER, Role.FINANCE_DIRECTOR)
    request = request_retry(by=both, payment=failed, reason="Again, please.")

    with pytest.raises(NotAllowedError, match="You asked for this"):
        confirm_retry(by=both, request=request)


def test_asking_and_agreeing_again_change_nothing(world: World, failed: Payment) -> None:
    first = request_retry(by=world.checker, payment=failed, reason="One.")
    second = request_retry(by=world.checker, payment=failed, reason="Two.")
    confirm_retry(by=world.releaser, request=first)
    again = confirm_retry(by=world.people.director, request=first)

    assert (first, second.reason) == (second, "One.")
    assert again.confirmed_by == world.releaser


def test_only_failed_payments_and_only_with_a_reason(world: World, failed: Payment) -> None:
    with pytest.raises(DomainError, match="needs a reason"):
        request_retry(by=world.checker, payment=failed, reason="")
    with pytest.raises(NotAllowedError):
        request_retry(by=world.releaser, payment=failed, reason="Not my part.")
    request = request_retry(by=world.checker, payment=failed, reason="Mended.")
    confirm_retry(by=world.releaser, request=request)
    run = world.sweep()
    assert run is not None
    with pytest.raises(WrongStateError, match="did not fail"):
        request_retry(by=world.checker, payment=run.payments.get(), reason="Hurry.")


@pytest.mark.usefixtures("paid")
def test_payment_that_two_try_again_goes_though_less_may_be_left_over_now(world: World) -> None:
    """How much goes was settled when it was released; a later rule never makes it vanish without a hold."""
    world.pay(2)
    report_year(world, world.tranche(3).grant_pence // 20)
    world.bank.misbehave(kind="reject")
    world.pay(3)
    with acting("system:test", "no margin any more"):
        Programme.objects.update(unspent_margin_basis_points=0)
    request = request_retry(by=world.checker, payment=Payment.objects.latest("pk"), reason="The account is mended.")
    confirm_retry(by=world.releaser, request=request)

    run = world.sweep()

    assert run is not None
    assert run.payments.get().tranche.number == 3
