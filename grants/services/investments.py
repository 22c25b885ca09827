"""Holdings and their valuations. A fall in value is posted whatever it breaks; then nothing new is promised."""

from datetime import date

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.investments import AssetClass
from grants.domain.ledger import JournalKind
from grants.domain.postings import revalued
from grants.errors import WrongStateError
from grants.models import Holding, HoldingEntry, Programme, Source, Valuation
from grants.selectors.books import books_open_from
from grants.selectors.days import today
from grants.services.headroom import lock_sources
from grants.services.posting import Entry, post_journal


def open_holding(*, by: User, source: Source, programme: Programme, asset_class: AssetClass, name: str) -> Holding:
    """Name something that a source may invest in. No money moves. The same name again returns the first.

    Raises:
        NotAllowedError: `by` may not manage investments.
        DomainError: No name, or a source that holds no money of its own.
        ConflictError: The name stands for a holding of another kind.
    """
    require(by, Permission.MANAGE_INVESTMENTS)
    if not name.strip():
        raise DomainError("A holding needs a name.", mend="Enter it as the manager's statement has it.")
    if not source.is_spendable:
        raise DomainError(f"Nothing is invested from “{source}”.", mend="Choose where the money comes from.")
    with acting(by, f"named the holding {name.strip()}"):
        holding, _ = Holding.objects.get_or_create(
            source=source,
            name=name.strip(),
            defaults={"programme": programme, "asset_class": asset_class.value, "opened_by": by},
        )
        if (holding.programme_id, holding.asset_class) != (programme.pk, asset_class.value):
            raise ConflictError(f"“{holding}” stands for another kind of investment already.")
        return holding


def propose_valuation(
    *, by: User, holding: Holding, valued_on: date, value_pence: int, statement_reference: str
) -> Valuation:
    """Propose what a statement says a holding is worth on a day. Proposing the same again returns the first.

    Raises:
        NotAllowedError: `by` may not manage investments.
        DomainError: No statement is named, the value is below zero, or the day does not follow.
        ConflictError: Another valuation of this holding waits.
    """
    require(by, Permission.MANAGE_INVESTMENTS)
    if not statement_reference.strip():
        raise DomainError("A valuation comes from a statement.", mend="Enter the statement's reference.")
    if value_pence < 0:
        raise DomainError("A holding is never worth less than nothing.", mend="Enter zero or more.")
    with acting(by, f"proposed a valuation of {holding}"):
        holding = Holding.objects.select_for_update(no_key=True).get(pk=holding.pk)
        said = {"valued_on": valued_on, "value_pence": value_pence, "statement_reference": statement_reference.strip()}
        waiting = holding.valuations.proposed().first()
        if waiting is not None:
            if all(getattr(waiting, name) == value for name, value in said.items()):
                return waiting
            raise ConflictError("A valuation of this holding waits already.", mend="Confirm or withdraw it first.")
        _require_next(holding, valued_on)
        return Valuation.objects.create(holding=holding, proposed_by=by, **said)


def confirm_valuation(*, by: User, valuation: Valuation) -> Valuation:
    """Confirm a valuation and post the gain or loss, however large. Confirming twice changes nothing.

    Raises:
        NotAllowedError: `by` may not manage investments, or proposed it.
        WrongStateError: It was withdrawn.
        DomainError: The holding was bought or sold since the day of the valuation.
    """
    require(by, Permission.MANAGE_INVESTMENTS)
    with acting(by, "confirmed a valuation"):
        holding = Holding.objects.select_for_update(no_key=True).get(pk=valuation.holding_id)
        valuation = Valuation.objects.select_for_update(of=("self",)).select_related("proposed_by").get(pk=valuation.pk)
        if valuation.confirmed_at is not None:
            return valuation
        if valuation.withdrawn_at is not None:
            raise WrongStateError("This valuation was withdrawn.", mend="Propose it afresh.")
        if valuation.proposed_by_id == by.pk:
            raise NotAllowedError("You proposed this valuation.", mend="Ask a colleague in finance to confirm it.")
        lock_sources()
        _require_next(holding, valuation.valued_on)
        valuation.confirmed_by, valuation.confirmed_at = by, core_now()
        valuation.save(update_fields=["confirmed_by", "confirmed_at"])
        _post_change(holding, valuation)
        return valuation


def withdraw_valuation(*, by: User, valuation: Valuation) -> Valuation:
    """Take a valuation back that nobody has confirmed. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not manage investments.
        WrongStateError: It is posted already.
    """
    require(by, Permission.MANAGE_INVESTMENTS)
    with acting(by, "withdrew a valuation"):
        valuation = Valuation.objects.select_for_update().get(pk=valuation.pk)
        if valuation.confirmed_at is not None:
            raise WrongStateError("This valuation is posted.", mend="Propose the next one; there is no going back.")
        if valuation.withdrawn_at is None:
            valuation.withdrawn_by, valuation.withdrawn_at = by, core_now()
            valuation.save(update_fields=["withdrawn_by", "withdrawn_at"])
        return valuation


def _require_next(holding: Holding, valued_on: date) -> None:
    """A valuation is never of the future, never before the last one, and never of another quantity than is held."""
    if valued_on > today():
        raise DomainError("A valuation is never of a day to come.", mend="Enter the day of the statement.")
    last = holding.valuations.standing().first()
    if last is not None and valued_on <= last.valued_on:
        raise DomainError(
            f"“{holding}” was valued on {last.valued_on} already; valuations never go back.",
            mend="Enter a later statement.",
        )
    moved = holding.entries.order_by("-effective_on").first()
    if moved is None:
        raise DomainError(f"Nothing of “{holding}” is held.", mend="Buy it first.")
    if valued_on < moved.effective_on:
        raise DomainError(
            f"“{holding}” was bought, sold or valued on {moved.effective_on}, after the day of this statement.",
            mend="Ask for a statement of that day or later.",
        )


def _post_change(holding: Holding, valuation: Valuation) -> None:
    change = valuation.value_pence - holding.entries.carried().value_pence
    if not change:
        return
    journal = post_journal(
        by=valuation.proposed_by,
        entry=Entry(
            kind=JournalKind.REVALUED,
            key=f"valuation:{valuation.pk}",
            lines=revalued(holding.source_id, change),
            # A statement of a month that is closed comes in all the same, on the first day that is open.
            effective_on=max(valuation.valued_on, books_open_from()),
            reference=valuation.statement_reference,
            approver=valuation.confirmed_by,
        ),
    )
    HoldingEntry.objects.create(
        holding=holding,
        journal=journal,
        effective_on=valuation.valued_on,
        value_pence=change,
        unrealised_pence=change,
    )
