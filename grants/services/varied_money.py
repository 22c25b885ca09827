"""The money of a varied schedule: who gives what of each payment, what rises, and what the ledger says of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from grants.domain.award import Strand
from grants.domain.indexation import IndexedTranche, reserve_at_cap, rise
from grants.domain.ledger import Account, Line, Purse, merge
from grants.domain.postings import varied
from grants.domain.shares import share_out, split_cumulatively
from grants.errors import HeadroomError
from grants.models import Agreement, Tranche, TrancheStatus, VariationLine
from grants.selectors.ledger import allocated_by_source, reserved_by_source
from grants.services.headroom import require_headroom
from grants.services.uplift import STANDING, funded, indexed_tranche, rates_so_far

Row = list[int]


@dataclass(frozen=True)
class MoneyPlan:
    """What each source gives of each payment still to come, in the order of `sources`, and what it keeps for prices."""

    sources: tuple[int, ...]
    places: Sequence[Row]
    bodies: Sequence[Row]
    uplifts: Sequence[Row]
    reserve: Row
    closed_uplift_pence: int

    @property
    def uplift_cap_pence(self) -> int:
        """What prices have added and may still add, over the whole term."""
        return self.closed_uplift_pence + sum(map(sum, self.uplifts)) + sum(self.reserve)


def plan_money(agreement: Agreement, tranches: Sequence[Tranche], lines: Sequence[VariationLine]) -> MoneyPlan:
    """Divide the planned payments among sources as the open ones were, and work out anew how they rise.

    Raises:
        HeadroomError: More is planned than what is left and what is set aside for the place.
    """
    open_ones = [tranche for tranche in tranches if tranche.status in STANDING]
    before = _by_source(open_ones)
    allocated = allocated_by_source(agreement.allocation.neighbourhood_id)
    sources = tuple(sorted(before.keys() | allocated.keys()))
    amounts = [line.amount_pence for line in lines]
    given = _places_by_source(
        [before.get(source, 0) for source in sources], sum(amounts), left=[allocated.get(one, 0) for one in sources]
    )
    places = split_cumulatively(amounts, given)
    contributions = [line.contribution_pence for line in lines]
    bodies = split_cumulatively(contributions, share_out(sum(contributions), given))
    closed = [
        indexed_tranche(tranche, funded(tranche), sources) for tranche in tranches if tranche.status not in STANDING
    ]
    none = (0,) * len(sources)
    planned = [IndexedTranche(line.year, tuple(row), none) for line, row in zip(lines, places, strict=True)]
    rates = rates_so_far(agreement)
    within = _kept_or_given(agreement, open_ones, sources)
    rows = rise(agreement.index_terms, [*closed, *planned], rates, within=within)[len(closed) :]
    risen = [IndexedTranche(one.year, one.parts, tuple(row)) for one, row in zip(planned, rows, strict=True)]
    return MoneyPlan(
        sources=sources,
        places=places,
        bodies=bodies,
        uplifts=rows,
        reserve=reserve_at_cap(agreement.index_terms, [*closed, *risen], rates=rates),
        closed_uplift_pence=sum(sum(one.given) for one in closed),
    )


def _by_source(tranches: Sequence[Tranche]) -> dict[int, int]:
    totals: dict[int, int] = defaultdict(int)
    for tranche in tranches:
        for part in tranche.funding.all():
            totals[part.source_id] += part.amount_pence
    return totals


def _places_by_source(before: Row, wanted: int, *, left: Row) -> Row:
    """What each source gives: as much as before, in proportion; what is more comes from what the place has left."""
    more = wanted - sum(before)
    if more <= 0:
        return share_out(wanted, before)
    if more > sum(left):
        raise HeadroomError(wanted_pence=more, available_pence=sum(left), what="this place on top")
    return [had + extra for had, extra in zip(before, share_out(more, left), strict=True)]


def _kept_or_given(agreement: Agreement, open_ones: Sequence[Tranche], sources: Sequence[int]) -> Row:
    kept = reserved_by_source(agreement.pk)
    given = [indexed_tranche(tranche, funded(tranche), sources).given for tranche in open_ones]
    return [kept.get(source, 0) + sum(row[index] for row in given) for index, source in enumerate(sources)]


@dataclass(frozen=True)
class Change:
    """How one strand of one source changes, in pence: accounts of the agreement, and what was promised in all."""

    purse: Purse
    by_account: dict[Account, int]
    base_pence: int

    @property
    def from_free_pence(self) -> int:
        """What more is taken from free money; below zero what is given back."""
        taken = sum(self.by_account.values())
        return taken if self.purse.strand is Strand.BODY_CONTRIBUTION else taken - self.base_pence


def changes(
    agreement: Agreement, tranches: Sequence[Tranche], plan: MoneyPlan, *, statuses: Sequence[TrancheStatus]
) -> list[Change]:
    """What the plan changes against the payments as they stand; `statuses` says where each planned one will stand."""
    found: list[Change] = []
    kept = reserved_by_source(agreement.pk)
    open_ones = [tranche for tranche in tranches if tranche.status in STANDING]
    place_pk = agreement.allocation.neighbourhood_id
    for index, source in enumerate(plan.sources):
        place: dict[Account, int] = defaultdict(int, {Account.INDEX_RESERVE: plan.reserve[index] - kept.get(source, 0)})
        body: dict[Account, int] = defaultdict(int)
        base = sum(row[index] for row in plan.places)
        for tranche in open_ones:
            account = STANDING[TrancheStatus(tranche.status)]
            for part in tranche.funding.all():
                if part.source_id == source:
                    place[account] -= part.amount_pence + part.uplift_pence
                    body[account] -= part.contribution_pence
                    base -= part.amount_pence
        for row, uplift, contribution, status in zip(plan.places, plan.uplifts, plan.bodies, statuses, strict=True):
            place[STANDING[status]] += row[index] + uplift[index]
            body[STANDING[status]] += contribution[index]
        found.append(Change(Purse(source, Strand.PLACE, place_pk, agreement.pk), place, base))
        found.append(Change(Purse(source, Strand.BODY_CONTRIBUTION, place_pk, agreement.pk), body, 0))
    return found


def require_room(found: Sequence[Change]) -> None:
    """Refuse what free money cannot bear; a change that takes none needs no room.

    Raises:
        HeadroomError: A source has less than the change takes from it.
    """
    wanted = {
        (change.purse.source, change.purse.strand): change.from_free_pence
        for change in found
        if change.purse.strand and change.from_free_pence > 0
    }
    if wanted:
        require_headroom(wanted=wanted, what="this change")


def change_lines(found: Sequence[Change]) -> list[Line]:
    """The journal of a variation."""
    return merge(
        line for change in found for line in varied(change.purse, change.by_account, base_pence=change.base_pence)
    )
