"""The journals of a payment's life: released, sent to the bank, confirmed, rejected, returned, withdrawn."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from cwf_portal.core.models import User
from grants.domain.award import Strand
from grants.domain.ledger import JournalKind, Line, Purse, merge
from grants.domain.postings import payment_step
from grants.selectors.payments import Part
from grants.services.posting import Entry


class Payable(Protocol):
    """What a payment's journals say of it."""

    end_to_end_id: str
    agreement_pk: int
    place_pk: int
    parts: tuple[Part, ...]


def payment_entry(
    kind: JournalKind,
    payment: Payable,
    *,
    effective_on: date,
    reference: str = "",
    approver: User | None = None,
    turn: int = 1,
) -> Entry:
    """The journal of one step of one payment.

    The key holds the attempt's own reference, the kind and the payment's turn, so each step of each attempt posts once.
    """
    return Entry(
        kind=kind,
        key=f"payment:{payment.end_to_end_id}:{kind}" + (f":{turn}" if turn > 1 else ""),
        lines=merge(_lines(kind, payment)),
        effective_on=effective_on,
        reference=reference or payment.end_to_end_id,
        approver=approver,
    )


def file_entry(payments: Sequence[Payable], *, effective_on: date, reference: str) -> Entry:
    """The one journal of a debit that pays for many payments."""
    kind = JournalKind.CONFIRMED
    return Entry(
        kind=kind,
        key=f"line:{reference}:{kind}",
        lines=merge(line for payment in payments for line in _lines(kind, payment)),
        effective_on=effective_on,
        reference=reference,
    )


def _lines(kind: JournalKind, payment: Payable) -> list[Line]:
    """Move all of a payment, each source and strand by itself."""
    lines: list[Line] = []
    for source, *pence_by_strand in payment.parts:
        for strand, pence in zip((Strand.PLACE, Strand.BODY_CONTRIBUTION), pence_by_strand, strict=True):
            if pence:
                lines += payment_step(kind, Purse(source, strand, payment.place_pk, payment.agreement_pk), pence)
    return lines
