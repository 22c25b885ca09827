"""Every journal is checked at commit, with all that its transaction added, and nobody gets round it."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction

from grants.domain.award import Strand
from grants.domain.ledger import Account, JournalKind, Purse
from grants.models import Journal
from grants.services import Entry, post_journal
from tests.unit.grants.conftest import People
from tests.unit.grants.services.test_posting import ON, bare_journal, dormant, insert, refused_at_commit

pytestmark = pytest.mark.django_db
TRIGGERS = """
SELECT tgrelid::regclass::text || '.' || tgname, tgenabled FROM pg_trigger
 WHERE tgname IN ('grants_journal_sealed', 'grants_posting_sealed')
"""
MANY = """
INSERT INTO grants_journal (idempotency_key, request_hash, kind, effective_on, source_reference, process, line_count)
SELECT 'many ' || n, repeat('0', 64), 'interest', '2026-11-02', '', 'system:test', 2 FROM generate_series(1, 3) AS n
RETURNING id
"""
NOW = "SET CONSTRAINTS ALL IMMEDIATE"


def run(alias: str, *statements: str) -> None:
    """One transaction, undone where it is refused."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def rows_to_check() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM grants_journalcheck")
        return int(cursor.fetchone()[0])


def test_lines_may_come_by_several_statements_and_are_checked_together() -> None:
    journals = [bare_journal("a"), bare_journal("b")]
    for line, pence in ((1, 5), (2, -5)):
        for journal in journals:
            insert(journal, line, pence)
    assert rows_to_check() == 2

    assert refused_at_commit() == ""
    assert rows_to_check() == 0


def test_one_wrong_journal_among_many_of_a_statement_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute(MANY)
        made = [Journal(pk=row[0]) for row in cursor.fetchall()]
    assert rows_to_check() == 1
    for journal, credit in zip(made, (-5, -4, -5), strict=True):
        insert(journal, 1, 5)
        insert(journal, 2, credit)

    with pytest.raises(IntegrityError, match=f"journal {made[1].pk} does not balance"), connection.cursor() as cursor:
        cursor.execute(NOW)


def test_two_statements_that_together_take_an_account_below_zero_are_refused(people: People) -> None:
    place = Purse(dormant(), Strand.PLACE)
    entries = [
        Entry(JournalKind.ALLOCATION, key, place.move(*accounts, pence), ON, approver=people.officer)
        for key, accounts, pence in (
            ("a", (Account.FREE, Account.ALLOCATED), 10),
            ("b", (Account.ALLOCATED, Account.FREE), 6),
            ("c", (Account.ALLOCATED, Account.FREE), 6),
        )
    ]
    for entry in entries[:2]:
        post_journal(by=people.director, entry=entry)
    assert refused_at_commit() == ""

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    post_journal(by=people.director, entry=entries[2])
    assert refused_at_commit() == "grants_journal_floor"


@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET journals = '{{}}'", "TRUNCATE {}"])
def test_the_application_cannot_cross_out_what_is_to_be_checked(change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        run("default", change.format("grants_journalcheck"))


@pytest.mark.django_db(databases=["default", "owner"])
def test_even_the_owner_commits_no_open_journal_by_crossing_it_out() -> None:
    with pytest.raises(IntegrityError, match="has 0 lines, not 2"):
        run("owner", MANY, "DELETE FROM grants_journalcheck", NOW)


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize("table", ["grants_posting", "grants_journalcheck"])
def test_temporary_tables_of_the_same_name_deceive_nobody(table: str) -> None:
    made = f"CREATE TEMPORARY TABLE {table} (LIKE public.{table} INCLUDING ALL) ON COMMIT DROP"

    with pytest.raises(IntegrityError, match="has 0 lines, not 2"):
        run("owner", made, MANY, NOW)


@pytest.mark.django_db(databases=["default", "owner"])
def test_no_setting_of_a_session_switches_the_checks_off() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(TRIGGERS)
        found = dict(cursor.fetchall())

    assert found == {
        "grants_journal.grants_journal_sealed": "A",
        "grants_journalcheck.grants_journal_sealed": "A",
        "grants_posting.grants_posting_sealed": "A",
    }


def test_plans_made_while_the_ledger_is_small_suit_it_when_it_is_large() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig FROM pg_proc WHERE proname IN ('grants_check_journals', 'grants_check_seal')"
        )
        told = dict(cursor.fetchall())

    assert {name for name, settings in told.items() if "enable_seqscan=off" in settings} == told.keys()
    assert "enable_nestloop=off" in told["grants_check_journals"]
