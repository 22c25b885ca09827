"""The ledger's own law: accounts, kinds of journal, and what every journal must satisfy before it may be posted.

Debits are positive and credits negative. Assets say what the fund has; promises say what it is for.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from json import JSONEncoder
from typing import NamedTuple

from grants.domain.award import Strand


class Account(StrEnum):
    """Every account of the ledger."""

    CASH = "cash"
    INVESTMENTS = "investments"
    APPLIED = "applied"
    RECOVERABLE = "recoverable"
    FREE = "free"
    REVALUATION = "revaluation"
    ALLOCATED = "allocated"
    INDEX_RESERVE = "index_reserve"
    PLEDGED = "pledged"
    COMMITTED = "committed"
    PAYABLE = "payable"
    INSTRUCTED = "instructed"
    PAID = "paid"
    RECOVERY_DUE = "recovery_due"
    SUSPENSE = "suspense"

    __hash__ = str.__hash__  # an enum's own is written in Python, and lines are counted by the hundred thousand


ACCOUNT_LABELS = {
    Account.CASH: "Cash at bank",
    Account.INVESTMENTS: "Investments",
    Account.APPLIED: "Money gone out",
    Account.RECOVERABLE: "Money to come back",
    Account.FREE: "Free",
    Account.REVALUATION: "Gains and losses not yet real",
    Account.ALLOCATED: "Set aside for places",
    Account.INDEX_RESERVE: "Kept for price rises",
    Account.PLEDGED: "Pledged",
    Account.COMMITTED: "Committed",
    Account.PAYABLE: "To be paid",
    Account.INSTRUCTED: "With the bank",
    Account.PAID: "Paid",
    Account.RECOVERY_DUE: "Due back",
    Account.SUSPENSE: "Not yet explained",
}

ASSETS = frozenset({Account.CASH, Account.INVESTMENTS, Account.APPLIED, Account.RECOVERABLE})
STRANDLESS = frozenset({Account.CASH, Account.INVESTMENTS, Account.RECOVERABLE, Account.REVALUATION, Account.SUSPENSE})
FLOORED = frozenset(
    {
        Account.ALLOCATED,
        Account.INDEX_RESERVE,
        Account.PLEDGED,
        Account.COMMITTED,
        Account.PAYABLE,
        Account.INSTRUCTED,
        Account.PAID,
    }
)
PROMISED_TO_AGREEMENTS = (
    Account.PLEDGED,
    Account.COMMITTED,
    Account.PAYABLE,
    Account.INSTRUCTED,
    Account.PAID,
)


class JournalKind(StrEnum):
    """What happened, in the words of the fund."""

    WAVE_RECEIVED = "wave_received"
    INTEREST = "interest"
    ALLOCATION = "allocation"
    APPROVAL = "approval"
    ACCEPTED = "accepted"
    REVIEW_CONTINUED = "review_continued"
    RELEASED = "released"
    RELEASE_WITHDRAWN = "release_withdrawn"
    INSTRUCTED = "instructed"
    TAKEN_OUT = "taken_out"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    RETURNED = "returned"
    RETURN_REVERSED = "return_reversed"
    LAPSED = "lapsed"
    DISCONTINUED = "discontinued"
    UNKNOWN_LINE = "unknown_line"
    UNKNOWN_CLEARED = "unknown_cleared"
    BANK_FEE = "bank_fee"
    RUNNING_COST = "running_cost"
    INVESTED = "invested"
    REVALUED = "revalued"
    SOLD = "sold"
    UPLIFT = "uplift"
    VARIED = "varied"
    ALLOCATION_RETURNED = "allocation_returned"
    STRAND_TRANSFER = "strand_transfer"
    CLAWBACK_RAISED = "clawback_raised"
    CLAWBACK_RECEIVED = "clawback_received"
    CLAWBACK_WITHDRAWN = "clawback_withdrawn"
    CLAWBACK_OVERTAKEN = "clawback_overtaken"
    WRITTEN_OFF = "written_off"
    REVERSAL = "reversal"

    __hash__ = str.__hash__


KIND_LABELS = {
    JournalKind.WAVE_RECEIVED: "Wave received",
    JournalKind.INTEREST: "Interest received",
    JournalKind.ALLOCATION: "Set aside for a place",
    JournalKind.APPROVAL: "Agreement approved",
    JournalKind.ACCEPTED: "Agreement accepted",
    JournalKind.REVIEW_CONTINUED: "Yearly review: continue",
    JournalKind.RELEASED: "Payment released",
    JournalKind.RELEASE_WITHDRAWN: "Release withdrawn",
    JournalKind.INSTRUCTED: "Payment sent to the bank",
    JournalKind.TAKEN_OUT: "Payment taken out of a file that waits",
    JournalKind.CONFIRMED: "Payment confirmed by the bank",
    JournalKind.REJECTED: "Payment rejected by the bank",
    JournalKind.RETURNED: "Payment returned",
    JournalKind.RETURN_REVERSED: "Return taken back by the bank",
    JournalKind.LAPSED: "Offer lapsed",
    JournalKind.DISCONTINUED: "Agreement discontinued",
    JournalKind.UNKNOWN_LINE: "Bank line not yet explained",
    JournalKind.UNKNOWN_CLEARED: "Bank line explained",
    JournalKind.BANK_FEE: "Bank fee",
    JournalKind.RUNNING_COST: "Cost of running the fund",
    JournalKind.INVESTED: "Money invested",
    JournalKind.REVALUED: "Investments valued",
    JournalKind.SOLD: "Investments sold",
    JournalKind.UPLIFT: "Raised with prices",
    JournalKind.VARIED: "Agreement varied",
    JournalKind.ALLOCATION_RETURNED: "Money set aside returned to the fund",
    JournalKind.STRAND_TRANSFER: "Moved to another purpose",
    JournalKind.CLAWBACK_RAISED: "Money asked back",
    JournalKind.CLAWBACK_RECEIVED: "Money came back",
    JournalKind.CLAWBACK_WITHDRAWN: "Claim withdrawn",
    JournalKind.CLAWBACK_OVERTAKEN: "Claim overtaken by a returned payment",
    JournalKind.WRITTEN_OFF: "Debt written off",
    JournalKind.REVERSAL: "Correction of a clerical error",
}

# What the bank, the calendar or the other party decides needs no second officer; everything else does.
LONE_KINDS = frozenset(
    {
        JournalKind.WAVE_RECEIVED,
        JournalKind.INTEREST,
        JournalKind.ACCEPTED,
        JournalKind.RELEASED,
        JournalKind.CONFIRMED,
        JournalKind.REJECTED,
        JournalKind.RETURNED,
        JournalKind.RETURN_REVERSED,
        JournalKind.LAPSED,
        JournalKind.UNKNOWN_LINE,
        JournalKind.BANK_FEE,
        JournalKind.UPLIFT,
        JournalKind.CLAWBACK_RECEIVED,
    }
)
# These change what the fund owns, so their promise lines do not net to zero within a strand.
OWNING_KINDS = frozenset(
    {
        JournalKind.WAVE_RECEIVED,
        JournalKind.INTEREST,
        JournalKind.UNKNOWN_LINE,
        JournalKind.UNKNOWN_CLEARED,
        JournalKind.REVALUED,
        JournalKind.SOLD,
        JournalKind.STRAND_TRANSFER,
        JournalKind.CLAWBACK_RAISED,
        JournalKind.CLAWBACK_RECEIVED,
        JournalKind.CLAWBACK_WITHDRAWN,
        JournalKind.CLAWBACK_OVERTAKEN,
        JournalKind.WRITTEN_OFF,
        JournalKind.REVERSAL,
    }
)
# Money moved at the bank: the line is posted whatever it finds, in the open month where its own is closed.
BANK_KINDS = frozenset(
    {
        JournalKind.WAVE_RECEIVED,
        JournalKind.INTEREST,
        JournalKind.INVESTED,
        JournalKind.SOLD,
        JournalKind.CONFIRMED,
        JournalKind.RETURNED,
        JournalKind.RETURN_REVERSED,
        JournalKind.CLAWBACK_RECEIVED,
        JournalKind.RUNNING_COST,
        JournalKind.BANK_FEE,
        JournalKind.UNKNOWN_LINE,
    }
)
# Entries that stand by themselves in the books: one made in error can be reversed.
CLERICAL_KINDS = frozenset(
    {
        JournalKind.STRAND_TRANSFER,
        JournalKind.UNKNOWN_CLEARED,
    }
)
PAYMENT_KINDS = frozenset(
    {
        JournalKind.RELEASED,
        JournalKind.RELEASE_WITHDRAWN,
        JournalKind.INSTRUCTED,
        JournalKind.TAKEN_OUT,
        JournalKind.CONFIRMED,
        JournalKind.REJECTED,
        JournalKind.RETURNED,
        JournalKind.RETURN_REVERSED,
    }
)


def why_not_reversed(kind: JournalKind) -> str:
    """Why a journal of this kind is never reversed, in one sentence; empty where it may be."""
    if kind in CLERICAL_KINDS:
        return ""
    if kind is JournalKind.REVERSAL:
        return "A correction is not corrected again: what should stand is posted anew."
    if kind in PAYMENT_KINDS:
        return "A step of a payment happened; what undoes it is another step, such as a return."
    if kind in BANK_KINDS:
        return "The bank moved this money; what undoes it is another line of the bank."
    return "This follows from an agreement, an allocation, a valuation or a claim, and changes only with it."


# A line as plain values, in the order of `Line`: account, source, pence, strand, place, agreement.
Row = tuple[str, int, int, str | None, int | None, int | None]
_as_json = JSONEncoder(separators=(",", ":")).encode


class LedgerError(ValueError):
    """A journal that breaks the ledger's law; a mistake in code, never a person's."""


class Line(NamedTuple):
    """One line of a journal. `source`, `neighbourhood` and `agreement` are primary keys."""

    account: Account
    source: int
    amount_pence: int
    strand: Strand | None = None
    neighbourhood: int | None = None
    agreement: int | None = None


class Purse(NamedTuple):
    """Whose money a movement touches: everything a line says except the account and the amount."""

    source: int
    strand: Strand | None = None
    neighbourhood: int | None = None
    agreement: int | None = None

    def move(self, debit: Account, credit: Account, pence: int) -> list[Line]:
        """The two lines that debit one account and credit another."""
        return [self.debit(debit, pence), self.credit(credit, pence)]

    def debit(self, account: Account, pence: int) -> Line:
        """A line that debits an account; accounts without strands carry the source alone."""
        if account in STRANDLESS:
            return Line(account, self.source, pence)
        return Line(account, self.source, pence, self.strand, self.neighbourhood, self.agreement)

    def credit(self, account: Account, pence: int) -> Line:
        """A line that credits an account."""
        return self.debit(account, -pence)


def merge(lines: Iterable[Line]) -> list[Line]:
    """Add up lines that differ only in amount and drop those that come to nothing; order is kept."""
    totals: dict[tuple[Account, int, Strand | None, int | None, int | None], int] = defaultdict(int)
    for account, source, pence, strand, neighbourhood, agreement in lines:
        totals[account, source, strand, neighbourhood, agreement] += pence
    return [Line(key[0], key[1], amount, *key[2:]) for key, amount in totals.items() if amount]


def check(kind: JournalKind, lines: Sequence[Line]) -> None:
    """Refuse a journal that breaks the law of the ledger.

    Raises:
        LedgerError: Fewer than two lines, a line of nothing, a strand missing or too many, a source that does not sum
            to zero, or promises that leave their strand.
    """
    if len(lines) < 2:
        raise LedgerError("A journal needs at least two lines.")
    by_source: dict[int, int] = defaultdict(int)
    by_strand: dict[tuple[int, Strand | None], int] = defaultdict(int)
    for account, source, pence, strand, _, _ in lines:
        if pence == 0:
            raise LedgerError("A line must move something.")
        if (strand is None) != (account in STRANDLESS):
            raise LedgerError(f"{account} has the wrong strand: {strand}.")
        by_source[source] += pence
        if account not in ASSETS:
            by_strand[source, strand] += pence
    if any(by_source.values()):
        raise LedgerError(f"Sources must each sum to zero: {dict(by_source)}.")
    if kind not in OWNING_KINDS and any(by_strand.values()):
        raise LedgerError(f"Promises must stay in their strand: {dict(by_strand)}.")


def obeys(kind: str, rows: Sequence[Row]) -> bool:
    """Whether `check` would let lines pass, for whoever reads a whole ledger as plain values."""
    by_source: dict[int, int] = defaultdict(int)
    by_strand: dict[tuple[int, str | None], int] = defaultdict(int)
    for account, source, pence, strand, _, _ in rows:
        if pence == 0 or (strand is None) != (account in STRANDLESS):
            return False
        by_source[source] += pence
        if account not in ASSETS:
            by_strand[source, strand] += pence
    if len(rows) < 2 or any(by_source.values()):
        return False
    return kind in OWNING_KINDS or not any(by_strand.values())


def content_hash(kind: JournalKind, lines: Sequence[Line], *, effective_on: str, reference: str) -> str:
    """What a journal says, as 64 hexadecimal digits; a second request under the same key must say the same.

    Who asked is left out, so that a retry by another worker is still the same request. Line order counts.
    """
    return hash_of_rows(kind, lines, effective_on=effective_on, reference=reference)


def hash_of_rows(kind: str, rows: Sequence[Row], *, effective_on: str, reference: str) -> str:
    """`content_hash` of lines as plain values."""
    return sha256(_as_json([kind, effective_on, reference, rows]).encode()).hexdigest()


@dataclass(frozen=True)
class Position:
    """What one source has free and what weighs on it, in pence; the weights are not negative."""

    free_pence: int
    contingency_pence: int = 0
    unrealised_loss_pence: int = 0
    haircut_pence: int = 0


def headroom_pence(position: Position) -> int:
    """How much more may be promised from one source: free money less the risk that contingency does not cover.

    Unrealised gains never count. The result may be negative after a market fall, and then nothing may be promised.
    """
    weight = position.haircut_pence + position.unrealised_loss_pence - position.contingency_pence
    return position.free_pence - max(0, weight)


HAIRCUT_PCT = {"gilts": 0, "bonds": 5, "equities": 20}


def haircut_pence(value_by_class: dict[str, int]) -> int:
    """What to hold back against investments by class, rounded up to the penny.

    Raises:
        KeyError: A class without a known haircut.
    """
    exact = sum((Fraction(value * HAIRCUT_PCT[name], 100) for name, value in value_by_class.items()), Fraction(0))
    return -(-exact.numerator // exact.denominator)
