"""Tables about the ledger: statements, the note of promises, batches, days, months and corrections."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.urls import reverse

from cwf_portal.core.templatetags.cwf import day, moment, pence
from grants.domain.award import Strand
from grants.domain.chart import ACCOUNT_CODES, STRAND_CODES, pounds
from grants.domain.ledger import ACCOUNT_LABELS, Account
from grants.domain.promise_note import Horizon, Promise
from grants.models import Correction, LedgerDay, LedgerExport, MonthClose, Posting, Source
from grants.presenters.ledger import debit_or_credit, strand_label
from grants.selectors.accounts import StatementRow

STATEMENT_HEADER = (
    "Date",
    "Journal",
    "What happened",
    "Reference",
    "Account",
    "Source",
    "Purpose",
    "Place",
    "Agreement",
    "Debit (pence)",
    "Credit (pence)",
)
BATCH_HEADER = (
    "Batch",
    "Date",
    "Bank value date",
    "Journal",
    "Line",
    "Account code",
    "Account",
    "Source",
    "Purpose code",
    "Place code",
    "Agreement",
    "Description",
    "Debit (GBP)",
    "Credit (GBP)",
)
NOTE_HEADER = ("Source", "Kind of promise", *(f"{horizon.value} (pence)" for horizon in Horizon), "In all (pence)")


@dataclass(frozen=True)
class Cell:
    """One cell: its text, a link where there is one, and whether it is a number."""

    text: object
    href: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """A table for the page: the first cell of each row is its heading."""

    caption: str
    header: Sequence[str]
    rows: list[list[Cell]]
    empty: str
    numbers: frozenset[int] = field(default_factory=frozenset)

    @property
    def columns(self) -> list[Cell]:
        """The header with what is a number marked."""
        return [Cell(text, is_number=number in self.numbers) for number, text in enumerate(self.header)]


def table(
    caption: str, header: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str, numbers: Iterable[int] = ()
) -> Table:
    """A table of cells; what stands in the columns `numbers` is set to the right."""
    right = frozenset(numbers)
    cells = [
        [cell if isinstance(cell, Cell) else Cell(cell, is_number=number in right) for number, cell in enumerate(row)]
        for row in rows
    ]
    return Table(caption, header, cells, empty, right)


def statement_balances(rows: Iterable[StatementRow]) -> Table:
    """Opening, movement and closing by account."""
    return table(
        "Balances",
        ("Account", "Source", "Purpose", "Opening", "Debits", "Credits", "Closing"),
        (
            (
                ACCOUNT_LABELS[row.account],
                row.source,
                strand_label(row.strand),
                debit_or_credit(row.opening_pence),
                pence(row.debit_pence),
                pence(row.credit_pence),
                debit_or_credit(row.closing_pence),
            )
            for row in rows
        ),
        empty="Nothing has moved and nothing is held.",
        numbers=(3, 4, 5, 6),
    )


def statement_table(postings: Iterable[Posting]) -> Table:
    """Lines of a statement for its page."""
    return table(
        "Lines",
        ("Date", "Journal", "What happened", "Account", "Place or agreement", "Debit", "Credit"),
        (
            (
                day(posting.journal.effective_on),
                Cell(posting.journal_id, reverse("grants:journal-detail", args=[posting.journal_id])),
                posting.journal.get_kind_display(),
                " · ".join(filter(None, (posting.get_account_display(), strand_label(posting.strand)))),
                posting.agreement.reference if posting.agreement else str(posting.neighbourhood or ""),
                pence(posting.amount_pence) if posting.amount_pence > 0 else "",
                pence(-posting.amount_pence) if posting.amount_pence < 0 else "",
            )
            for posting in postings
        ),
        empty="No line in this period.",
        numbers=(5, 6),
    )


def statement_export(rows: Iterable[StatementRow], postings: Iterable[Posting]) -> Iterable[tuple[object, ...]]:
    """A statement as a file: opening balances, every line, closing balances; pence."""
    kept = list(rows)
    for row in kept:
        yield _balance_line("Opening balance", row, row.opening_pence)
    for posting in postings:
        yield (
            posting.journal.effective_on,
            posting.journal_id,
            posting.journal.get_kind_display(),
            posting.journal.source_reference,
            posting.get_account_display(),
            posting.source.name,
            strand_label(posting.strand),
            str(posting.neighbourhood or ""),
            posting.agreement.reference if posting.agreement else "",
            max(posting.amount_pence, 0),
            max(-posting.amount_pence, 0),
        )
    for row in kept:
        yield _balance_line("Closing balance", row, row.closing_pence)


def _balance_line(words: str, row: StatementRow, balance_pence: int) -> tuple[object, ...]:
    named = (ACCOUNT_LABELS[row.account], row.source, strand_label(row.strand))
    return ("", "", words, "", *named, "", "", max(balance_pence, 0), max(-balance_pence, 0))


def batch_export(number: int, postings: Iterable[Posting]) -> Iterable[tuple[object, ...]]:
    """A batch for the accounting system: one row a line, pounds in two columns, balanced for every source."""
    for posting in postings:
        journal = posting.journal
        yield (
            number,
            journal.effective_on,
            journal.value_on,
            journal.pk,
            posting.line,
            ACCOUNT_CODES[Account(posting.account)],
            posting.get_account_display(),
            posting.source.code,
            STRAND_CODES[Strand(posting.strand)] if posting.strand else "",
            posting.neighbourhood.code if posting.neighbourhood else "",
            posting.agreement.reference if posting.agreement else "",
            " ".join(filter(None, (journal.get_kind_display(), journal.source_reference))),
            pounds(max(posting.amount_pence, 0)),
            pounds(max(-posting.amount_pence, 0)),
        )


def note_rows(note: dict[Source, Promise]) -> list[tuple[str, str, dict[Horizon, int]]]:
    """Source, kind of promise and pence by horizon: two rows a source."""
    return [
        (source.name, words, amounts)
        for source, promise in note.items()
        for words, amounts in (("Committed", promise.committed), ("Pledged", promise.pledged))
    ]


def note_table(note: dict[Source, Promise]) -> Table:
    """The note of promises for its page."""
    return table(
        "Promises by when they fall due",
        ("Source", "Kind of promise", *(horizon.value for horizon in Horizon), "In all"),
        (
            (source, words, *(pence(amounts[horizon]) for horizon in Horizon), pence(sum(amounts.values())))
            for source, words, amounts in note_rows(note)
        ),
        empty="Nothing is promised on this day.",
        numbers=range(2, 7),
    )


def note_export(note: dict[Source, Promise]) -> list[tuple[object, ...]]:
    """The note of promises for a file, in pence."""
    return [
        (source, words, *(amounts[horizon] for horizon in Horizon), sum(amounts.values()))
        for source, words, amounts in note_rows(note)
    ]


def day_table(days: Iterable[LedgerDay]) -> Table:
    """Sealed days with their digests."""
    return table(
        "Sealed days, the latest first",
        ("Day", "Journals", "Sealed", "Digest"),
        ((day(one.day), one.journal_count, moment(one.sealed_at), one.digest) for one in days),
        empty="No day is sealed yet.",
        numbers=(1,),
    )


def batch_table(batches: Iterable[LedgerExport]) -> Table:
    """Batches exported, each with its files."""
    return table(
        "Batches, the latest first",
        ("Batch", "Days after", "Up to", "Journals", "By", "Files"),
        (
            (
                batch.number,
                day(batch.after) if batch.after else "The beginning",
                day(batch.through),
                batch.journal_count,
                f"{batch.exported_by}",
                Cell("CSV file", reverse("grants:export-file", args=[batch.number, "csv"])),
            )
            for batch in batches
        ),
        empty="Nothing has been exported yet.",
        numbers=(3,),
    )


def month_state(close: MonthClose) -> str:
    """Who asked and who closed."""
    if close.closed_at is None:
        return f"{close.asked_by} asks to close it"
    return f"Closed by {close.closed_by}, asked by {close.asked_by}"


def correction_state(correction: Correction) -> str:
    """What became of it."""
    if correction.is_agreed is None:
        return "Waits for another person"
    return f"{'Reversed' if correction.is_agreed else 'Refused'} by {correction.decided_by}"
