"""Every kind of difference is found when it is forged, by itself; in a sound world there is none."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connections
from django.test.utils import CaptureQueriesContext

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from cwf_portal.core.permissions import Role
from grants.models import BankStatement, Pause, Payment, StatementLine, Tranche
from grants.reconciler import Kind, Limits, Outcome, reconcile
from grants.selectors.days import today
from tests.unit.grants.conftest import make_person
from tests.unit.grants.paid_books import Forge

SECOND_DEBIT = """
INSERT INTO grants_statementline (statement_id, position, bank_reference, amount_pence, value_on, end_to_end_id,
    reference, reason_code, match, finding, journal_id)
SELECT statement_id, position + 100, 'again', amount_pence, value_on, {reference}, '', '', 'suspense', 'paid before',
    (SELECT min(id) FROM grants_journal WHERE kind = 'accepted')
  FROM grants_statementline WHERE match = 'confirmed' ORDER BY id LIMIT 1
"""
EMPTY_FILE = "UPDATE grants_paymentfile SET content = regexp_replace(convert_from(content, 'UTF8'), %s, %s)::bytea"


def kinds(found: Outcome) -> set[Kind]:
    return {one.kind for one in found.differences}


def look(**limits: int) -> Outcome:
    return reconcile(day=today(), limits=Limits(**limits))


def test_world_that_paid_properly_has_no_difference_and_its_sums_by_source(books: None) -> None:
    found = look()

    assert found.differences == ()
    assert [one.source for one in found.sources] == ["Forgotten accounts", "Lottery match"]
    assert sum(one.paid_pence for one in found.sources) == Payment.objects.total_pence()
    assert all(
        (one.due_pence, one.due_count) == (one.paid_pence, one.paid_count) == (one.due_pence, 2)
        for one in found.sources
    )
    assert found.bank_pence == found.ledger_pence == BankStatement.objects.latest("sequence").closing_pence


ON_THE_SCHEDULE: list[tuple[Kind, str, str, tuple[object, ...]]] = [
    (Kind.PAID_TWICE, "grants_statementline", SECOND_DEBIT.format(reference="end_to_end_id"), ()),
    (Kind.NOT_ASKED, "grants_statementline", SECOND_DEBIT.format(reference="'STRANGER'"), ()),
    (
        Kind.PAID_NOT_DUE,
        "grants_tranche",
        "UPDATE grants_tranche SET process_on = due_on + 30, due_on = due_on + 40 WHERE number = 1",
        (),
    ),
    (Kind.AMOUNT_DIFFERS, "grants_payment", "UPDATE grants_payment SET amount_pence = amount_pence + 1", ()),
    (
        Kind.AMOUNT_DIFFERS,
        "grants_tranche",
        "UPDATE grants_tranche SET amount_pence = amount_pence + 1 WHERE number = 7",
        (),
    ),
    (
        Kind.AMOUNT_DIFFERS,
        "grants_trancheFunding",
        "UPDATE grants_tranchefunding SET amount_pence = amount_pence - 1",
        (),
    ),
    (Kind.ACCOUNT_DIFFERS, "grants_payment", "UPDATE grants_payment SET account_number = '99999999'", ()),
    (Kind.STATE_DIFFERS, "grants_tranche", "UPDATE grants_tranche SET status = 'committed' WHERE number = 1", ()),
    (Kind.STATE_DIFFERS, "grants_tranche", "UPDATE grants_tranche SET status = 'paid' WHERE number = 9", ()),
    (
        Kind.CASH_DIFFERS,
        "grants_posting",
        "UPDATE grants_posting SET amount_pence = amount_pence + 1 WHERE account = 'cash' AND amount_pence > 0",
        (),
    ),
    (
        Kind.LINE_DIFFERS,
        "grants_posting",
        "UPDATE grants_posting SET amount_pence = amount_pence - 5 WHERE account = 'cash' AND amount_pence < 0",
        (),
    ),
    (
        Kind.PAID_DIFFERS,
        "grants_posting",
        "UPDATE grants_posting SET amount_pence = amount_pence - 1 WHERE account = 'paid'",
        (),
    ),
    (Kind.LINE_DIFFERS, "grants_statementline", "UPDATE grants_statementline SET value_on = value_on + 1", ()),
    (
        Kind.LINE_DIFFERS,
        "grants_bankstatement",
        "UPDATE grants_bankstatement SET closing_pence = closing_pence + 1",
        (),
    ),
    (Kind.STATEMENT_GAP, "grants_bankstatement", "UPDATE grants_bankstatement SET sequence = 9 WHERE sequence = 2", ()),
    (
        Kind.STATEMENT_GAP,
        "grants_bankstatement",
        "UPDATE grants_bankstatement SET opening_pence = 1 WHERE sequence = 2",
        (),
    ),
    (Kind.AMOUNT_DIFFERS, "grants_paymentfile", EMPTY_FILE, ('<InstdAmt Ccy="GBP">[0-9]+', '<InstdAmt Ccy="GBP">1')),
    (Kind.ACCOUNT_DIFFERS, "grants_paymentfile", EMPTY_FILE, ("1111000[0-9]", "99999999")),
]


ALIKE = """
WITH changed AS (UPDATE grants_tranche SET {column} = {column} + 700 WHERE number = 7 RETURNING id)
UPDATE grants_tranchefunding AS f SET {column} = f.{column} + 700
  FROM (SELECT min(f.id) AS id FROM grants_tranchefunding AS f JOIN changed ON changed.id = f.tranche_id
         GROUP BY f.tranche_id) AS first WHERE f.id = first.id
"""
TRADED = """
WITH pair AS (
    SELECT f.id, CASE number WHEN 7 THEN 700 ELSE -700 END AS more, t.id AS tranche_id FROM grants_tranche AS t
      JOIN LATERAL (SELECT id FROM grants_tranchefunding WHERE tranche_id = t.id ORDER BY id LIMIT 1) AS f ON true
     WHERE t.number IN (7, 8)),
     changed AS (UPDATE grants_tranche AS t SET amount_pence = amount_pence + more FROM pair WHERE t.id = tranche_id)
UPDATE grants_tranchefunding AS f SET amount_pence = amount_pence + more FROM pair WHERE f.id = pair.id
"""
AGAINST_WHAT_WAS_AGREED: list[tuple[Kind, str, str]] = [
    (Kind.AGREEMENT_DIFFERS, "grants_tranche", ALIKE.format(column="amount_pence")),
    (Kind.SCHEDULE_DIFFERS, "grants_tranche", ALIKE.format(column="amount_pence")),
    (Kind.AGREEMENT_DIFFERS, "grants_tranche", ALIKE.format(column="contribution_pence")),
    (Kind.SCHEDULE_DIFFERS, "grants_tranche", TRADED),
    (Kind.LEDGER_DIFFERS, "grants_tranche", ALIKE.format(column="uplift_pence")),
    (
        Kind.SCHEDULE_DIFFERS,
        "grants_tranche",
        "UPDATE grants_tranche SET process_on = process_on - 7, due_on = due_on - 7 WHERE number = 7",
    ),
    (Kind.SCHEDULE_DIFFERS, "grants_tranche", "UPDATE grants_tranche SET process_on = process_on - 7 WHERE number = 7"),
    (Kind.AGREEMENT_DIFFERS, "grants_agreement", "UPDATE grants_agreement SET amount_pence = amount_pence + 1"),
    (
        Kind.AGREEMENT_DIFFERS,
        "grants_agreementfunding",
        "UPDATE grants_agreementfunding SET amount_pence = amount_pence - 5",
    ),
    (
        Kind.LEDGER_DIFFERS,
        "grants_posting",
        "UPDATE grants_posting SET amount_pence = amount_pence + 1 WHERE account = 'pledged' AND agreement_id > 0",
    ),
]


@pytest.mark.parametrize(("kind", "table", "statement"), AGAINST_WHAT_WAS_AGREED)
def test_rows_forged_alike_differ_from_what_was_agreed(forge: Forge, kind: Kind, table: str, statement: str) -> None:
    forge("grants_tranchefunding", "SELECT 1")

    forge(table, statement)

    found = look()
    assert kind in kinds(found)
    assert all(one.sentence for one in found.differences)


@pytest.mark.parametrize(("kind", "table", "statement", "values"), ON_THE_SCHEDULE)
def test_forged_row_is_found(forge: Forge, kind: Kind, table: str, statement: str, values: tuple[object, ...]) -> None:
    forge(table, statement, *values)

    found = look()

    assert kind in kinds(found)
    assert all(one.sentence for one in found.differences)
    assert not any("99999999" in one.sentence for one in found.differences)  # pages show no whole account number


def test_duplicate_debit_names_the_payment_and_both_sums(forge: Forge) -> None:
    forge("grants_statementline", SECOND_DEBIT.format(reference="end_to_end_id"))

    twice = next(one for one in look().differences if one.kind == Kind.PAID_TWICE)

    assert twice.found_pence == 2 * (twice.expected_pence or 0)
    assert " payment 1: £" in twice.sentence


def test_payment_that_no_message_answers_is_found_once_its_patience_is_over(forge: Forge) -> None:
    forge("grants_statementline", "DELETE FROM grants_statementline WHERE match = 'confirmed'")
    day = Payment.objects.first().arrive_on  # type: ignore[union-attr]

    early = reconcile(day=day + timedelta(days=3), limits=Limits(answered=3))
    late = reconcile(day=day + timedelta(days=4), limits=Limits(answered=3))

    assert Kind.UNANSWERED not in kinds(early)
    assert Kind.UNANSWERED in kinds(late)
    assert Kind.STATE_DIFFERS in kinds(early)  # the portal says confirmed, no line does


def test_payment_that_is_due_and_never_sent_is_found_and_a_held_one_is_not(forge: Forge) -> None:
    advance_clock(by=timedelta(days=190))  # the second payment's day has passed, and no sweep came
    due = Tranche.objects.filter(number=2)
    before = [one for one in look().differences if one.kind == Kind.NOT_INSTRUCTED]
    forge(
        "grants_hold",
        "INSERT INTO grants_hold (agreement_id, tranche_id, reason, detail, lift_reason)"
        " SELECT agreement_id, id, 'report', 'missing', '' FROM grants_tranche WHERE id = %s",
        due[0].pk,
    )
    held = [one for one in look().differences if one.kind == Kind.NOT_INSTRUCTED]
    forge(
        "grants_hold",
        "INSERT INTO grants_hold (agreement_id, reason, detail, lift_reason)"
        " SELECT agreement_id, 'report', 'missing', '' FROM grants_tranche WHERE id = %s",
        due[1].pk,
    )

    assert len(before) == 2
    assert len(held) == 1
    assert Kind.NOT_INSTRUCTED not in kinds(look())


def test_paused_payment_is_not_expected_to_go(books: None) -> None:
    advance_clock(by=timedelta(days=190))
    person = make_person("manager", Role.FINANCE_MANAGER)
    before = kinds(look())
    with acting("system:test", "paused payments"):
        Pause.objects.create(scope="everything", reason="A doubt.", placed_by=person)

    assert Kind.NOT_INSTRUCTED in before
    assert Kind.NOT_INSTRUCTED not in kinds(look())


def test_unexplained_line_is_found_when_it_has_stayed_too_long(books: None) -> None:
    line = StatementLine.objects.in_suspense().get()

    on_time = reconcile(day=line.value_on + timedelta(days=10), limits=Limits(explained=10))
    late = reconcile(day=line.value_on + timedelta(days=11), limits=Limits(explained=10))

    assert Kind.SUSPENSE_OLD not in kinds(on_time)
    assert [one.sentence for one in late.differences if one.kind == Kind.SUSPENSE_OLD][0].startswith("Line 2/1: £50.00")


def test_message_that_cannot_be_read_again_is_said_and_the_rest_still_checked(forge: Forge) -> None:
    forge("grants_bankmessage", "UPDATE grants_bankmessage SET content = 'gone' WHERE sequence = 2")

    found = [one for one in look().differences if one.kind == Kind.LINE_DIFFERS]

    assert [one.subject for one in found] == ["Statement 2"]
    assert "cannot be read again" in found[0].sentence


def test_number_of_queries_does_not_depend_on_the_history(books: None, forge: Forge) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connections["reader"]) as context:
            look()
        return len(context)

    before = asked()
    forge("grants_statementline", SECOND_DEBIT.format(reference="end_to_end_id"))

    assert asked() == before
    assert before <= 20


def test_reader_cannot_write(books: None) -> None:
    reader = connections["reader"]
    with pytest.raises(DatabaseError, match="permission denied"), reader.cursor() as cursor:
        cursor.execute("INSERT INTO grants_reconciliationreport DEFAULT VALUES")
    with pytest.raises(DatabaseError, match="permission denied"), reader.cursor() as cursor:
        cursor.execute("UPDATE grants_payment SET attempt = attempt")
