"""Messages of the bank are taken in whole and once, or refused whole and kept with the reason."""

import pytest
from django.db import DatabaseError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.sandbox_bank.messages import Account as BankNumber
from cwf_portal.sandbox_bank.messages import Entry, Rejection, StatementOfDay, write_rejections, write_statement
from grants.domain.award import Strand
from grants.domain.ledger import Account, JournalKind, Purse
from grants.domain.postings import clawback_received
from grants.models import BankMessage, BankStatement, Hold, Journal, Payment, PaymentStatus, Source, StatementLine
from grants.selectors.days import today
from grants.selectors.ledger import held_on
from grants.services.posting import Entry as LedgerEntry
from grants.services.posting import post_journal
from grants.services.rejections import take_report
from grants.services.statements import fetch_messages, last_statement_sequence, take_statement
from tests.unit.grants.conftest import sealed
from tests.unit.grants.payment_world import World

APPLIED, REFUSED = BankMessage.Outcome.APPLIED, BankMessage.Outcome.REFUSED
OURS = BankNumber("000100", "00010001")


def statement(
    *entries: Entry, sequence: int = 2, opening_pence: int | None = None, account: BankNumber = OURS
) -> bytes:
    """The next statement after the one that brought the waves."""
    opened = BankStatement.objects.first().closing_pence if opening_pence is None else opening_pence
    return write_statement(StatementOfDay(sequence, today(), opened, entries), account).encode()


@pytest.fixture
def payment(released: World) -> Payment:
    """A payment that is with the bank."""
    return Payment.objects.get()


def debit(payment: Payment, number: int = 1, *, more_pence: int = 0) -> Entry:
    reference = f"00000002-{number:06d}"
    return Entry(reference, -payment.total_pence - more_pence, end_to_end_id=payment.end_to_end_id, reference="Sample")


def test_same_statement_again_changes_nothing(payment: Payment) -> None:
    content = statement(debit(payment))
    first = take_statement(sequence=2, content=content)
    journals = Journal.objects.count()

    again = take_statement(sequence=2, content=content)

    assert (first, first.outcome) == (again, APPLIED)
    assert Journal.objects.count() == journals


def test_same_number_with_other_content_is_refused_and_kept_once(payment: Payment) -> None:
    take_statement(sequence=2, content=statement(debit(payment)))
    other = statement(Entry("X", 5, reference="x"), opening_pence=0)

    messages = [take_statement(sequence=2, content=other) for _ in range(2)]

    assert messages[0] == messages[1]
    assert messages[0].problem == "Statement 2 was taken in before with other content."


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"sequence": 3}, "Statement 3 came after statement 1: 2 is missing."),
        ({"opening_pence": 5}, "The opening balance differs from the last closing balance by -11999999995 pence."),
        ({"account": BankNumber("000100", "00010002")}, "The statement is of account 00010002, which is not ours."),
    ],
)
def test_statement_that_does_not_follow_is_refused_whole(
    payment: Payment, changes: dict[str, object], problem: str
) -> None:
    content = statement(debit(payment), **changes)

    message = take_statement(sequence=int(changes.get("sequence", 2)), content=content)

    assert (message.outcome, message.problem) == (REFUSED, problem)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.INSTRUCTED
    assert last_statement_sequence() == 1


def test_statement_announced_under_another_number_is_refused(payment: Payment) -> None:
    message = take_statement(sequence=2, content=statement(debit(payment), sequence=7))

    assert message.problem == "The statement calls itself 7; 2 was announced."


def test_unreadable_statement_names_its_line_and_stops_those_after_it(world: World, payment: Payment) -> None:
    broken = statement(debit(payment)).replace(b"BOOK", b"PDNG")

    message = take_statement(sequence=2, content=broken)

    assert message.outcome == REFUSED
    assert message.problem.startswith("Line ")
    assert "is not booked" in message.problem
    assert not StatementLine.objects.filter(statement__sequence=2).exists()


def test_amount_off_by_a_penny_goes_to_suspense_and_the_payment_stays_unanswered(payment: Payment) -> None:
    take_statement(sequence=2, content=statement(debit(payment, more_pence=1)))

    line = StatementLine.objects.in_suspense().get()
    assert line.finding.startswith("Our payment of this reference is £")
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.INSTRUCTED
    assert held_on(Account.PAID) == 0


def test_second_debit_of_one_payment_is_not_ours(payment: Payment) -> None:
    take_statement(sequence=2, content=statement(debit(payment, 1), debit(payment, 2)))

    assert StatementLine.objects.in_suspense().get().finding == (
        "Our payment of this reference is “paid” already. "
        "Ask the bank to give this debit back: its credit then cancels this line."
    )
    assert held_on(Account.PAID) == payment.total_pence


def test_paid_and_returned_in_one_statement_ends_as_returned(payment: Payment) -> None:
    back = Entry("B", payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="x", reason="AC04")

    take_statement(sequence=2, content=statement(debit(payment), back))

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.RETURNED
    assert held_on(Account.PAID) == 0
    assert held_on(Account.PAYABLE) == payment.total_pence


def test_second_credit_of_one_wave_goes_to_suspense(world: World) -> None:
    take_statement(sequence=2, content=statement(Entry("Y", 700, reference="WAVE-dormant")))

    assert StatementLine.objects.in_suspense().get().amount_pence == 700


def test_lines_and_messages_are_append_only(world: World) -> None:
    for change in (
        lambda: StatementLine.objects.update(amount_pence=1),
        lambda: StatementLine.objects.all().delete(),
        lambda: BankMessage.objects.update(problem="x"),
        lambda: BankStatement.objects.update(closing_pence=1),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_report_of_a_payment_we_never_made_is_refused(payment: Payment) -> None:
    report = write_rejections(1, today(), [Rejection(payment.run.message_id, "x", "NOBODYS", "AC04")])

    message = take_report(sequence=1, content=report.encode())

    assert message.outcome == REFUSED
    assert "names NOBODYS, which is no payment of file" in message.problem


def test_report_twice_rejects_once_and_another_of_the_same_payment_says_nothing_new(payment: Payment) -> None:
    name = payment.run.message_id
    report = write_rejections(1, today(), [Rejection(name, "x", payment.end_to_end_id, "AC04")]).encode()
    take_report(sequence=1, content=report)
    take_report(sequence=1, content=report)
    late = write_rejections(2, today(), [Rejection(name, "x", payment.end_to_end_id, "AC01")]).encode()

    message = take_report(sequence=2, content=late)

    assert Journal.objects.filter(kind="rejected").count() == 1
    assert message.outcome == APPLIED
    assert Hold.objects.open().get().reason == Hold.Reason.REJECTED


def test_fetching_with_nothing_new_takes_a_query_for_each_kind(world: World, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(3):  # reports, notices, statements
        assert fetch_messages(bank=world.bank) == 0


def move_a_penny_away(payment: Payment) -> None:
    """What no service lets happen: a penny of what was paid is booked elsewhere."""
    take_statement(sequence=2, content=statement(debit(payment)))
    agreement = payment.tranche.agreement
    purse = Purse(
        Source.objects.get(code="dormant").pk, Strand.PLACE, agreement.allocation.neighbourhood_id, agreement.pk
    )
    moved = LedgerEntry(JournalKind.CLAWBACK_RECEIVED, "forced", clawback_received(purse, 1), today())
    with sealed():
        post_journal(by="system:test", entry=moved)


def test_line_that_breaks_another_rule_is_parked_with_its_name(payment: Payment) -> None:
    first = take_statement(sequence=2, content=statement(debit(payment)))
    with acting("system:test", "told as the bank never told it"):
        StatementLine.objects.create(
            statement=first.statement,
            position=99,
            bank_reference="forced",
            amount_pence=payment.total_pence,
            value_on=today(),
            match=StatementLine.Match.RETURNED,
            payment=payment,
            journal=Journal.objects.filter(statement_line=None).order_by("pk").first(),
        )
    back = Entry("B", payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="x", reason="AC04")

    with sealed():
        message = take_statement(sequence=3, content=statement(Entry("C", 5, reference="x"), back, sequence=3))

    assert message.outcome == APPLIED
    line = StatementLine.objects.get(bank_reference="B")
    assert line.finding == "The books refuse this line by their rule grants_statementline_match_once."
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.CONFIRMED
    assert not Hold.objects.open().exists()


def test_line_that_would_break_a_floor_is_parked_and_the_others_go(payment: Payment) -> None:
    move_a_penny_away(payment)
    back = Entry("B", payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="x", reason="AC04")

    with sealed():
        message = take_statement(
            sequence=3, content=statement(back, Entry("C", 5, reference="nobody knows"), sequence=3)
        )

    assert message.outcome == APPLIED
    found = dict(StatementLine.objects.filter(statement__sequence=3).values_list("bank_reference", "finding"))
    assert found["B"].startswith("The ledger does not hold what this line would take")
    assert set(StatementLine.objects.filter(statement__sequence=3).values_list("match", flat=True)) == {"suspense"}
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.CONFIRMED
    assert held_on(Account.SUSPENSE) == payment.total_pence + 5
    with sealed():
        assert take_statement(sequence=4, content=statement(sequence=4)).outcome == APPLIED
