"""Posting to the ledger with all its guards, beside plain inserts into the same tables without any."""

import itertools
from datetime import date

from django.db import connections

from bench import peer
from bench.measure import Row, Work, against
from grants.domain.award import Strand
from grants.domain.ledger import Account, JournalKind, Line
from grants.models import Source
from grants.services.posting import ADD_JOURNALS, ADD_POSTINGS, Entry, post_journal, post_journals

JOURNALS, LINES = 500, 8
_keys = itertools.count()

UNGUARDED = """
CREATE SCHEMA IF NOT EXISTS bare;
CREATE TABLE bare.grants_journal (LIKE grants_journal INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING INDEXES);
CREATE TABLE bare.grants_posting (LIKE grants_posting INCLUDING DEFAULTS INCLUDING INDEXES);
"""


def measure() -> list[Row]:
    """Journals per second: one transaction of 500 journals of 8 lines, and one journal at a time."""
    source = Source.objects.order_by("pk").values_list("pk", flat=True)[0]
    with connections["owner"].cursor() as cursor:
        cursor.execute(UNGUARDED)

    def batch() -> None:
        post_journals(by="system:bench", entries=[bench_entry(source) for _ in range(JOURNALS)])

    def one_by_one() -> None:
        for _ in range(JOURNALS // 10):
            post_journal(by="system:bench", entry=bench_entry(source))

    floor = Work("the same rows without guards", lambda: _insert_bare(source), JOURNALS)
    rows = [
        against(Work("500 journals of 8 lines in one batch", batch, JOURNALS), floor, "journals"),
        against(Work("one journal of 8 lines at a time", one_by_one, JOURNALS // 10), floor, "journals"),
    ]
    return [*rows, *_beside_hordak(rows)]


def _beside_hordak(rows: list[Row]) -> list[Row]:
    """The same two against django-hordak, whose posted transactions can be edited, deleted and paid twice."""
    peer.prepare_hordak()
    ways = zip(rows, ("batch", "single"), (JOURNALS, JOURNALS // 10), strict=True)
    return [
        Row(row.name, row.unit, row.per_second, f"django-hordak, {way}", peer.hordak(way, count))
        for row, way, count in ways
    ]


def bench_entry(source: int) -> Entry:
    """A wave of the bench: cash in four parts, free in four strands."""
    strands = (Strand.PLACE, Strand.CAPACITY, Strand.RUNNING, Strand.CONTINGENCY)
    lines = [Line(Account.CASH, source, 100_00) for _ in strands]
    lines += [Line(Account.FREE, source, -100_00, strand) for strand in strands]
    return Entry(JournalKind.WAVE_RECEIVED, f"bench:{next(_keys)}", lines, date(2026, 1, 1))


def _insert_bare(source: int) -> None:
    """What the batch costs with no hash, no checks, no triggers and no foreign keys: two statements, one commit."""
    entries = [bench_entry(source) for _ in range(JOURNALS)]
    journals = [
        (entry.key, "", entry.kind.value, entry.effective_on, None, "", None, None, "bench", None, LINES)
        for entry in entries
    ]
    with connections["owner"].cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SET LOCAL search_path = bare, public")
        cursor.execute(ADD_JOURNALS, [list(column) for column in zip(*journals, strict=True)])
        added = dict(cursor.fetchall())
        rows = [
            (
                added[entry.key],
                number,
                LINES,
                line.account.value,
                source,
                line.amount_pence,
                line.strand or "",
                None,
                None,
            )
            for entry in entries
            for number, line in enumerate(entry.lines, start=1)
        ]
        cursor.execute(ADD_POSTINGS, [list(column) for column in zip(*rows, strict=True)])
        cursor.execute("COMMIT")
