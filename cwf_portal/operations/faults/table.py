"""What each kind of fault did, counted in the bank's own store, as a table."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

HEADER = ("fault", "hits", "kills", "due", "paid", "duplicates", "lost", "seconds")
# A payment is known by the sentence on the payee's statement: ids are the sender's own business.
PAID = "SELECT reference, count(*) FROM instruction WHERE state = 'paid' GROUP BY reference"


@dataclass(frozen=True)
class Row:
    """One kind of fault. `hits` counts faults, `kills` those by kill -9; the rest counts payments."""

    fault: str
    hits: int
    kills: int
    due: int
    paid: int
    duplicates: int
    lost: int
    seconds: float

    @property
    def is_clean(self) -> bool:
        return not self.duplicates and not self.lost


def paid_at(store: Path) -> Counter[str]:
    """How often each payment reached its payee, read from the bank's file."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        return Counter(dict(database.execute(PAID)))


def count(due: Iterable[str], paid: Counter[str]) -> tuple[int, int, int]:
    """How many of these payments were made, made more than once, and not made."""
    times = [paid[reference] for reference in due]
    return sum(n > 0 for n in times), sum(n > 1 for n in times), sum(n == 0 for n in times)


def as_text(title: str, rows: Sequence[Row]) -> str:
    """The table with its sums, aligned."""
    cells = [HEADER, *(_cells(row) for row in rows), _cells(total(rows))]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADER))]
    lines = ["  ".join(_aligned(line, widths)) for line in cells]
    return "\n".join([title, lines[0], "-" * len(lines[0]), *lines[1:-1], "-" * len(lines[0]), lines[-1]])


def total(rows: Sequence[Row]) -> Row:
    """All kinds together."""
    return Row(
        fault="all",
        hits=sum(row.hits for row in rows),
        kills=sum(row.kills for row in rows),
        due=sum(row.due for row in rows),
        paid=sum(row.paid for row in rows),
        duplicates=sum(row.duplicates for row in rows),
        lost=sum(row.lost for row in rows),
        seconds=sum(row.seconds for row in rows),
    )


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (row.hits, row.kills, row.due, row.paid, row.duplicates, row.lost)
    return (row.fault, *(f"{number:,}" for number in numbers), f"{row.seconds:.1f}")


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = zip(line, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
