"""The journals of a payment's life: released, sent to the bank, confirmed, rejected, returned, withdrawn."""

from collections.abc import Sequence
from datetime import date

from cwf_portal.core.models import User
from grants.domain.award import Strand
from grants.domain.ledger import JournalKind, Line, Purse, merge
from grants.domain.postings import payment_step
from grants.models import Payment, Tranche
from grants.selectors.payments import funding_parts
from grants.services.posting import Entry


def payment_entry(
    kind: JournalKind, payment: Payment, *, effective_on: date, reference: str = "", approver: User | None = None
) -> Entry:
    """The journal of one step of one payment. `payment` comes from `payments_with_books`.

    The key holds the attempt's own reference and the kind, so each step of each attempt posts once.
    """
    return Entry(
        kind=kind,
        key=f"payment:{payment.end_to_end_id}:{kind.value}",
        lines=_tranche_lines(kind, payment.tranche),
        effective_on=effective_on,
        reference=reference or payment.end_to_end_id,
        approver=approver,
    )


def file_entry(payments: Sequence[Payment], *, effective_on: date, reference: str) -> Entry:
    """The one journal of a debit that pays for many payments. `payments` come from `payments_with_books`."""
    kind = JournalKind.CONFIRMED
    return Entry(
        kind=kind,
        key=f"line:{reference}:{kind.value}",
        lines=merge(line for payment in payments for line in _tranche_lines(kind, payment.tranche)),
        effective_on=effective_on,
        reference=reference,
    )


def _tranche_lines(kind: JournalKind, tranche: Tranche) -> list[Line]:
    """Move all of a tranche, each source and strand by itself."""
    agreement = tranche.agreement
    lines: list[Line] = []
    for funding in funding_parts(tranche):
        place_pence = funding.amount_pence + funding.uplift_pence
        parts = ((Strand.PLACE, place_pence), (Strand.BODY_CONTRIBUTION, funding.contribution_pence))
        for strand, pence in parts:
            purse = Purse(funding.source_id, strand, agreement.allocation.neighbourhood_id, agreement.pk)
            if pence:
                lines += payment_step(kind, purse, pence)
    return merge(lines)
