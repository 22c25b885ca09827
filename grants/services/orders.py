"""Money that finance sends or expects: proposed by one, confirmed by another, posted when the bank's line comes."""

from dataclasses import dataclass
from datetime import date

from cwf_portal.core.audit import Actor, acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain import postings
from grants.domain.award import Strand, split_wave
from grants.domain.investments import part_of, split_gain
from grants.domain.ledger import JournalKind, Line
from grants.errors import WrongStateError, in_pounds
from grants.models import FundOrder, Holding, HoldingEntry, Journal, Programme, Source
from grants.selectors.investments import awaited_pence
from grants.services.bank_references import known_by
from grants.services.headroom import lock_sources
from grants.services.posting import Entry, post_journal

Kind = FundOrder.Kind


@dataclass(frozen=True)
class Terms:
    """What an order says: how the bank's line is known, what it is for, and how much; interest has no amount."""

    bank_reference: str
    purpose: str
    amount_pence: int | None = None


def propose_purchase(*, by: User, holding: Holding, terms: Terms) -> FundOrder:
    """Propose to invest cash of the holding's source. Nothing is posted before the bank's line.

    Raises:
        NotAllowedError: `by` may not manage investments.
        DomainError: The terms are not whole, or the source has not that much cash.
        ConflictError: The reference stands for something else.
    """
    return _propose(by, FundOrder(kind=Kind.PURCHASE, holding=holding), terms, source=holding.source)


def propose_sale(*, by: User, holding: Holding, part_basis_points: int, terms: Terms) -> FundOrder:
    """Propose to sell a part of a holding; `terms.amount_pence` is what the contract note says the bank will credit.

    Raises:
        NotAllowedError: `by` may not manage investments.
        DomainError: The terms are not whole, or there is nothing to sell.
        ConflictError: The reference stands for something else.
    """
    if not 1 <= part_basis_points <= 10_000:
        raise DomainError("A sale is of a part of the holding.", mend="Enter between 0.01 and 100 per cent.")
    order = FundOrder(kind=Kind.SALE, holding=holding, part_basis_points=part_basis_points)
    return _propose(by, order, terms, source=holding.source)


def propose_running_cost(*, by: User, source: Source, programme: Programme, terms: Terms) -> FundOrder:
    """Propose to pay something that running the fund costs, from free money of that purpose.

    Raises:
        NotAllowedError: `by` may not manage investments.
        DomainError: The terms are not whole, or the purpose has not that much left.
        ConflictError: The reference stands for something else.
    """
    return _propose(by, FundOrder(kind=Kind.RUNNING_COST, programme=programme), terms, source=source)


def propose_interest(*, by: User, source: Source, programme: Programme, terms: Terms) -> FundOrder:
    """Propose a standing rule: every credit of this reference is interest of a source, divided as a wave is.

    Raises:
        NotAllowedError: `by` may not manage investments.
        DomainError: The terms are not whole.
        ConflictError: The reference stands for something else.
    """
    return _propose(by, FundOrder(kind=Kind.INTEREST, programme=programme), terms, source=source)


def confirm_order(*, by: User, order: FundOrder) -> FundOrder:
    """Confirm what another proposed; from now on the bank's line of its reference posts it. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not manage investments, or proposed this.
        WrongStateError: It was withdrawn.
        DomainError: The money is no longer there.
    """
    require(by, Permission.MANAGE_INVESTMENTS)
    with acting(by, "confirmed an order of finance"):
        order = FundOrder.objects.select_for_update(of=("self",)).select_related("source", "holding").get(pk=order.pk)
        if order.confirmed_at is not None:
            return order
        if order.withdrawn_at is not None:
            raise WrongStateError("This order was withdrawn.", mend="Propose it afresh.")
        if order.proposed_by_id == by.pk:
            raise NotAllowedError("You proposed this order.", mend="Ask a colleague in finance to confirm it.")
        _require_covered(order)
        order.confirmed_by, order.confirmed_at = by, core_now()
        order.save(update_fields=["confirmed_by", "confirmed_at"])
        return order


def withdraw_order(*, by: User, order: FundOrder) -> FundOrder:
    """Take an order back before the bank's line has come, or end a rule about interest. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not manage investments.
        WrongStateError: The bank's line is posted already.
    """
    require(by, Permission.MANAGE_INVESTMENTS)
    with acting(by, "withdrew an order of finance"):
        order = FundOrder.objects.select_for_update().get(pk=order.pk)
        if order.journal_id is not None:
            raise WrongStateError("The bank's line for this has come.", mend="Nothing can be taken back here.")
        if order.withdrawn_at is None:
            order.withdrawn_by, order.withdrawn_at = by, core_now()
            order.save(update_fields=["withdrawn_by", "withdrawn_at"])
        return order


def settle_order(*, by: Actor, order: FundOrder, amount_pence: int, value_on: date, statement_line: str) -> Journal:
    """Post a confirmed order that the bank's line carries out. The same line again changes nothing.

    Args:
        by: Who read the statement; `system:statements` for the machine.
        order: The order that the line's reference names.
        amount_pence: What moved, above zero.
        value_on: The bank's value date.
        statement_line: How the line is known in the statement, kept as the journal's reference.

    Raises:
        ConflictError: Another line has settled it, or nothing is left to sell.
    """
    with acting(by, f"the bank carried out {order.get_kind_display().lower()}"):
        order = (
            FundOrder.objects.select_for_update(of=("self",))
            .select_related("programme", "holding", "proposed_by", "confirmed_by")
            .get(pk=order.pk)
        )
        # Read after the lock: a journal joined to the locked row would still be the one from before the wait.
        if order.journal is not None:
            if order.journal.source_reference != statement_line:
                raise ConflictError(f"“{order}” was settled already.", mend="Explain the second line by hand.")
            return order.journal
        lock_sources()
        if order.kind == Kind.INTEREST:
            return _post_interest(by, order, amount_pence, value_on=value_on, statement_line=statement_line)
        lines, change = _lines(order, amount_pence)
        journal = post_journal(
            by=order.proposed_by,
            entry=Entry(
                kind=KINDS[Kind(order.kind)],
                key=f"order:{order.pk}",
                lines=lines,
                effective_on=value_on,
                reference=statement_line,
                approver=order.confirmed_by,
            ),
        )
        if change is not None and (change.value_pence or change.unrealised_pence):
            change.journal, change.effective_on = journal, value_on
            change.save()
        order.journal, order.settled_on = journal, value_on
        order.save(update_fields=["journal", "settled_on"])
        return journal


KINDS = {
    Kind.PURCHASE: JournalKind.INVESTED,
    Kind.SALE: JournalKind.SOLD,
    Kind.RUNNING_COST: JournalKind.RUNNING_COST,
}


def _propose(by: User, order: FundOrder, terms: Terms, *, source: Source) -> FundOrder:
    """Write the order down once; the same reference with the same content returns the first."""
    require(by, Permission.MANAGE_INVESTMENTS)
    if order.holding is not None:
        order.programme = order.holding.programme
    order.source = source
    order.amount_pence = terms.amount_pence
    order.bank_reference, order.purpose = terms.bank_reference.strip(), terms.purpose.strip()
    _require_whole(order)
    with acting(by, f"proposed {order.get_kind_display().lower()}"):
        fields = ("kind", "source", "programme", "holding", "part_basis_points", "amount_pence", "purpose")
        defaults = {name: getattr(order, name) for name in fields} | {"proposed_by": by}
        with known_by(order.bank_reference):
            kept, created = FundOrder.objects.get_or_create(bank_reference=order.bank_reference, defaults=defaults)
        if any(getattr(kept, name) != getattr(order, name) for name in fields):
            raise ConflictError(f"The reference {order.bank_reference} stands for something else: {kept}.")
        if created:
            _require_covered(kept)
        return kept


def _require_whole(order: FundOrder) -> None:
    if not order.bank_reference or not order.purpose:
        raise DomainError(
            "The bank's line needs a reference to be known by, and the books what it is for.", mend="Enter both."
        )
    if order.kind != Kind.INTEREST and (order.amount_pence or 0) < 1:
        raise DomainError("An order must move money.", mend="Enter an amount above zero.")
    if not order.source.is_spendable:
        raise DomainError(f"Nothing is ordered from “{order.source}”.", mend="Choose where the money comes from.")


def _require_covered(order: FundOrder) -> None:
    """Refuse, under the lock of the sources, what cash, the purpose or the holding does not cover."""
    standing = next(standing for standing in lock_sources() if standing.source.pk == order.source_id)
    asked = order.amount_pence or 0
    if order.kind == Kind.PURCHASE:
        left = standing.cash_pence - awaited_pence(order.source_id, Kind.PURCHASE, Kind.RUNNING_COST)
        if asked > left:
            raise DomainError(
                f"{in_pounds(asked)} is to be invested, but only {in_pounds(left)} of cash is not spoken for.",
                mend="Invest less, or wait for money to arrive.",
            )
    if order.kind == Kind.RUNNING_COST:
        left = standing.free_by_strand[Strand.RUNNING] - awaited_pence(order.source_id, Kind.RUNNING_COST)
        if asked > left:
            raise DomainError(
                f"{in_pounds(asked)} is to be paid, but only {in_pounds(left)} is left for running the fund.",
                mend="Pay less, or have two directors move money to this purpose.",
            )
    if order.kind == Kind.SALE and order.holding is not None:
        _require_sellable(order.holding)


def _require_sellable(holding: Holding) -> None:
    """A part is of what is held when the line comes, so one sale of a holding is awaited at a time."""
    if holding.entries.carried().value_pence < 1:
        raise DomainError(f"Nothing of “{holding}” is left to sell.", mend="Choose another holding.")
    if holding.orders.awaited().filter(kind=Kind.SALE).exists():
        raise DomainError(
            f"A sale of “{holding}” waits for the bank's line; what is left of it is known only then.",
            mend="Wait for that line, or withdraw that sale.",
        )


def _lines(order: FundOrder, amount_pence: int) -> tuple[list[Line], HoldingEntry | None]:
    """What the order posts, and what it changes about its holding."""
    if order.holding is None:
        return postings.spent_on_running(order.source_id, amount_pence), None
    if order.kind == Kind.PURCHASE:
        change = HoldingEntry(holding=order.holding, value_pence=amount_pence)
        return postings.invested(order.source_id, amount_pence), change
    sold = part_of(order.holding.entries.carried(), order.part_basis_points or 0)
    gain = amount_pence - sold.value_pence + sold.unrealised_pence
    lines = postings.sold(
        order.source_id,
        proceeds_pence=amount_pence,
        carrying_pence=sold.value_pence,
        unrealised_pence=sold.unrealised_pence,
        parts=split_gain(gain, order.programme.wave_pct),
    )
    change = HoldingEntry(holding=order.holding, value_pence=-sold.value_pence, unrealised_pence=-sold.unrealised_pence)
    return lines, change


def _post_interest(by: Actor, order: FundOrder, amount_pence: int, *, value_on: date, statement_line: str) -> Journal:
    return post_journal(
        by=by,
        entry=Entry(
            kind=JournalKind.INTEREST,
            key=f"interest:{statement_line}",
            lines=postings.received(order.source_id, split_wave(amount_pence, order.programme.wave_pct)),
            effective_on=value_on,
            reference=statement_line,
        ),
    )
