"""Rows of the ledger as tables, for pages and for exports."""

from collections.abc import Iterable, Mapping, Sequence

from cwf_portal.core.templatetags.cwf import pence
from grants.domain.award import STRAND_LABELS, Strand
from grants.domain.ledger import ACCOUNT_LABELS
from grants.models import Journal, Posting
from grants.selectors.ledger import BalanceRow, Moved

BALANCE_HEADER = ("Account", "Source", "Purpose", "Debits (pence)", "Credits (pence)", "Balance (pence)")
JOURNAL_HEADER = (
    "Journal",
    "Kind",
    "Effective on",
    "Recorded at",
    "Key",
    "Reference",
    "Actor",
    "Approver",
    "Reverses",
    "Line",
    "Account",
    "Source",
    "Purpose",
    "Place",
    "Agreement",
    "Amount (pence, debit positive)",
)


# In a table the whole label makes a row of every line seven lines high.
SHORT_LABELS = STRAND_LABELS | {Strand.BODY_CONTRIBUTION: "Organisations’ costs"}


def strand_label(strand: str) -> str:
    """The purpose in a few words, for tables; empty where an account has none."""
    return SHORT_LABELS[Strand(strand)] if strand else ""


def balance_table(rows: Iterable[BalanceRow]) -> list[tuple[str, ...]]:
    """The trial balance for a page, money in words."""
    return [
        (
            ACCOUNT_LABELS[row.account],
            row.source,
            strand_label(row.strand),
            pence(row.debit_pence),
            pence(row.credit_pence),
            debit_or_credit(row.balance_pence),
        )
        for row in rows
    ]


def debit_or_credit(balance_pence: int) -> str:
    """A balance as auditors read it: an amount, and its side."""
    if balance_pence == 0:
        return pence(0)
    return f"{pence(abs(balance_pence))}\u00a0{'Dr' if balance_pence > 0 else 'Cr'}"


def balance_export(rows: Iterable[BalanceRow]) -> list[tuple[object, ...]]:
    """The trial balance for a file, money in pence."""
    return [
        (
            ACCOUNT_LABELS[row.account],
            row.source,
            strand_label(row.strand),
            row.debit_pence,
            row.credit_pence,
            row.balance_pence,
        )
        for row in rows
    ]


def who(journal: Journal) -> str:
    """The person or the machine that posted it."""
    return str(journal.actor) if journal.actor else journal.process


def journal_rows(journals: Sequence[Journal], moved: Mapping[int, Moved]) -> list[tuple[Journal, str, str, str]]:
    """Journals for their list: each with who posted it, what it moved, and the one place or agreement it is about."""
    return [
        (journal, who(journal), pence(moved[journal.pk].debit_pence), moved[journal.pk].about) for journal in journals
    ]


def posting_table(postings: Iterable[Posting]) -> list[tuple[str, ...]]:
    """The lines of one journal for its page."""
    return [
        (
            posting.get_account_display(),
            posting.source.name,
            strand_label(posting.strand),
            posting.agreement.reference if posting.agreement else str(posting.neighbourhood or ""),
            pence(posting.amount_pence) if posting.amount_pence > 0 else "",
            pence(-posting.amount_pence) if posting.amount_pence < 0 else "",
        )
        for posting in postings
    ]


def journal_export(postings: Iterable[Posting]) -> Iterable[tuple[object, ...]]:
    """One row per line of every journal, for the fund's accounting system."""
    for posting in postings:
        journal = posting.journal
        yield (
            journal.pk,
            journal.get_kind_display(),
            journal.effective_on,
            journal.recorded_at,
            journal.idempotency_key,
            journal.source_reference,
            who(journal),
            str(journal.approver or ""),
            journal.reverses_id or "",
            posting.line,
            posting.get_account_display(),
            posting.source.name,
            strand_label(posting.strand),
            str(posting.neighbourhood or ""),
            posting.agreement.reference if posting.agreement else "",
            posting.amount_pence,
        )
