"""What the fund has invested: holdings with their value, and what waits for a second person or for the bank."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet, Sum

from grants.domain.investments import Carried
from grants.models import FundOrder, Holding, HoldingEntry, OrderKind, Valuation
from grants.models.investment import FundOrderQuerySet


@dataclass
class Invested:
    """What one source has invested, in pence, by the entries of its holdings."""

    value_by_class: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    loss_pence: int = 0
    unrealised_pence: int = 0

    @property
    def value_pence(self) -> int:
        """All classes together."""
        return sum(self.value_by_class.values())


def invested_by_source() -> dict[int, Invested]:
    """Value by class and losses not yet real, by primary key of the source; one query.

    A holding's gain never covers another's loss.
    """
    found: dict[int, Invested] = defaultdict(Invested)
    rows = (
        HoldingEntry.objects.order_by()
        .values_list("holding__source", "holding__asset_class", "holding")
        .annotate(value=Sum("value_pence"), unrealised=Sum("unrealised_pence"))
    )
    for source, asset_class, _, value, unrealised in rows:
        carried = Carried(value, unrealised)
        found[source].value_by_class[asset_class] += carried.value_pence
        found[source].unrealised_pence += carried.unrealised_pence
        found[source].loss_pence += carried.loss_pence
    return found


@dataclass(frozen=True)
class HoldingStanding:
    """One holding as the books have it; `valued_on` is None before its first valuation."""

    holding: Holding
    carried: Carried
    valued_on: date | None
    statement_reference: str


def holding_standings() -> list[HoldingStanding]:
    """Every holding in the order of source, class and name; three queries whatever their number."""
    sums = {
        pk: Carried(value, unrealised)
        for pk, value, unrealised in HoldingEntry.objects.order_by()
        .values_list("holding")
        .annotate(value=Sum("value_pence"), unrealised=Sum("unrealised_pence"))
    }
    latest: dict[int, Valuation] = {}
    for known in Valuation.objects.standing():
        latest.setdefault(known.holding_id, known)
    found = []
    for holding in Holding.objects.select_related("source", "programme"):
        valuation = latest.get(holding.pk)
        found.append(
            HoldingStanding(
                holding,
                sums.get(holding.pk, Carried(0, 0)),
                valuation.valued_on if valuation else None,
                valuation.statement_reference if valuation else "",
            )
        )
    return found


def valuations_to_confirm() -> QuerySet[Valuation]:
    """Valuations that wait for a second person, the oldest first."""
    return Valuation.objects.proposed().select_related("holding__source", "proposed_by").order_by("pk")


def orders() -> FundOrderQuerySet:
    """Every order with what a page names."""
    found: FundOrderQuerySet = FundOrder.objects.select_related(
        "source", "programme", "holding", "proposed_by", "confirmed_by"
    )
    return found


def orders_to_confirm() -> QuerySet[FundOrder]:
    """Orders that wait for a second person, the oldest first."""
    return orders().proposed().order_by("pk")


def orders_awaited() -> QuerySet[FundOrder]:
    """Orders that wait for the bank's line, the oldest first; rules about interest among them."""
    return orders().awaited().order_by("pk")


def awaited_pence(source_pk: int, *kinds: OrderKind) -> int:
    """What orders of some kinds still ask of a source."""
    waiting = FundOrder.objects.awaited().filter(source=source_pk, kind__in=kinds)
    return int(waiting.aggregate(total=Sum("amount_pence", default=0))["total"])
