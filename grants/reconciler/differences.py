"""The kinds of difference, and what each says to a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LONGEST_SENTENCE = 300


class Kind(StrEnum):
    """What does not agree."""

    PAID_TWICE = "paid_twice"
    PAID_NOT_DUE = "paid_not_due"
    NOT_ASKED = "not_asked"
    NOT_INSTRUCTED = "not_instructed"
    UNANSWERED = "unanswered"
    AGREEMENT_DIFFERS = "agreement_differs"
    SCHEDULE_DIFFERS = "schedule_differs"
    LEDGER_DIFFERS = "ledger_differs"
    AMOUNT_DIFFERS = "amount_differs"
    ACCOUNT_DIFFERS = "account_differs"
    STATE_DIFFERS = "state_differs"
    CASH_DIFFERS = "cash_differs"
    PAID_DIFFERS = "paid_differs"
    LINE_DIFFERS = "line_differs"
    SUSPENSE_OLD = "suspense_old"
    STATEMENT_GAP = "statement_gap"


KIND_LABELS = {
    Kind.PAID_TWICE: "Paid twice",
    Kind.PAID_NOT_DUE: "Paid, but not due",
    Kind.NOT_ASKED: "Money went out that nobody asked for",
    Kind.NOT_INSTRUCTED: "Due, but never sent to the bank",
    Kind.UNANSWERED: "Sent, but the bank has not answered",
    Kind.AGREEMENT_DIFFERS: "Payments do not come to what was agreed",
    Kind.SCHEDULE_DIFFERS: "A payment does not follow from its agreement",
    Kind.LEDGER_DIFFERS: "The ledger does not hold what is promised",
    Kind.AMOUNT_DIFFERS: "The amount differs",
    Kind.ACCOUNT_DIFFERS: "The account is not the approved one",
    Kind.STATE_DIFFERS: "The portal says something else than the bank",
    Kind.CASH_DIFFERS: "The ledger’s cash is not the bank’s balance",
    Kind.PAID_DIFFERS: "The ledger’s payments are not the bank’s",
    Kind.LINE_DIFFERS: "A line was taken in otherwise than it came",
    Kind.SUSPENSE_OLD: "A line has stayed unexplained for long",
    Kind.STATEMENT_GAP: "A statement is missing or does not follow",
}
# Filled with `subject`, `expected` and `found` in pounds, `on` as a day, and `detail`.
SENTENCES = {
    Kind.PAID_TWICE: "{subject}: {expected} was due, the bank paid {found}.",
    Kind.PAID_NOT_DUE: "{subject}: the bank paid {found} on {on}. {detail}",
    Kind.NOT_ASKED: "{subject}: {found} left the account on {on} under {detail}, which is no payment of ours.",
    Kind.NOT_INSTRUCTED: "{subject}: {expected} was due to go on {on}; nothing holds it, and it is not with the bank.",
    Kind.UNANSWERED: "{subject}: {expected} should have arrived on {on}; no statement and no report tells of it.",
    Kind.AGREEMENT_DIFFERS: "{subject}: the agreement says {expected}, it stands at {found}. {detail}",
    Kind.SCHEDULE_DIFFERS: "{subject}: {detail}",
    Kind.LEDGER_DIFFERS: "{subject}: {expected} is expected, the ledger has {found}. {detail}",
    Kind.AMOUNT_DIFFERS: "{subject}: the schedule says {expected}, {detail} says {found}.",
    Kind.ACCOUNT_DIFFERS: "{subject}: {detail}",
    Kind.STATE_DIFFERS: "{subject}: {detail}",
    Kind.CASH_DIFFERS: "{subject}: the bank has {expected}, the ledger {found}.",
    Kind.PAID_DIFFERS: "{subject}: statements show {expected} paid, the ledger {found}.",
    Kind.LINE_DIFFERS: "{subject}: {detail}",
    Kind.SUSPENSE_OLD: "{subject}: {found}, unexplained since {on}. {detail}",
    Kind.STATEMENT_GAP: "{subject}: {detail}",
}


@dataclass(frozen=True)
class Difference:
    """One thing that does not agree. Pence as the records have it, None where no amount is meant.

    Attributes:
        subject: What it is about, in words: a payment, a statement, a line, a source.
        detail: What more there is to say; the sentences above show it where it helps.
    """

    kind: Kind
    subject: str
    expected_pence: int | None = None
    found_pence: int | None = None
    on: date | None = None
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The difference as a person reads it."""
        filled = SENTENCES[self.kind].format(
            subject=self.subject,
            expected=in_pounds(self.expected_pence or 0),
            found=in_pounds(self.found_pence or 0),
            on=f"{self.on:%-d %B %Y}" if self.on else "an unknown day",
            detail=self.detail,
        )
        return filled.strip()[:LONGEST_SENTENCE]


Row = tuple[str, str, int | None, int | None, date | None, str]


def from_rows(rows: Sequence[Row]) -> list[Difference]:
    """Rows of our queries: kind, subject, expected, found, day, detail."""
    return [
        Difference(Kind(kind), subject, _whole(expected), _whole(found), on, detail)
        for kind, subject, expected, found, on, detail in rows
    ]


def _whole(pence: int | None) -> int | None:
    """SQL's sums are decimals."""
    return None if pence is None else int(pence)


def in_pounds(pence: int) -> str:
    """Written here once more on purpose: 123456 → £1,234.56."""
    return f"{'-' if pence < 0 else ''}£{abs(pence) // 100:,}.{abs(pence) % 100:02d}"
