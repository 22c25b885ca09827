"""What a line of the bank's statement is about: a payment of ours, announced money, or nothing we know."""

from collections.abc import Sequence
from dataclasses import dataclass

from grants.domain.iso20022_camt053 import StatementEntry
from grants.errors import in_pounds
from grants.models import FundOrder, Payment, PaymentStatus, StatementLine, Wave
from grants.models.payment import FAILED
from grants.selectors.payments import payments_with_books

Match = StatementLine.Match
WITH_BANK = (PaymentStatus.INSTRUCTED, PaymentStatus.IN_DOUBT)


@dataclass(frozen=True)
class Finding:
    """One line and what it was matched with; `finding` says in words why it was not.

    `contradicts` is a payment that counts as failed and that the line debits: parked, and never paid again meanwhile.
    """

    entry: StatementEntry
    match: Match
    payment: Payment | None = None
    wave: Wave | None = None
    order: FundOrder | None = None
    finding: str = ""
    contradicts: Payment | None = None


def match_entries(entries: Sequence[StatementEntry]) -> list[Finding]:
    """Match every line, in order; three queries whatever their number. Payments found are locked.

    A payment is matched by its reference, its amount to the penny and its state: the same debit a second time, or a
    penny more, is nothing we asked for and goes to suspense.
    """
    references = {entry.end_to_end_id for entry in entries if entry.end_to_end_id}
    found = payments_with_books().filter(end_to_end_id__in=references).select_for_update(of=("self",))
    payments = {payment.end_to_end_id: payment for payment in found}
    texts = {entry.reference for entry in entries if not entry.end_to_end_id}
    awaited: dict[str, Wave | FundOrder] = {}
    for wave in Wave.objects.awaited().filter(bank_reference__in=texts):
        awaited[wave.bank_reference] = wave
    for order in FundOrder.objects.awaited().filter(bank_reference__in=texts):
        awaited[order.bank_reference] = order
    return [_match(entry, payments, awaited) for entry in entries]


def _match(entry: StatementEntry, payments: dict[str, Payment], awaited: dict[str, Wave | FundOrder]) -> Finding:
    payment = payments.get(entry.end_to_end_id)
    if payment is not None:
        return _match_payment(entry, payment)
    expected = awaited.get(entry.reference) if not entry.end_to_end_id else None
    if isinstance(expected, FundOrder):
        return _match_order(entry, expected, awaited)
    if expected is not None and entry.amount_pence > 0:
        # Taken out: a second line of the same statement must not bring the same wave twice.
        del awaited[entry.reference]
        return Finding(entry, Match.WAVE, wave=expected)
    return Finding(entry, Match.SUSPENSE, finding="The reference is neither a payment of ours nor announced money.")


def _match_order(entry: StatementEntry, order: FundOrder, awaited: dict[str, Wave | FundOrder]) -> Finding:
    """Match by direction and amount to the penny; interest has no amount and comes again under the same reference."""
    if order.kind == FundOrder.Kind.INTEREST:
        if entry.amount_pence < 0:
            return Finding(entry, Match.SUSPENSE, finding="Interest of this reference comes in; this line went out.")
        return Finding(entry, Match.ORDER, order=order)
    asked = order.amount_pence or 0
    if entry.amount_pence != (asked if order.kind == FundOrder.Kind.SALE else -asked):
        moved = in_pounds(entry.amount_pence)
        return Finding(entry, Match.SUSPENSE, finding=f"Our order is of {in_pounds(asked)}, the line of {moved}.")
    del awaited[entry.reference]
    return Finding(entry, Match.ORDER, order=order)


def _match_payment(entry: StatementEntry, payment: Payment) -> Finding:
    """Match by amount and state; the payment's state in memory follows, so that later lines see it."""
    if abs(entry.amount_pence) != payment.total_pence:
        asked, moved = in_pounds(payment.total_pence), in_pounds(entry.amount_pence)
        return Finding(entry, Match.SUSPENSE, finding=f"Our payment of this reference is {asked}, the line is {moved}.")
    if entry.amount_pence < 0 and payment.status in WITH_BANK:
        payment.status, payment.confirmed_on = PaymentStatus.CONFIRMED, entry.value_on
        return Finding(entry, Match.CONFIRMED, payment=payment)
    if entry.is_return and payment.status == PaymentStatus.CONFIRMED:
        payment.status, payment.failed_on = PaymentStatus.RETURNED, entry.value_on
        payment.reason_code = entry.reason_code
        return Finding(entry, Match.RETURNED, payment=payment)
    finding = f"Our payment of this reference is “{payment.get_status_display().lower()}” already."
    return Finding(entry, Match.SUSPENSE, finding=finding, contradicts=_contradicted(entry, payment))


def _contradicted(entry: StatementEntry, payment: Payment) -> Payment | None:
    """The payment that counts as not made, and that this line takes money for all the same."""
    return payment if entry.amount_pence < 0 and payment.status in FAILED else None
