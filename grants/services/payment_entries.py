"""The journals of a payment's life: released, sent to the bank, confirmed, rejected, returned, withdrawn."""

from collections.abc import Iterable
from datetime import date

from cwf_portal.core.models import User
from grants.domain.award import Strand
from grants.domain.ledger import Account, JournalKind, Line, Purse, merge
from grants.models import Payment, Tranche
from grants.services.posting import Entry

Movement = tuple[Account, Account]  # debit, credit
MOVEMENTS: dict[JournalKind, tuple[Movement, ...]] = {
    JournalKind.RELEASED: ((Account.COMMITTED, Account.PAYABLE),),
    JournalKind.RELEASE_WITHDRAWN: ((Account.PAYABLE, Account.COMMITTED),),
    JournalKind.INSTRUCTED: ((Account.PAYABLE, Account.INSTRUCTED),),
    JournalKind.CONFIRMED: ((Account.INSTRUCTED, Account.PAID), (Account.APPLIED, Account.CASH)),
    JournalKind.REJECTED: ((Account.INSTRUCTED, Account.PAYABLE),),
    JournalKind.RETURNED: ((Account.PAID, Account.PAYABLE), (Account.CASH, Account.APPLIED)),
}


def payment_entry(
    kind: JournalKind, payment: Payment, *, effective_on: date, reference: str = "", approver: User | None = None
) -> Entry:
    """The journal of one step of one payment. `payment.tranche` comes with agreement, allocation and funding.

    The key holds the attempt's own reference and the kind, so each step of each attempt posts once.
    """
    return Entry(
        kind=kind,
        key=f"payment:{payment.end_to_end_id}:{kind.value}",
        lines=tranche_lines(payment.tranche, MOVEMENTS[kind]),
        effective_on=effective_on,
        reference=reference or payment.end_to_end_id,
        approver=approver,
    )


def tranche_lines(tranche: Tranche, movements: Iterable[Movement]) -> list[Line]:
    """Move all of a tranche, each source and strand by itself, through one or more pairs of accounts."""
    agreement = tranche.agreement
    lines: list[Line] = []
    for funding in tranche.funding.all():
        parts = ((Strand.PLACE, funding.amount_pence), (Strand.BODY_CONTRIBUTION, funding.contribution_pence))
        for strand, pence in parts:
            purse = Purse(funding.source_id, strand, agreement.allocation.neighbourhood_id, agreement.pk)
            for debit, credit in movements:
                if pence:
                    lines += purse.move(debit, credit, pence)
    return merge(lines)
