"""What the pages of investments say: holdings by source, and orders as rows."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from cwf_portal.core.templatetags.cwf import day, pence
from grants.models import FundOrder
from grants.selectors.investments import HoldingStanding


@dataclass(frozen=True)
class HoldingRow:
    """One holding; `unrealised` says what valuations have added or taken since it was bought."""

    pk: int
    name: str
    asset_class: str
    value: str
    unrealised: str
    valued: SafeString | str
    statement: str
    is_held: bool


@dataclass(frozen=True)
class HoldingGroup:
    """The holdings of one source."""

    source: str
    rows: list[HoldingRow]


def holding_groups(standings: list[HoldingStanding]) -> list[HoldingGroup]:
    """Holdings by source, in the order in which they come; sources are never added up."""
    groups: dict[str, HoldingGroup] = {}
    for standing in standings:
        name = standing.holding.source.name
        groups.setdefault(name, HoldingGroup(name, [])).rows.append(_row(standing))
    return list(groups.values())


def _row(standing: HoldingStanding) -> HoldingRow:
    return HoldingRow(
        pk=standing.holding.pk,
        name=standing.holding.name,
        asset_class=standing.holding.get_asset_class_display(),
        value=pence(standing.carried.value_pence),
        unrealised=pence(standing.carried.unrealised_pence),
        valued=day(standing.valued_on) if standing.valued_on else "Not valued yet",
        statement=standing.statement_reference,
        is_held=standing.carried.value_pence > 0,
    )


def order_rows(order: FundOrder) -> list[tuple[str, object]]:
    """An order, for a summary list."""
    rows: list[tuple[str, object]] = [
        ("What", order.get_kind_display()),
        ("Source", order.source),
        ("What for", order.purpose),
        ("Reference on the bank's line", order.bank_reference),
    ]
    if order.holding is not None:
        rows.append(("Holding", order.holding))
    if order.part_basis_points is not None:
        rows.append(("Part of the holding", f"{order.part_basis_points / 100:g}%"))
    if order.amount_pence is not None:
        rows.append(("Amount", pence(order.amount_pence)))
    return [*rows, ("Proposed by", order.proposed_by)]
