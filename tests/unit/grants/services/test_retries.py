"""A failed payment is paid again only when two people say so, under a new reference."""

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.permissions import Role
from grants import services
from grants.errors import WrongStateError
from grants.models import Hold, Payment, PaymentStatus, Programme, TrancheStatus
from grants.selectors.checks import ledger_identities
from grants.services.retries import confirm_retry, request_retry
from tests.unit.grants.conftest import make_person, sealed
from tests.unit.grants.payment_world import World
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


def test_lifting_the_hold_alone_does_not_pay_again(world: World, failed: Payment) -> None:
    services.lift_hold(by=world.people.officer, hold=Hold.objects.open().get(), reason="It should work now.")

    assert world.sweep() is None
    assert Payment.objects.get() == failed


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
