"""Lines nobody knew are explained by two people, posted where they belong, and every penny stays in view."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.permissions import Role
from cwf_portal.sandbox_bank.messages import Entry
from grants.domain.ledger import Account
from grants.errors import WrongStateError
from grants.models import (
    BankStatement,
    Hold,
    Journal,
    LineClearing,
    LineGroup,
    Opinion,
    Payment,
    PaymentStatus,
    Source,
    StatementLine,
    Tranche,
    TrancheFunding,
    TrancheStatus,
)
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.selectors.ledger import held_on
from grants.selectors.payments import attempts
from grants.services.clearing import confirm_clearing, propose_clearing, refuse_clearing
from grants.services.clearing_checks import Explanation
from grants.services.holds import lift_hold
from grants.services.rejections import reject_payments
from grants.services.retries import confirm_retry, request_retry
from grants.services.runs import stop_run, withdraw_run
from grants.services.statements import take_statement
from tests.unit.grants.conftest import make_person, sealed
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_payment_story import cash_pence
from tests.unit.grants.services.test_statements import move_a_penny_away, statement

Kind = LineClearing.Kind


@pytest.fixture
def payment(released: World) -> Payment:
    """A payment that is with the bank."""
    return Payment.objects.get()


def unknown(*entries: Entry) -> list[StatementLine]:
    """Take a statement of lines without our reference; the lines in suspense, in order."""
    number = BankStatement.objects.count() + 1
    take_statement(sequence=number, content=statement(*entries, sequence=number))
    return list(StatementLine.objects.in_suspense().filter(statement__sequence=number).order_by("position"))


def explain(world: World, line: StatementLine, explanation: Explanation) -> LineClearing:
    """Two people, with the ledger's deferred rules checked at the end."""
    clearing = propose_clearing(by=world.checker, line=line, explanation=explanation, note="The bank rang back.")
    with sealed():
        return confirm_clearing(by=world.people.finance_manager, clearing=clearing)


def dormant() -> Source:
    return Source.objects.get(code="dormant")


def test_debit_without_our_reference_confirms_the_payment_when_two_people_say_so(
    world: World, payment: Payment
) -> None:
    line = unknown(Entry("B-1", -payment.total_pence, reference="BACS 4711"))[0]
    before_pence = cash_pence()

    explain(world, line, Explanation(Kind.PAYMENT, payment=payment))

    payment.refresh_from_db()
    assert (payment.status, payment.confirmed_on) == (PaymentStatus.CONFIRMED, line.value_on)
    assert world.tranche().status == TrancheStatus.PAID
    assert held_on(Account.PAID) == payment.total_pence
    assert held_on(Account.SUSPENSE) == 0
    assert cash_pence() == before_pence == BankStatement.objects.first().closing_pence
    assert not StatementLine.objects.in_suspense().exists()
    assert ledger_identities() == []


def test_bulk_debit_confirms_a_whole_file_by_its_total(wide_world: World) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    run = wide_world.sweep()
    assert run is not None
    wide_world.release(run)
    rejected = attempts(run.payments.all())[0]
    reject_payments(by="system:test", payments={rejected: "AC04"})
    owed_pence = run.payments.with_bank().total_pence()
    wrong, right = unknown(
        Entry("B-1", -run.total_pence, reference="BULK"), Entry("B-2", -owed_pence, reference="BULK")
    )

    with pytest.raises(DomainError, match="same to the penny"):
        explain(wide_world, wrong, Explanation(Kind.FILE, run=run))
    explain(wide_world, right, Explanation(Kind.FILE, run=run))

    assert sorted(run.payments.values_list("status", flat=True)) == ["confirmed", "confirmed", "rejected"]
    assert held_on(Account.PAID) == owed_pence
    assert ledger_identities() == []


@pytest.mark.usefixtures("paid")
def test_credit_without_our_reference_is_a_payment_that_came_back(world: World) -> None:
    payment = Payment.objects.get()
    line = unknown(Entry("B-1", payment.total_pence, reference="RETURNED CREDIT"))[0]

    explain(world, line, Explanation(Kind.RETURNED, payment=payment))

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.RETURNED
    assert world.tranche().status == TrancheStatus.PAYABLE
    assert Hold.objects.open().get().reason == Hold.Reason.RETURNED
    assert cash_pence() == BankStatement.objects.first().closing_pence
    assert ledger_identities() == []


def test_payment_that_counted_as_rejected_is_paid_after_all_and_its_holds_go(world: World, payment: Payment) -> None:
    reject_payments(by="system:test", payments={attempts(Payment.objects.all())[0]: "AC04"})
    debit = Entry("B-1", -payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="late")
    line = unknown(debit)[0]
    assert {hold.reason for hold in Hold.objects.open()} == {Hold.Reason.REJECTED, Hold.Reason.IN_DOUBT}
    assert "counts as “rejected by the bank”" in Hold.objects.open().get(reason=Hold.Reason.IN_DOUBT).detail

    explain(world, line, Explanation(Kind.PAYMENT, payment=payment))

    payment.refresh_from_db()
    assert (payment.status, payment.failed_on) == (PaymentStatus.CONFIRMED, None)
    assert not Hold.objects.open().exists()
    assert (held_on(Account.PAID), held_on(Account.PAYABLE)) == (payment.total_pence, 0)
    assert ledger_identities() == []


def reject_and_take_back_the_next_attempt(world: World, payment: Payment) -> None:
    """Rejected and to be paid again by two; the run of the second attempt is stopped, its money promised once more."""
    reject_payments(by="system:test", payments={attempts(Payment.objects.all())[0]: "AC04"})
    confirm_retry(by=world.releaser, request=request_retry(by=world.checker, payment=payment, reason="Mended."))
    run = world.sweep()
    assert run is not None
    withdraw_run(by=world.releaser, run=stop_run(by=world.checker, run=run, reason="The bank paid it after all."))
    assert world.tranche().status == TrancheStatus.COMMITTED


def test_payment_made_after_all_is_booked_though_its_next_attempt_was_taken_back(
    world: World, payment: Payment
) -> None:
    reject_and_take_back_the_next_attempt(world, payment)
    committed_pence = held_on(Account.COMMITTED)
    debit = Entry("B-1", -payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="late")

    explain(world, unknown(debit)[0], Explanation(Kind.PAYMENT, payment=payment))

    payment.refresh_from_db()
    assert (payment.status, world.tranche().status) == (PaymentStatus.CONFIRMED, TrancheStatus.PAID)
    assert (held_on(Account.PAID), held_on(Account.PAYABLE)) == (payment.total_pence, 0)
    assert held_on(Account.COMMITTED) == committed_pence - payment.total_pence
    assert ledger_identities() == []


def test_payment_made_after_all_is_not_booked_where_what_was_promised_changed(world: World, payment: Payment) -> None:
    reject_and_take_back_the_next_attempt(world, payment)
    with acting("system:test", "prices rose"):
        Tranche.objects.filter(pk=payment.tranche_id).update(uplift_pence=1)
        TrancheFunding.objects.create(
            tranche=payment.tranche, source=dormant(), entry=2, amount_pence=0, uplift_pence=1, contribution_pence=0
        )
    line = unknown(Entry("B-1", -payment.total_pence, reference="late"))[0]

    with pytest.raises(WrongStateError, match="has changed since it was rejected"):
        explain(world, line, Explanation(Kind.PAYMENT, payment=payment))


def test_doubt_goes_with_the_explanation_and_the_failure_stays_for_two_to_decide(
    world: World, payment: Payment
) -> None:
    reject_payments(by="system:test", payments={attempts(Payment.objects.all())[0]: "AC04"})
    taken, given = unknown(
        Entry("B-1", -payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="late"),
        Entry("B-2", payment.total_pence, reference="error of the bank"),
    )
    doubt = Hold.objects.open().get(reason=Hold.Reason.IN_DOUBT)
    with pytest.raises(WrongStateError, match="Two people must explain the bank’s line"):
        lift_hold(by=world.people.officer, hold=doubt, reason="I am sure.")
    with pytest.raises(IntegrityError, match="contradicts"), acting("system:test", "tried"), transaction.atomic():
        Hold.objects.filter(pk=doubt.pk).update(lifted_at=core_now(), lift_reason="I am sure.")

    explain(world, taken, Explanation(Kind.CANCELS, counter_line=given))

    assert [hold.reason for hold in Hold.objects.open()] == [Hold.Reason.REJECTED]


@pytest.mark.parametrize("kind", [Kind.INTEREST, Kind.OTHER_INCOME])
def test_income_becomes_free_money_of_its_source_by_strand(world: World, kind: LineClearing.Kind) -> None:
    free_pence = held_on(Account.FREE)
    line = unknown(Entry("B-1", 10_001, reference="GROSS INTEREST"))[0]

    explain(world, line, Explanation(kind, source=dormant()))

    assert held_on(Account.FREE) == free_pence + 10_001
    assert held_on(Account.SUSPENSE) == 0
    assert cash_pence() == BankStatement.objects.first().closing_pence


@pytest.mark.parametrize("kind", [Kind.BANK_FEE, Kind.RUNNING_COST])
def test_fee_or_cost_is_paid_from_the_running_strand(world: World, kind: LineClearing.Kind) -> None:
    free_pence = held_on(Account.FREE)
    line = unknown(Entry("B-1", -1_250, reference="ACCOUNT CHARGES"))[0]

    clearing = explain(world, line, Explanation(kind, source=dormant()))

    assert held_on(Account.FREE) == free_pence - 1_250
    assert Journal.objects.get(kind=kind.value).approver in (world.checker, None)
    assert clearing.journal is not None
    assert cash_pence() == BankStatement.objects.first().closing_pence


def test_announced_money_under_another_reference_is_matched_by_hand(world: World) -> None:
    wave = Source.objects.get(code="lottery").waves.get()
    line = unknown(Entry("B-1", 500, reference="NOT AS ANNOUNCED"))[0]

    with pytest.raises(WrongStateError, match="arrived already"):
        explain(world, line, Explanation(Kind.WAVE, wave=wave))


def test_two_lines_that_cancel_each_other_are_both_explained_and_post_nothing(world: World) -> None:
    taken, given = unknown(Entry("B-1", -700, reference="ERROR"), Entry("B-2", 700, reference="CORRECTION"))
    journals = Journal.objects.count()

    explain(world, taken, Explanation(Kind.CANCELS, counter_line=given))

    assert Journal.objects.count() == journals
    assert not StatementLine.objects.in_suspense().exists()
    assert set(StatementLine.objects.grouped().filter(pk__in=[taken.pk, given.pk]).values_list("group", flat=True)) == {
        LineGroup.BY_HAND
    }
    with pytest.raises(WrongStateError):
        explain(world, given, Explanation(Kind.CANCELS, counter_line=taken))


@pytest.mark.parametrize(
    ("pence", "explanation", "fact"),
    [
        (700, lambda payment: Explanation(Kind.PAYMENT, payment=payment), "Money came in"),
        (-700, lambda payment: Explanation(Kind.PAYMENT, payment=payment), "The payment is £.* the line is £7"),
        (-700, lambda payment: Explanation(Kind.INTEREST, source=dormant()), "Money came in"),
        (
            700,
            lambda _: Explanation(Kind.INTEREST, source=Source.objects.get(code="unidentified")),
            "Nothing is booked",
        ),
        (700, lambda payment: Explanation(Kind.RETURNED, payment=payment), "The payment is £"),
    ],
)
def test_explanation_that_cannot_be_true_is_refused(
    world: World, payment: Payment, pence: int, explanation: Callable[[Payment], Explanation], fact: str
) -> None:
    line = unknown(Entry("B-1", pence, reference="?"))[0]

    with pytest.raises(DomainError, match=fact):
        propose_clearing(by=world.checker, line=line, explanation=explanation(payment), note="Sure.")
    assert not LineClearing.objects.exists()


def test_one_person_is_not_two_and_double_clicks_count_once(world: World) -> None:
    line = unknown(Entry("B-1", 900, reference="?"))[0]
    said = Explanation(Kind.INTEREST, source=dormant())
    first = propose_clearing(by=world.checker, line=line, explanation=said, note="Letter.")

    assert propose_clearing(by=world.checker, line=line, explanation=said, note="Letter.") == first
    with pytest.raises(WrongStateError, match="somebody has proposed"):
        propose_clearing(by=world.people.finance_manager, line=line, explanation=said, note="Me too.")
    with pytest.raises(NotAllowedError, match="You explained this line"):
        confirm_clearing(by=world.checker, clearing=first)
    confirm_clearing(by=world.people.finance_manager, clearing=first)
    confirm_clearing(by=world.people.finance_manager, clearing=first)
    assert Journal.objects.filter(kind="interest").count() == 1


def test_refused_explanation_leaves_the_line_unexplained_and_another_may_follow(world: World) -> None:
    line = unknown(Entry("B-1", 900, reference="?"))[0]
    first = propose_clearing(
        by=world.checker, line=line, explanation=Explanation(Kind.INTEREST, source=dormant()), note="Guess."
    )
    refuse_clearing(by=world.people.finance_manager, clearing=first, reason="It was a gift.")

    assert StatementLine.objects.grouped().get(pk=line.pk).group == LineGroup.UNEXPLAINED
    with pytest.raises(WrongStateError, match="“refused” already"):
        confirm_clearing(by=world.people.finance_manager, clearing=first)
    explain(world, line, Explanation(Kind.OTHER_INCOME, source=dormant()))
    assert StatementLine.objects.grouped().get(pk=line.pk).group == LineGroup.BY_HAND


def test_only_those_who_may_and_only_with_a_reason(world: World) -> None:
    line = unknown(Entry("B-1", 900, reference="?"))[0]
    said = Explanation(Kind.INTEREST, source=dormant())

    with pytest.raises(NotAllowedError):
        propose_clearing(by=make_person("auditor", Role.AUDITOR), line=line, explanation=said, note="x")
    with pytest.raises(DomainError, match="needs its reason"):
        propose_clearing(by=world.checker, line=line, explanation=said, note=" ")
    clearing = propose_clearing(by=world.checker, line=line, explanation=said, note="x")
    with pytest.raises(DomainError, match="needs a reason"):
        refuse_clearing(by=world.checker, clearing=clearing, reason="")


def test_what_was_said_of_a_line_is_never_rewritten(world: World) -> None:
    line = unknown(Entry("B-1", 900, reference="?"))[0]
    propose_clearing(by=world.checker, line=line, explanation=Explanation(Kind.INTEREST, source=dormant()), note="x")

    for change in (lambda: LineClearing.objects.update(note="y"), lambda: LineClearing.objects.all().delete()):
        with pytest.raises(IntegrityError), acting("system:test", "tried"), transaction.atomic():
            change()


def test_payment_confirmed_by_hand_is_not_confirmed_again_by_a_later_line(world: World, payment: Payment) -> None:
    line = unknown(Entry("B-1", -payment.total_pence, reference="?"))[0]
    explain(world, line, Explanation(Kind.PAYMENT, payment=payment))
    world.go_to(today() + timedelta(days=1))

    late = unknown(Entry("B-2", -payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="again"))

    assert [one.finding.split(". ")[0] for one in late] == ["Our payment of this reference is “paid” already"]
    assert held_on(Account.PAID) == payment.total_pence
    assert ledger_identities() == []


def test_explanation_that_would_break_a_floor_is_refused_in_words_and_nothing_is_lost(
    world: World, payment: Payment
) -> None:
    """The payment comes back after a penny of it was booked elsewhere; two people call the line what it is."""
    move_a_penny_away(payment)
    back = Entry("B", payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="x", reason="AC04")
    with sealed():
        take_statement(sequence=3, content=statement(back, sequence=3))
    line = StatementLine.objects.get(bank_reference="B")
    said = Explanation(Kind.RETURNED, payment=payment)
    clearing = propose_clearing(by=world.checker, line=line, explanation=said, note="The bank's letter.")
    before = Journal.objects.count(), held_on(Account.SUSPENSE)

    with pytest.raises(ConflictError, match="does not hold what this explanation would take"), sealed():
        confirm_clearing(by=world.people.finance_manager, clearing=clearing)

    assert (Journal.objects.count(), held_on(Account.SUSPENSE)) == before
    payment.refresh_from_db()
    clearing.refresh_from_db()
    assert (payment.status, clearing.status) == (PaymentStatus.CONFIRMED, Opinion.PROPOSED)
    refuse_clearing(by=world.people.finance_manager, clearing=clearing, reason="The books say otherwise.")
    explain(world, line, Explanation(Kind.OTHER_INCOME, source=dormant()))
    assert held_on(Account.SUSPENSE) == 0
