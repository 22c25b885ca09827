"""The bank gives a payment back and debits it again: it stands, once, whatever was begun meanwhile."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.alarms import alarms_for
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.sandbox_bank.messages import Entry
from grants.domain.ledger import JournalKind
from grants.errors import WrongStateError
from grants.models import (
    BankMessage,
    BankStatement,
    Hold,
    LineClearing,
    Payment,
    PaymentStatus,
    RetryRequest,
    StatementLine,
    TrancheStatus,
)
from grants.presenters.payments import payment_state
from grants.reconciler.queries import BALANCES, TRANCHES
from grants.selectors.checks import ledger_identities
from grants.selectors.payments import attempts
from grants.selectors.retries import payments_to_retry
from grants.services.claim import claim_due
from grants.services.clearing import confirm_clearing, propose_clearing
from grants.services.clearing_checks import Explanation
from grants.services.payment_entries import payment_entry
from grants.services.posting import constraint_of, post_journals
from grants.services.retries import confirm_retry, request_retry
from grants.services.runs import stop_run, withdraw_run
from grants.services.statements import take_statement
from tests.unit.grants.conftest import sealed
from tests.unit.grants.payment_world import World, its_bank_goes_on, teller
from tests.unit.grants.reconciler.lived_again import asked, bulk_evidence, schedule_differences
from tests.unit.grants.services.test_statements import statement
from tests.unit.grants.test_races import at_once

Match = StatementLine.Match
DAY = date(2026, 6, 1)


def tell(*entries: Entry) -> None:
    """The bank's next statement."""
    number = BankStatement.objects.latest("sequence").sequence + 1
    message = take_statement(sequence=number, content=statement(*entries, sequence=number))
    assert message.outcome == BankMessage.Outcome.APPLIED, message.problem


def back(payment: Payment, name: str = "BACK") -> Entry:
    return Entry(name, payment.total_pence, end_to_end_id=payment.end_to_end_id, reason="AC04")


def taken_back(payment: Payment, name: str = "AGAIN", *, reason: str = "AM05") -> Entry:
    return Entry(name, -payment.total_pence, end_to_end_id=payment.end_to_end_id, reason=reason)


def agree_to_retry(world: World, payment: Payment) -> RetryRequest:
    request = request_retry(by=world.checker, payment=payment, reason="The account was closed; this is the new one.")
    return confirm_retry(by=world.releaser, request=request)


def fresh(payment: Payment) -> Payment:
    return Payment.objects.select_related("tranche").get(pk=payment.pk)


def refused(change: Callable[[], object]) -> str | None:
    """The rule of the database that refuses it."""
    with acting("system:test", "tried"), pytest.raises(IntegrityError) as caught, transaction.atomic():
        change()
    return constraint_of(caught.value)


def differences() -> list[object]:
    """What the daily check says of payments and cash."""
    wanted = {"instructed_by": date(2020, 1, 1), **bulk_evidence()}
    return [*asked(TRANCHES, wanted), *asked(BALANCES, wanted), *schedule_differences(), *ledger_identities()]


@pytest.fixture
def payment(world: World, paid: World) -> Payment:
    """A payment that the organisation has, or had."""
    return Payment.objects.get()


def test_payment_stands_once_the_bank_takes_its_return_back(world: World, payment: Payment) -> None:
    tell(back(payment))
    assert Hold.objects.open().filter(reason="returned").exists()

    with sealed():
        tell(taken_back(payment))

    payment = fresh(payment)
    assert (payment.status, payment.turn, payment.tranche.status) == ("confirmed", 2, TrancheStatus.PAID)
    assert payment_state(payment).text == "Paid; the bank took its return back"
    assert StatementLine.objects.get(bank_reference="AGAIN").match == Match.STANDS
    assert not Hold.objects.open().exists()
    assert not payments_to_retry().exists()
    assert claim_due(at=core_now()) is None
    assert differences() == []


def test_what_comes_back_once_more_is_agreed_upon_anew(world: World, payment: Payment) -> None:
    """The first agreement to pay again was about the first return."""
    tell(back(payment))
    agree_to_retry(world, payment)
    tell(taken_back(payment))

    with sealed():
        tell(back(payment, "BACK-2"))

    payment = fresh(payment)
    assert (payment.status, payment.tranche.status) == ("returned", TrancheStatus.PAYABLE)
    assert claim_due(at=core_now()) is None
    assert payments_to_retry().get() == payment
    lifted = {"lifted_at": core_now(), "lifted_by": world.people.officer, "lift_reason": "Agreed to once."}
    assert refused(lambda: Hold.objects.open().update(**lifted)) == "grants_hold_failure_answered"
    with pytest.raises(IntegrityError, match="never changes"), acting("system:test", "tried"), transaction.atomic():
        RetryRequest.objects.update(turn=2)
    agree_to_retry(world, payment)
    assert claim_due(at=core_now()) is not None
    assert RetryRequest.objects.count() == 2
    assert differences() == []


def test_out_and_back_and_out_and_back_on_one_statement(world: World, released: World) -> None:
    payment = Payment.objects.get()
    out = Entry("OUT", -payment.total_pence, end_to_end_id=payment.end_to_end_id)

    with sealed():
        tell(out, back(payment), taken_back(payment), back(payment, "BACK-2"))

    payment = fresh(payment)
    assert (payment.status, payment.turn) == (PaymentStatus.RETURNED, 2)
    matches = StatementLine.objects.filter(payment=payment).order_by("position")
    assert list(matches.values_list("match", flat=True)) == ["confirmed", "returned", "stands", "returned"]
    assert Hold.objects.open().get().reason == Hold.Reason.RETURNED
    assert differences() == []


def test_payment_on_its_way_again_is_stopped_and_left_to_two_people(world: World, payment: Payment) -> None:
    tell(back(payment))
    agree_to_retry(world, payment)
    run = claim_due(at=core_now())
    assert run is not None

    with sealed():
        tell(taken_back(payment))

    line = StatementLine.objects.get(bank_reference="AGAIN")
    assert (line.match, fresh(payment).status) == ("suspense", "returned")
    assert "Ask the bank for one of both." in line.finding
    assert [one.title for one in alarms_for(world.checker)][0].startswith("The bank took £")
    with pytest.raises(DomainError, match="Every payment of this run is held"):
        world.release(run)
    stop_run(by=world.checker, run=run, reason="The first attempt stands.")
    withdraw_run(by=world.releaser, run=run)
    said = Explanation(LineClearing.Kind.PAYMENT, payment=payment)
    clearing = propose_clearing(by=world.checker, line=line, explanation=said, note="The bank's letter of 3 May.")
    with sealed():
        confirm_clearing(by=world.people.finance_manager, clearing=clearing)
    assert (fresh(payment).status, fresh(payment).turn) == ("confirmed", 2)
    assert differences() == []


def test_second_payment_that_left_already_is_never_explained_away(world: World, payment: Payment) -> None:
    tell(back(payment))
    agree_to_retry(world, payment)
    run = claim_due(at=core_now())
    assert run is not None
    world.release(run)
    tell(taken_back(payment))
    line = StatementLine.objects.get(bank_reference="AGAIN")

    said = Explanation(LineClearing.Kind.PAYMENT, payment=payment)
    with pytest.raises(WrongStateError, match="is being paid again"):
        propose_clearing(by=world.checker, line=line, explanation=said, note="A letter.")


def test_debit_that_does_not_say_what_it_is_waits_for_two_people(world: World, payment: Payment) -> None:
    """It may be the return taken back, or the bank's error: only its letter tells."""
    tell(back(payment))
    tell(taken_back(payment, reason=""))
    line = StatementLine.objects.get(bank_reference="AGAIN")
    assert line.match == "suspense"
    assert Hold.objects.open().filter(reason="in_doubt").exists()

    said = Explanation(LineClearing.Kind.PAYMENT, payment=payment)
    clearing = propose_clearing(by=world.checker, line=line, explanation=said, note="The bank's letter of 3 May.")
    with sealed():
        confirm_clearing(by=world.people.finance_manager, clearing=clearing)

    assert (fresh(payment).status, fresh(payment).turn) == ("confirmed", 2)
    assert not Hold.objects.open().exists()
    assert differences() == []


def test_database_lets_a_turn_end_only_when_a_return_is_taken_back(payment: Payment) -> None:
    def change(**values: object) -> str | None:
        return refused(lambda: Payment.objects.filter(pk=payment.pk).update(**values))

    stands = {"status": "confirmed", "failed_on": None, "reason_code": ""}
    tell(back(payment))
    assert (change(turn=2), change(**stands)) == ("grants_payment_turn_follows",) * 2
    tell(taken_back(payment))
    tell(back(payment, "BACK-2"))

    assert change(**stands) == "grants_payment_turn_follows"  # the turn that ended once does not end again


def test_database_lets_no_turn_stay_behind_what_the_ledger_says(payment: Payment) -> None:
    tell(back(payment))
    (attempt,) = attempts(Payment.objects.all())
    steps = ((JournalKind.RETURN_REVERSED, 2), (JournalKind.RETURNED, 2), (JournalKind.RETURN_REVERSED, 3))
    entries = [payment_entry(kind, attempt, effective_on=DAY, turn=turn) for kind, turn in steps]
    post_journals(by="system:test", entries=entries)
    stands = {"status": "confirmed", "failed_on": None, "reason_code": ""}

    behind = refused(lambda: Payment.objects.update(turn=2, **stands))

    assert behind == "grants_payment_turn_follows"
    with acting("system:test", "the bank said it twice"):
        assert Payment.objects.update(turn=3, **stands) == 1


@pytest.fixture
def returned(committed_beginning: Callable[..., World], tmp_path: Path) -> Iterator[World]:
    """A world that commits: a payment came back, and two people have agreed to pay it again."""
    world = committed_beginning("paid", teller("paid", then=World.pay))
    with its_bank_goes_on(world, "paid", tmp_path):
        payment = Payment.objects.get()
        tell(back(payment))
        agree_to_retry(world, payment)
        yield world


def test_claim_and_a_return_taken_back_at_once_never_both_pay(returned: World) -> None:
    payment = Payment.objects.get()

    results = at_once(lambda: claim_due(at=core_now()), lambda: tell(taken_back(payment)))

    assert not [one for one in results if isinstance(one, Exception)]
    assert Payment.objects.live().count() == 1
    if payment.tranche.payments.count() == 2:  # the claim was first: the line says what is wrong, and nothing leaves
        assert StatementLine.objects.get(bank_reference="AGAIN").match == "suspense"
        assert Hold.objects.open().filter(reason="in_doubt").exists()
    else:
        assert fresh(payment).status == "confirmed"
    assert differences() == [] or payment.tranche.payments.count() == 2
