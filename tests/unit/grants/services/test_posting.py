"""The only way into the ledger, and what the database refuses whoever tries."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.db.utils import DatabaseError

from cwf_portal.core.errors import IdempotencyConflictError
from grants.domain.award import Strand
from grants.domain.ledger import Account, JournalKind, LedgerError, Line, Purse
from grants.models import Journal, Posting, Source
from grants.selectors.checks import broken_seals
from grants.selectors.ledger import source_standings
from grants.services import Entry, post_journal, post_journals
from tests.unit.grants.conftest import People, sealed

ON = date(2026, 11, 2)
pytestmark = pytest.mark.django_db


def dormant() -> int:
    return Source.objects.get(code="dormant").pk


def interest(key: str, pence: int = 500) -> Entry:
    lines = Purse(dormant(), Strand.PLACE).move(Account.CASH, Account.FREE, pence)
    return Entry(JournalKind.INTEREST, key, lines, ON, reference="statement 1, line 2")


def test_posting_keeps_who_what_and_when() -> None:
    with sealed():
        journal = post_journal(by="system:statements", entry=interest("a"))

    assert (journal.process, journal.actor, journal.kind, journal.effective_on) == (
        "system:statements",
        None,
        "interest",
        ON,
    )
    assert [(line.account, line.amount_pence) for line in journal.postings.order_by("line")] == [
        ("cash", 500),
        ("free", -500),
    ]


def test_same_key_and_content_returns_the_first_journal() -> None:
    first = post_journal(by="system:statements", entry=interest("a"))
    again = post_journal(by="system:other", entry=interest("a"))

    assert again.pk == first.pk
    assert Posting.objects.count() == 2


def test_same_key_with_other_content_is_refused_and_changes_nothing() -> None:
    post_journal(by="system:statements", entry=interest("a"))

    with pytest.raises(IdempotencyConflictError, match="already has a journal under a"):
        post_journal(by="system:statements", entry=interest("a", pence=501))

    assert Journal.objects.count() == 1


def test_a_batch_is_posted_whole_in_order_and_once_per_key() -> None:
    with sealed():
        journals = post_journals(by="system:statements", entries=[interest("b"), interest("a", 7), interest("b")])

    assert [Journal.objects.get(pk=pk).idempotency_key for pk in journals] == ["b", "a", "b"]
    assert Posting.objects.count() == 4


def test_a_batch_with_one_conflict_posts_nothing() -> None:
    with pytest.raises(IdempotencyConflictError), transaction.atomic():
        post_journals(by="system:statements", entries=[interest("b"), interest("a"), interest("b", 7)])

    assert Journal.objects.count() == 0


def test_a_batch_takes_the_same_number_of_queries_however_long(django_assert_num_queries: Callable) -> None:
    entries = [interest(f"key {number}") for number in range(50)]

    with django_assert_num_queries(8):
        post_journals(by="system:statements", entries=entries)

    assert post_journals(by="system:statements", entries=[]) == []


def test_a_kind_that_officers_decide_needs_two_people(people: People) -> None:
    lines = Purse(dormant(), Strand.PLACE).move(Account.FREE, Account.ALLOCATED, 5)
    entry = Entry(JournalKind.ALLOCATION, "a", lines, ON)

    with pytest.raises(LedgerError, match="needs an approver"):
        post_journal(by=people.director, entry=entry)
    with pytest.raises(LedgerError, match="needs a person"):
        post_journal(by="system:x", entry=replace(entry, approver=people.director))
    with pytest.raises(LedgerError, match="never the actor"):
        post_journal(by=people.director, entry=replace(entry, approver=people.director))


def insert(journal: Journal, line: int, pence: int, *, line_count: int = 2, source: int | None = None) -> None:
    Posting.objects.create(
        journal=journal,
        line=line,
        line_count=line_count,
        account="cash",
        source_id=source or dormant(),
        amount_pence=pence,
    )


def bare_journal(key: str, line_count: int = 2) -> Journal:
    return Journal.objects.create(
        idempotency_key=key,
        request_hash="0" * 64,
        kind="interest",
        effective_on=ON,
        process="system:test",
        line_count=line_count,
    )


def refused_at_commit() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        return error.__cause__.diag.constraint_name or ""
    return ""


def test_the_database_refuses_a_journal_with_a_line_missing() -> None:
    insert(bare_journal("a"), 1, 5)

    assert refused_at_commit() == "grants_journal_whole"


def test_the_database_refuses_a_journal_without_lines() -> None:
    bare_journal("a")

    assert refused_at_commit() == "grants_journal_whole"


def test_the_database_refuses_a_journal_that_does_not_balance() -> None:
    journal = bare_journal("a")
    insert(journal, 1, 5)
    insert(journal, 2, -4)

    assert refused_at_commit() == "grants_journal_balanced"


def test_the_database_refuses_sources_that_only_balance_together() -> None:
    journal = bare_journal("a")
    insert(journal, 1, 5)
    insert(journal, 2, -5, source=Source.objects.get(code="lottery").pk)

    assert refused_at_commit() == "grants_journal_balanced"


def test_the_database_refuses_a_line_added_to_a_sealed_journal() -> None:
    with sealed():
        journal = post_journal(by="system:statements", entry=interest("a"))

    with pytest.raises(IntegrityError, match="within_seal"), transaction.atomic():
        insert(journal, 3, 1)
    with pytest.raises(IntegrityError, match="pkey"), transaction.atomic():
        insert(journal, 2, 1)
    with pytest.raises(IntegrityError, match="grants_posting_sealed"), transaction.atomic():
        insert(journal, 3, 1, line_count=3)


def test_the_database_refuses_a_promise_account_below_zero(people: People) -> None:
    place = Purse(dormant(), Strand.PLACE)
    entry = Entry(
        JournalKind.ALLOCATION,
        "a",
        place.move(Account.ALLOCATED, Account.FREE, 5),
        ON,
        approver=people.officer,
    )
    post_journal(by=people.director, entry=entry)

    assert refused_at_commit() == "grants_journal_floor"


def test_free_money_may_go_below_zero_and_then_leaves_no_headroom(people: People) -> None:
    lines = Purse(dormant(), Strand.PLACE).move(Account.FREE, Account.ALLOCATED, 5)
    with sealed():
        post_journal(by=people.director, entry=Entry(JournalKind.ALLOCATION, "a", lines, ON, approver=people.officer))

    standing = source_standings()[0]
    assert standing.headroom_pence == -5
    assert standing.room_pence(Strand.PLACE) == 0


@pytest.mark.parametrize(
    "table",
    [
        "grants_journal",
        "grants_posting",
        "grants_ledgerbalance",
        "grants_ledgerday",
        "grants_ledgermovement",
        "grants_ledgerexport",
        "grants_approval",
        "grants_tranchefunding",
    ],
)
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_ledger_is_only_added_to_by_the_application(table: str, change: str) -> None:
    statement = change.format(table).replace("id = id", "line = line" if table == "grants_posting" else "id = id")

    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert isinstance(refused.value, ProgrammingError)


@pytest.mark.parametrize(
    "table", ["grants_journal", "grants_posting", "grants_ledgerday", "grants_ledgermovement", "grants_ledgerbalance"]
)
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.django_db(databases=["default", "owner"])
def test_the_ledger_is_only_added_to_even_by_its_owner(table: str, change: str) -> None:
    column = "line_count" if table == "grants_posting" else "id"
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL pgtrigger.ignore = '*'")
        with pytest.raises(DatabaseError, match="append-only|only added to|never"), transaction.atomic("owner"):
            cursor.execute(change.format(table, column, column))


def test_a_forged_journal_is_found_by_the_seal() -> None:
    journal = bare_journal("a")
    insert(journal, 1, 5)
    insert(journal, 2, -5)

    assert list(broken_seals()) == [f"Journal {journal.pk} does not say what was requested."]


def test_the_seal_names_missing_lines_and_sources_that_do_not_balance() -> None:
    with transaction.atomic():
        whole = bare_journal("a")
        mixed = bare_journal("b")
        insert(mixed, 1, 3)
        insert(mixed, 2, -4)
        problems = list(broken_seals())
        transaction.set_rollback(True)  # the database would not let it be committed

    assert problems[0] == f"Journal {whole.pk} has 0 lines, not 2."
    assert problems[1].startswith(f"Journal {mixed.pk}: Sources must each sum to zero")


def test_a_line_keeps_the_strand_and_the_place_it_was_posted_with() -> None:
    line = Line(Account.FREE, dormant(), -5, Strand.RUNNING)
    other = Line(Account.CASH, dormant(), 5)

    with sealed():
        post_journal(by="system:statements", entry=Entry(JournalKind.INTEREST, "a", [other, line], ON))

    assert Posting.objects.get(line=2).strand == "running"
    assert list(broken_seals()) == []
