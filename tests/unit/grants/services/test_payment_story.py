"""A payment's whole way through a real bank: what the ledger, the bank and the place say at each step."""

from datetime import timedelta

import pytest

from grants.domain.ledger import Account
from grants.models import BankStatement, Hold, Payment, PaymentStatus, Posting, StatementLine, TrancheStatus
from grants.selectors.checks import broken_seals, ledger_identities
from grants.selectors.ledger import held_on
from neighbourhoods.models import Event
from tests.unit.grants.conftest import sealed
from tests.unit.grants.payment_world import World


def cash_pence() -> int:
    return Posting.objects.filter(account=Account.CASH.value).balance_pence()


def test_wave_is_posted_from_the_banks_line_and_not_before(world: World) -> None:
    assert cash_pence() == BankStatement.objects.first().closing_pence == 2 * 60_000_000 * 100
    assert list(StatementLine.objects.values_list("match", flat=True)) == ["wave", "wave"]


def test_payment_goes_from_due_to_confirmed_exactly_once(world: World) -> None:
    total_pence = world.tranche().total_pence

    with sealed():
        world.pay()

    payment = Payment.objects.get()
    assert (payment.status, payment.total_pence) == (PaymentStatus.CONFIRMED, total_pence)
    assert world.tranche().status == TrancheStatus.PAID
    assert held_on(Account.PAID) == total_pence
    assert cash_pence() == BankStatement.objects.first().closing_pence
    assert world.bank.totals()["paid_pence"] == total_pence
    assert ledger_identities() == []
    assert list(broken_seals()) == []
    event = Event.objects.get(key=f"grants:payment:{world.tranche().pk}")
    assert event.done_at is not None


@pytest.mark.usefixtures("paid")
def test_one_bank_payment_carries_every_source_and_the_contribution(world: World) -> None:
    paid = Posting.objects.filter(account=Account.PAID.value, journal__kind="confirmed")
    funding = world.tranche().funding.all()
    assert len(funding) == 2
    assert sorted(-posting.amount_pence for posting in paid) == sorted(
        pence for one in funding for pence in (one.amount_pence, one.contribution_pence)
    )
    assert StatementLine.objects.filter(match="confirmed").get().amount_pence == -world.tranche().total_pence


@pytest.mark.usefixtures("paid")
def test_second_payment_follows_half_a_year_later(world: World) -> None:
    world.pay(2)

    assert Payment.objects.filter(status=PaymentStatus.CONFIRMED).count() == 2
    assert ledger_identities() == []


def test_rejected_payment_is_payable_again_and_held_in_words(world: World) -> None:
    world.bank.misbehave(kind="reject", reason="AC04")

    with sealed():
        world.pay()

    assert Payment.objects.get().status == PaymentStatus.REJECTED
    assert world.tranche().status == TrancheStatus.PAYABLE
    hold = Hold.objects.open().get()
    assert hold.reason == Hold.Reason.REJECTED
    assert hold.detail.startswith("The bank’s reason: the account is closed. Find out why")
    assert world.bank.totals()["credited"] == 0
    assert ledger_identities() == []


def test_returned_payment_comes_back_into_cash_and_is_held(world: World) -> None:
    world.bank.misbehave(kind="return", days=3, reason="AC01")
    before_pence = cash_pence()
    world.pay()
    paid_pence = cash_pence()

    with sealed():
        world.let_bank_live(world.tranche().due_on + timedelta(days=3))

    assert paid_pence == before_pence - world.tranche().total_pence
    assert cash_pence() == before_pence == BankStatement.objects.first().closing_pence
    assert Payment.objects.get().status == PaymentStatus.RETURNED
    assert world.tranche().status == TrancheStatus.PAYABLE
    assert "the account number is wrong" in Hold.objects.open().get().detail
    assert Event.objects.get(key=f"grants:payment:{world.tranche().pk}").done_at is None
    assert ledger_identities() == []


def test_line_nobody_knows_goes_to_suspense_and_cash_still_meets_the_bank(world: World) -> None:
    world.bank.credit(reference="LEGACY OF A STRANGER", amount_pence=12_345, on=world.tranche().process_on)

    with sealed():
        world.pay()

    line = StatementLine.objects.in_suspense().get()
    assert (line.amount_pence, line.reference) == (12_345, "LEGACY OF A STRANGER")
    assert line.finding == "The reference is neither a payment of ours nor announced money."
    assert held_on(Account.SUSPENSE) == 12_345
    assert cash_pence() == BankStatement.objects.first().closing_pence
    assert ledger_identities() == []
