"""The database and the domain agree, kind by kind, on what a journal may do with strands."""

import pytest
from django.db import IntegrityError, connection, transaction

from grants.domain.award import Strand
from grants.domain.ledger import LONE_KINDS, Account, JournalKind, LedgerError, Line, check
from grants.models import Journal, Posting, Source
from tests.unit.grants.conftest import make_person

pytestmark = pytest.mark.django_db
FORWARD = [kind for kind in JournalKind if kind is not JournalKind.REVERSAL]


def leaving_strand(source: int) -> list[Line]:
    """Free money of one strand becomes free money of another: it balances, and only some kinds may say so."""
    return [
        Line(Account.FREE, source, 5, Strand.CONTINGENCY),
        Line(Account.FREE, source, -5, Strand.PLACE),
    ]


def staying_in_strand(source: int) -> list[Line]:
    return [
        Line(Account.FREE, source, 5, Strand.PLACE),
        Line(Account.ALLOCATED, source, -5, Strand.PLACE),
    ]


def domain_allows(kind: JournalKind, lines: list[Line]) -> bool:
    try:
        check(kind, lines)
    except LedgerError:
        return False
    return True


def database_refuses_by(kind: JournalKind, lines: list[Line]) -> str:
    """The constraint that refuses the journal at commit, whoever writes it; empty where it may stand."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            write(kind, lines)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        return error.__cause__.diag.constraint_name or ""
    return ""


def write(kind: JournalKind, lines: list[Line]) -> None:
    lone = kind in LONE_KINDS
    journal = Journal.objects.create(
        idempotency_key=kind.value,
        request_hash="0" * 64,
        kind=kind.value,
        effective_on="2026-11-02",
        process="system:test" if lone else "",
        actor=None if lone else make_person("asks"),
        approver=None if lone else make_person("agrees"),
        line_count=len(lines),
    )
    Posting.objects.bulk_create(
        Posting(
            journal=journal,
            line=number,
            line_count=len(lines),
            account=line.account.value,
            source_id=line.source,
            strand=line.strand.value if line.strand else "",
            amount_pence=line.amount_pence,
        )
        for number, line in enumerate(lines, start=1)
    )


@pytest.mark.parametrize("kind", FORWARD)
def test_code_and_database_agree_on_kinds_whose_promises_may_leave_their_strand(kind: JournalKind) -> None:
    lines = leaving_strand(Source.objects.get(code="dormant").pk)

    refused = database_refuses_by(kind, lines)

    assert refused == ("" if domain_allows(kind, lines) else "grants_journal_in_strand")


@pytest.mark.parametrize("kind", FORWARD)
def test_every_kind_may_move_promises_within_a_strand(kind: JournalKind) -> None:
    lines = staying_in_strand(Source.objects.get(code="dormant").pk)

    assert domain_allows(kind, lines)
    assert database_refuses_by(kind, lines) == ""


@pytest.mark.parametrize("giver", Strand)
@pytest.mark.parametrize("taker", [None, *Strand])
def test_no_strand_gives_to_another_unseen(giver: Strand, taker: Strand | None) -> None:
    source = Source.objects.get(code="dormant").pk
    to = Line(Account.FREE, source, -5, taker) if taker else Line(Account.SUSPENSE, source, -5)

    refused = database_refuses_by(JournalKind.BANK_FEE, [Line(Account.FREE, source, 5, giver), to])

    assert refused == ("" if giver is taker else "grants_journal_in_strand")
