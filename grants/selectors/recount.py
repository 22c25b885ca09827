"""The whole ledger recomputed from its rows, one journal at a time, in memory that does not grow with it.

Every journal: its lines, its balance by source, its strands, and the fingerprint of the request it was posted for. The
chain: every sealed day from its journals, on the day before. What sealed days say they moved. Floors, and what closed
months say all accounts held, at the end.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from operator import itemgetter

from django.db import connection
from django.db.models import F, Sum, Window
from django.db.models.functions import RowNumber

from grants.domain import chain
from grants.domain.award import Strand
from grants.domain.ledger import FLOORED, Account, JournalKind, LedgerError, Line, check, hash_of_rows, obeys
from grants.domain.ledger import Row as DomainRow
from grants.models import Journal, LedgerDay, MonthClose, Posting

CHUNK = 2_000
FLOORS = frozenset(account.value for account in FLOORED)
LINES = """
SELECT journal_id, line, account, source_id, strand, neighbourhood_id, agreement_id, amount_pence
  FROM grants_posting WHERE journal_id = ANY(%s) ORDER BY journal_id, line
"""
Row = Sequence[object]
PurseKey = tuple[str, int, str, int | None, int | None]
Moved = dict[tuple[str, int, str], list[int]]  # account, source, strand: debits and credits


@dataclass
class Recount:
    """One pass over the ledger: count what is there and say what does not agree, worst first by place in the books.

    `head` is the digest of the last sealed day, "" before the first; `sum_pence` debits less credits.
    """

    journal_count: int = 0
    line_count: int = 0
    sum_pence: int = 0
    day_count: int = 0
    head: str = ""
    head_on: date | None = None
    heads: set[str] = field(default_factory=set)
    _last: int | None = None
    _purses: dict[PurseKey, int] = field(default_factory=lambda: defaultdict(int))
    _day: list[tuple[int, bytes]] = field(default_factory=list)
    _moved: dict[tuple[date, str, int, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    _months: dict[date, Moved] = field(default_factory=lambda: defaultdict(lambda: defaultdict(lambda: [0, 0])))

    def problems(self) -> Iterator[str]:
        """Go through everything once; what was counted stands in the fields afterwards."""
        days = LedgerDay.objects.order_by("day").prefetch_related("movements").iterator(chunk_size=100)
        sealing = next(days, None)
        for journal, lines in journals_with_lines():
            while sealing is not None and journal[6] >= sealing.until:  # type: ignore[operator]
                yield from self._close(sealing)
                sealing = next(days, None)
            yield from self._take(journal, lines, is_sealed=sealing is not None)
        if sealing is None:
            self._keep_months()
        while sealing is not None:
            yield from self._close(sealing)
            sealing = next(days, None)
        yield from self._broken_floors()
        yield from self._broken_balances()

    def _take(self, journal: Row, lines: Sequence[Row], *, is_sealed: bool) -> Iterator[str]:
        self.journal_count += 1
        self.line_count += len(lines)
        effective_on, purses, moved = journal[4], self._purses, self._moved
        for _, _, account, source, strand, place, agreement, pence in lines:
            self.sum_pence += pence  # type: ignore[operator]
            if account in FLOORS:
                purses[account, source, strand, place, agreement] += pence  # type: ignore[index, operator]
            moved[effective_on, account, source, strand][pence < 0] += abs(pence)  # type: ignore[index, operator, arg-type]
        if is_sealed:
            self._day.append((journal[0], chain.leaf(journal, [line[1:] for line in lines])))  # type: ignore[arg-type]
        yield from problems_of(journal, lines)

    def _close(self, day: LedgerDay) -> Iterator[str]:
        """Compare a sealed day with the journals found for it."""
        yield from _leaf_problems(day, self._day)
        if day.previous_id != self._last:
            yield f"{day.day}: the chain is broken, it does not follow the day before."
        if chain.day_digest(self.head, day.day, bytes(day.leaves)) != day.digest:
            yield f"{day.day}: the digest of the day is not that of what was sealed."
        said = {
            (row.effective_on, row.account, row.source_id, row.strand): [row.debit_pence, row.credit_pence]
            for row in day.movements.all()
        }
        for key in sorted(said.keys() ^ self._moved.keys()) + [key for key in said if key in self._moved]:
            if said.get(key) != self._moved.get(key):
                yield f"{day.day}: {key[1]} of source {key[2]} moved otherwise than the day's balances say."
        self.head, self.head_on, self._last = day.digest, day.day, day.pk
        self.heads.add(day.digest)
        self.day_count += 1
        self._day.clear()
        self._keep_months()

    def _keep_months(self) -> None:
        """Add what was counted since the last time to the months that it counts for."""
        for (on, account, source, strand), (debit, credit) in self._moved.items():
            kept = self._months[on.replace(day=1)][account, source, strand]
            kept[0] += debit
            kept[1] += credit
        self._moved.clear()

    def _broken_floors(self) -> Iterator[str]:
        for purse, pence in self._purses.items():
            if pence > 0:
                journal, line = _first_below_zero(purse)
                yield f"Journal {journal}, line {line}: {purse[0]} goes below zero; it ends at {-pence} pence."

    def _broken_balances(self) -> Iterator[str]:
        """Compare what closed months keep with everything counted for them and for all months before."""
        held: Moved = defaultdict(lambda: [0, 0])
        waiting = sorted(self._months)
        for close in MonthClose.objects.filter(closed_at__isnull=False).order_by("month").prefetch_related("balances"):
            while waiting and waiting[0] <= close.month:
                for key, (debit, credit) in self._months[waiting.pop(0)].items():
                    held[key][0] += debit
                    held[key][1] += credit
            said = {(row.account, row.source_id, row.strand): row for row in close.balances.all()}
            for key in sorted(said.keys() | held.keys()):
                row = said.get(key)
                if row is None or [row.debit_pence, row.credit_pence] != held.get(key):
                    yield f"{close}: {key[0]} of source {key[1]} is kept otherwise than the journals say."


def journals_with_lines() -> Iterator[tuple[Row, list[Row]]]:
    """Every journal in order of time and id with its lines, as plain values; a few thousand in memory at once."""
    found = Journal.objects.order_by("recorded_at", "id").values_list(*chain.JOURNAL_COLUMNS)
    chunk: list[Row] = []
    for row in found.iterator(chunk_size=CHUNK):
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield from _with_lines(chunk)
            chunk.clear()
    yield from _with_lines(chunk)


def _with_lines(chunk: Sequence[Row]) -> Iterator[tuple[Row, list[Row]]]:
    with connection.cursor() as cursor:
        cursor.execute(LINES, [[row[0] for row in chunk]])
        lines = {journal: list(rows) for journal, rows in groupby(cursor.fetchall(), key=itemgetter(0))}
    for row in chunk:
        yield row, lines.get(row[0], [])


def problems_of(journal: Row, lines: Sequence[Row]) -> Iterator[str]:
    """What is wrong with one journal by itself."""
    pk, _, request_hash, kind, effective_on, value_on, _, reference, _, _, _, _, line_count = journal
    if len(lines) != line_count:
        missing = sorted(set(range(1, line_count + 1)) - {line[1] for line in lines})  # type: ignore[operator]
        named = f": line {missing[0]} is missing" if missing and lines else ""
        yield f"Journal {pk} has {len(lines)} lines, not {line_count}{named}."
        return
    said = [
        (account, source, pence, strand or None, place, agreement)
        for _, _, account, source, strand, place, agreement, pence in lines
    ]
    if not obeys(kind, said):  # type: ignore[arg-type]
        yield f"Journal {pk}: {_broken_law(kind, said)}"  # type: ignore[arg-type]
    if hash_of_rows(kind, said, effective_on=str(value_on or effective_on), reference=reference) != request_hash:  # type: ignore[arg-type]
        yield f"Journal {pk} does not say what was requested."


def _broken_law(kind: str, rows: Sequence[DomainRow]) -> str:
    """What the law of the ledger says against a journal that does not obey it."""
    lines = [
        Line(Account(account), source, pence, Strand(strand) if strand else None, place, agreement)
        for account, source, pence, strand, place, agreement in rows
    ]
    try:
        check(JournalKind(kind), lines)
    except LedgerError as error:
        return str(error)
    return "It breaks the law of the ledger."


def _leaf_problems(day: LedgerDay, found: Sequence[tuple[int, bytes]]) -> Iterator[str]:
    """The journals of a sealed day, one by one, against what was sealed."""
    if b"".join(chain.entry(pk, leaf) for pk, leaf in found) == bytes(day.leaves):
        return
    sealed, here = dict(chain.entries_of(bytes(day.leaves))), dict(found)
    for pk in sorted(sealed.keys() | here.keys()):
        if pk not in here:
            yield f"Journal {pk} of {day.day} is gone."
        elif pk not in sealed:
            yield f"Journal {pk} was put into {day.day} after it was sealed."
        elif sealed[pk] != here[pk]:
            yield f"Journal {pk} of {day.day} is not what was sealed."


def _first_below_zero(purse: PurseKey) -> tuple[int, int]:
    """The journal and line from which a purse that ends below zero was last at or above it."""
    account, source, strand, place, agreement = purse
    rows = (
        Posting.objects.filter(account=account, source=source, strand=strand, neighbourhood=place, agreement=agreement)
        .annotate(
            position=Window(RowNumber(), order_by=[F("journal_id").asc(), F("line").asc()]),
            running=Window(Sum("amount_pence"), order_by=[F("journal_id").asc(), F("line").asc()]),
        )
        .order_by("position")
        .values_list("journal_id", "line", "running")
    )
    first: tuple[int, int] | None = None
    for journal, line, running in rows.iterator(chunk_size=CHUNK):
        if running <= 0:
            first = None
        elif first is None:
            first = (journal, line)
    return first or (0, 0)
