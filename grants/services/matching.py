"""What a line of the bank's statement is about: a payment of ours, announced money, or nothing we know."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from django.db.models import Q

from cwf_portal.core.bulk import among_texts
from grants.domain.bulk_debit import Owed, paid_by
from grants.domain.iso20022_camt053 import StatementEntry
from grants.domain.references import is_reference
from grants.errors import in_pounds
from grants.models import (
    Clawback,
    FundOrder,
    Payment,
    PaymentStatus,
    StatementLine,
    Tranche,
    TrancheStatus,
    Wave,
)
from grants.models.payment import FAILED
from grants.selectors.clawbacks import asked_back, claims_awaited
from grants.selectors.payments import Attempt, locked_attempts

Match = StatementLine.Match
NOT_KNOWN = "The reference is neither a payment of ours nor announced money."
WITH_BANK = (PaymentStatus.INSTRUCTED, PaymentStatus.IN_DOUBT)


class OfFile(Protocol):
    """What tells which payments of a file a debit is of."""

    @property
    def pk(self) -> int: ...

    @property
    def total_pence(self) -> int: ...

    @property
    def arrive_on(self) -> date: ...


Paid = TypeVar("Paid", bound=OfFile)


@dataclass(frozen=True)
class Finding:
    """One line and what it was matched with; `finding` says in words why it was not.

    `contradicts` is a payment that counts as failed and that the line debits: parked, and never paid again meanwhile.
    `paid` are the payments that one debit pays for together, of the run with the primary key `run`. `turn` is the
    payment's once the line counts.
    """

    entry: StatementEntry
    match: Match
    payment: Attempt | None = None
    wave: Wave | None = None
    order: FundOrder | None = None
    clawback: Clawback | None = None
    run: int | None = None
    paid: tuple[Attempt, ...] = ()
    finding: str = ""
    contradicts: Attempt | None = None
    turn: int = 1


@dataclass(frozen=True)
class Known:
    """What lines can be about. Entries that a line uses up go from `awaited`; `open_pence` falls with each claim paid.

    Attributes:
        payments: Ours, by their reference.
        files: Payments of ours by the name of the file that a debit without their reference names.
        awaited: Announced money and orders, by theirs.
        claims: Money asked back, by the reference that the organisation was given.
        open_pence: What is still open of each claim.
        asked_back: Agreements of which money was asked back; what comes back of them is looked at by people.
        waiting: Payments to be made, locked, that came back and that nobody tries again yet.
    """

    payments: dict[str, Attempt]
    files: dict[str, list[Attempt]]
    awaited: dict[str, Wave | FundOrder]
    claims: dict[str, Clawback]
    open_pence: dict[str, int]
    asked_back: set[int]
    waiting: set[int]


def match_entries(entries: Sequence[StatementEntry], *, parked: Mapping[str, str] | None = None) -> list[Finding]:
    """Match every line, a return never before its debit; as many queries whatever their number. Payments are locked.

    Args:
        entries: The lines of a statement, in its order.
        parked: Lines that the ledger refused, by the bank's reference, each with why: left to people.

    A payment is matched by its reference, its amount to the penny and its state: the same debit a second time, or a
    penny more, is nothing we asked for and goes to suspense.
    """
    ours = Q(end_to_end_id__in=among_texts({entry.end_to_end_id for entry in entries if entry.end_to_end_id}))
    files = {name for entry in entries for name in _files_named(entry)}
    if files:
        ours |= Q(run__message_id__in=files)
    payments = {payment.end_to_end_id: payment for payment in locked_attempts(Payment.objects.filter(ours))}
    texts = {entry.reference for entry in entries if not entry.end_to_end_id}
    awaited: dict[str, Wave | FundOrder] = {}
    for wave in Wave.objects.awaited().filter(bank_reference__in=texts):
        awaited[wave.bank_reference] = wave
    for order in FundOrder.objects.awaited().filter(bank_reference__in=texts):
        awaited[order.bank_reference] = order
    came_in = [entry for entry in entries if entry.amount_pence > 0]
    names = {text for entry in came_in for text in (entry.end_to_end_id, entry.reference) if text}
    claims = {claim.reference: claim for claim in claims_awaited().filter(reference__in=names)} if names else {}
    returned = {one.end_to_end_id for one in entries if one.is_return or one.is_taken_back} & payments.keys()
    taken_back = {one.end_to_end_id for one in entries if one.is_taken_back} & payments.keys()
    known = Known(
        payments=payments,
        files={
            name: [payment for payment in payments.values() if payment.message_id == name] for name in sorted(files)
        },
        awaited=awaited,
        claims=claims,
        open_pence={key: claim.total_pence - vars(claim)["came_pence"] for key, claim in claims.items()},
        asked_back=asked_back({payments[key].agreement_pk for key in returned}) if returned else set(),
        waiting=not_tried_again([payments[key] for key in taken_back]),
    )
    left = parked or {}
    early = [one for one in entries if one.is_return and _is_before_its_debit(one, entries, known)]
    ordered = [*(one for one in entries if one not in early), *early] if early else entries
    return [
        Finding(entry, Match.SUSPENSE, finding=left[entry.bank_reference], contradicts=_denied(entry, known))
        if entry.bank_reference in left
        else _match(entry, known)
        for entry in ordered
    ]


def _is_before_its_debit(entry: StatementEntry, entries: Sequence[StatementEntry], known: Known) -> bool:
    """Whether a return stands above the debit that it gives back, as banks list what came in before what went out."""
    payment = known.payments.get(entry.end_to_end_id)
    if payment is None or payment.status not in WITH_BANK:
        return False
    alike = [one for one in entries if one.end_to_end_id == entry.end_to_end_id]
    return alike[0].amount_pence > 0 and any(one.amount_pence < 0 for one in alike)


def not_tried_again(payments: Collection[Attempt]) -> set[int]:
    """The tranches of these payments that stand released, with no other attempt under way. Two queries, or none.

    They are locked, so that no run claims one meanwhile.
    """
    released = (TrancheStatus.PAYABLE, TrancheStatus.INSTRUCTED, TrancheStatus.PAID)
    tranches = Tranche.objects.filter(pk__in=[payment.tranche_pk for payment in payments], status__in=released)
    locked = {tranche.pk for tranche in tranches.order_by("pk").select_for_update()} if payments else set()
    tried = Payment.objects.live().filter(tranche__in=locked).exclude(pk__in=[payment.pk for payment in payments])
    return locked - set(tried.values_list("tranche", flat=True)) if locked else locked


def _match(entry: StatementEntry, known: Known) -> Finding:
    payment = known.payments.get(entry.end_to_end_id)
    if payment is not None:
        return _match_payment(entry, payment, known)
    claim = known.claims.get(entry.end_to_end_id) or known.claims.get(entry.reference)
    if claim is not None and entry.amount_pence > 0:
        return _match_claim(entry, claim, known)
    expected = known.awaited.get(entry.reference) if not entry.end_to_end_id else None
    if isinstance(expected, FundOrder):
        return _match_order(entry, expected, known.awaited)
    if expected is not None:
        return _match_wave(entry, expected, known.awaited)
    for name in _files_named(entry):
        if paid := _paid_together(entry, known.files[name]):
            return Finding(entry, Match.FILE, run=paid[0].run_pk, paid=paid)
    return Finding(entry, Match.SUSPENSE, finding=NOT_KNOWN)


def _files_named(entry: StatementEntry) -> list[str]:
    """Words of a debit's text that may be the name of a payment file; what names a payment names no file."""
    is_bulk = entry.amount_pence < 0 and not entry.end_to_end_id
    return [word for word in entry.reference.split() if is_reference(word)] if is_bulk else []


def _paid_together(entry: StatementEntry, payments: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """The payments of a file that a debit pays for; their state in memory follows, so that later lines see it."""
    owed = [payment for payment in payments if payment.status in WITH_BANK]
    paid = paid_for(owed, pence=-entry.amount_pence, value_on=entry.value_on, count=entry.payment_count)
    for payment in paid:
        payment.status, payment.confirmed_on = PaymentStatus.CONFIRMED, entry.value_on
    return tuple(paid)


def paid_for(payments: Sequence[Paid], *, pence: int, value_on: date, count: int | None = None) -> list[Paid]:
    """Those of a file's payments that one debit pays for: all of them, or those of one day, or none."""
    owed = [Owed(payment.pk, payment.total_pence, payment.arrive_on) for payment in payments]
    keys = set(paid_by(owed, pence=pence, value_on=value_on, count=count))
    return [payment for payment in payments if payment.pk in keys]


def _match_wave(entry: StatementEntry, wave: Wave, awaited: dict[str, Wave | FundOrder]) -> Finding:
    """Match announced money to the penny; any other sum under its reference is for people to look at."""
    if entry.amount_pence != wave.announced_pence:
        asked, moved = in_pounds(wave.announced_pence), in_pounds(entry.amount_pence)
        return Finding(
            entry, Match.SUSPENSE, finding=f"{asked} was announced under this reference, the line is {moved}."
        )
    # Taken out: a second line of the same statement must not bring the same wave twice.
    del awaited[entry.reference]
    return Finding(entry, Match.WAVE, wave=wave)


def _match_claim(entry: StatementEntry, claim: Clawback, known: Known) -> Finding:
    """Match what pays a claim, whole or in part; more than is open is for people to look at."""
    still = known.open_pence[claim.reference]
    if entry.amount_pence > still:
        came = in_pounds(entry.amount_pence)
        return Finding(entry, Match.SUSPENSE, finding=f"{in_pounds(still)} of our claim is open, the line is {came}.")
    known.open_pence[claim.reference] -= entry.amount_pence
    return Finding(entry, Match.CLAWBACK, clawback=claim)


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


def _match_payment(entry: StatementEntry, payment: Attempt, known: Known) -> Finding:
    """Match by amount and state; the payment's state in memory follows, so that later lines see it."""
    if abs(entry.amount_pence) != payment.total_pence:
        asked, moved = in_pounds(payment.total_pence), in_pounds(entry.amount_pence)
        return Finding(entry, Match.SUSPENSE, finding=f"Our payment of this reference is {asked}, the line is {moved}.")
    if entry.amount_pence < 0 and payment.status in WITH_BANK:
        payment.status, payment.confirmed_on = PaymentStatus.CONFIRMED, entry.value_on
        return Finding(entry, Match.CONFIRMED, payment=payment)
    if entry.is_return and payment.agreement_pk in known.asked_back:
        # Posted blindly it could take more out of what was paid than is left there beside the claim.
        return Finding(entry, Match.SUSPENSE, finding="It came back after money of this agreement was asked back.")
    if entry.is_taken_back and payment.agreement_pk in known.asked_back:
        finding = "The bank takes a return back, and money of this agreement was asked back. Two people look at both."
        return Finding(entry, Match.SUSPENSE, finding=finding, contradicts=_contradicted(entry, payment))
    if entry.is_return and payment.status == PaymentStatus.CONFIRMED:
        payment.status, payment.failed_on = PaymentStatus.RETURNED, entry.value_on
        payment.reason_code = entry.reason_code
        return Finding(entry, Match.RETURNED, payment=payment, turn=payment.turn)
    if entry.is_taken_back and payment.status == PaymentStatus.RETURNED:
        return _match_taken_back(entry, payment, known)
    finding = f"Our payment of this reference is “{payment.stands}” already."
    if entry.amount_pence < 0 and payment.status in (PaymentStatus.CONFIRMED, PaymentStatus.RETURNED):
        finding += " Ask the bank to give this debit back: its credit then cancels this line."
    return Finding(entry, Match.SUSPENSE, finding=finding, contradicts=_contradicted(entry, payment))


def _match_taken_back(entry: StatementEntry, payment: Attempt, known: Known) -> Finding:
    """The bank debits what it had given back: the payment stands, unless it is on its way once more."""
    if payment.tranche_pk not in known.waiting:
        finding = (
            "The bank takes its return back, but this is tried again or changed since. Ask the bank for one of both."
        )
        return Finding(entry, Match.SUSPENSE, finding=finding, contradicts=payment)
    stands(payment, on=entry.value_on)
    return Finding(entry, Match.STANDS, payment=payment, turn=payment.turn)


def stands(payment: Attempt, *, on: date) -> None:
    """In memory: what came back is paid after all, and what comes of it next is another turn."""
    payment.status, payment.confirmed_on, payment.turn = PaymentStatus.CONFIRMED, on, payment.turn + 1
    payment.failed_on, payment.reason_code = None, ""


def _denied(entry: StatementEntry, known: Known) -> Attempt | None:
    payment = known.payments.get(entry.end_to_end_id)
    return _contradicted(entry, payment) if payment is not None else None


def _contradicted(entry: StatementEntry, payment: Attempt) -> Attempt | None:
    """The payment that counts as not made, and that this line takes money for all the same."""
    return payment if entry.amount_pence < 0 and payment.status in FAILED else None
