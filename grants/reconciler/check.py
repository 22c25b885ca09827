"""One whole check, in one read-only transaction in which every question sees the same state of the books."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connections, transaction

from grants.reconciler import queries
from grants.reconciler.agreed import compare_lives
from grants.reconciler.agreed_queries import AGREED, LEDGER, LIVES
from grants.reconciler.bulk import BULK_LINES, BULK_PAYMENTS, paid_in_bulk
from grants.reconciler.differences import Difference, from_rows
from grants.reconciler.limits import Limits
from grants.reconciler.prices import PRICES, Prices
from grants.reconciler.side_by_side import compare_files, compare_statements, rejected_by

READER = "reader"
CHUNK = 200
CHUNK_OF_MESSAGES = 5  # a message may have megabytes


@dataclass(frozen=True)
class SourceTotals:
    """What one source should have paid by the day, and what the bank's lines show. Sources are never added up."""

    source: str
    due_pence: int
    paid_pence: int
    due_count: int
    paid_count: int


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    Attributes:
        day: For which day it was asked what is due.
        statements_through: Number of the last statement it saw.
        journals_through: Key of the last journal it saw.
        bank_pence: The bank's closing balance.
        ledger_pence: The ledger's cash.
    """

    day: date
    statements_through: int
    journals_through: int
    bank_pence: int
    ledger_pence: int
    sources: tuple[SourceTotals, ...]
    differences: tuple[Difference, ...]


def reconcile(*, day: date, limits: Limits | None = None) -> Outcome:
    """Check everything that was ever due or paid, as it stands now.

    Args:
        day: Today in London.
        limits: How long something may stay open; the defaults unless given.
    """
    limits = limits or Limits()
    try:
        with _one_view():
            return _check(day, limits)
    finally:
        connections[READER].close()  # asked once a day: no process keeps a connection for it


@contextmanager
def _one_view() -> Iterator[None]:
    """Every query sees the same state, and none can write whatever its role may do."""
    with transaction.atomic(using=READER):
        with connections[READER].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _check(day: date, limits: Limits) -> Outcome:
    rejected, unreadable = rejected_by(_stream(queries.REPORTS))
    bulk = paid_in_bulk(_stream(BULK_LINES), _stream(BULK_PAYMENTS), rejected=rejected)
    wanted = {
        "day": day,
        "instructed_by": day - timedelta(days=limits.instructed),
        "answered_by": day - timedelta(days=limits.answered),
        "explained_by": day - timedelta(days=limits.explained),
        "rejected": rejected,
        **bulk.wanted,
    }
    asked = (queries.TRANCHES, queries.PAYMENTS, queries.LINES, queries.BALANCES, AGREED, LEDGER)
    differences = [*unreadable, *bulk.differences]
    differences += [found for query in asked for found in from_rows(_rows(query, wanted))]
    differences += compare_lives(_stream(LIVES), Prices(_rows(PRICES, wanted)))
    differences += compare_statements(_stream(queries.STATEMENTS), _stream(queries.STATEMENT_LINES))
    differences += compare_files(_stream(queries.FILES), _stream(queries.FILE_PAYMENTS))
    (statements_through, bank_pence, ledger_pence, journals_through) = _rows(queries.STANDING, wanted)[0]
    return Outcome(
        day=day,
        statements_through=statements_through,
        journals_through=journals_through,
        bank_pence=bank_pence,
        ledger_pence=ledger_pence,
        sources=tuple(SourceTotals(*row) for row in _rows(queries.TOTALS, wanted)),
        differences=tuple(sorted(differences, key=lambda one: (one.kind, one.subject, one.detail))),
    )


def _rows(query: str, wanted: dict[str, Any]) -> list[Any]:
    with connections[READER].cursor() as cursor:
        cursor.execute(query, wanted)
        return list(cursor.fetchall())


def _stream(query: str) -> Iterator[tuple[Any, ...]]:
    """Rows a few at a time, so that a history of years needs no more memory than a day."""
    size = CHUNK_OF_MESSAGES if "content" in query else CHUNK
    with connections[READER].chunked_cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(size):
            yield from rows
