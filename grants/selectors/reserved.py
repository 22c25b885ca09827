"""When what is kept for rising prices would be paid, if every rate to come were the cap."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.db.models import QuerySet, Sum

from grants.domain.indexation import IndexedTranche, spread_reserve
from grants.models import Agreement, TrancheFunding, TrancheStatus, Uplift
from grants.selectors.ledger import reserved_by_agreement

Payments = dict[int, list[tuple[date, int]]]
NAMED = ("tranche__agreement", "tranche__number", "tranche__year", "tranche__due_on", "tranche__status", "source")
OPEN = (TrancheStatus.PLEDGED, TrancheStatus.COMMITTED)


@dataclass
class _Payment:
    """One payment: base and uplift by source."""

    year: int
    due_on: date
    is_open: bool
    parts: dict[int, int] = field(default_factory=dict)
    given: dict[int, int] = field(default_factory=dict)


def reserved_payments(running: QuerySet[Agreement]) -> Payments:
    """Day and pence of the most that prices may still add to payments of running agreements, by primary key of the
    source; together what the ledger keeps for them. Four queries, however many agreements there are."""
    agreements = {agreement.pk: agreement for agreement in running}
    kept = reserved_by_agreement(agreements)
    holding = [pk for pk, by_source in kept.items() if by_source]
    payments, rates = _payments(holding), _rates(holding)
    found: Payments = defaultdict(list)
    for pk in holding:
        sources = sorted(kept[pk])
        indexed = [
            IndexedTranche(
                one.year,
                tuple(one.parts.get(source, 0) for source in sources),
                tuple(one.given.get(source, 0) for source in sources),
                is_open=one.is_open,
            )
            for one in payments[pk]
        ]
        wanted = [kept[pk][source] for source in sources]
        rows = spread_reserve(agreements[pk].index_terms, indexed, wanted, rates=rates.get(pk, ()))
        for one, row in zip(payments[pk], rows, strict=True):
            for source, pence in zip(sources, row, strict=True):
                if pence:
                    found[source].append((one.due_on, pence))
    return found


def _payments(agreement_pks: Sequence[int]) -> Mapping[int, Sequence[_Payment]]:
    """Every payment that is not cancelled, by agreement, in order."""
    rows = (
        TrancheFunding.objects.filter(tranche__agreement__in=agreement_pks)
        .exclude(tranche__status=TrancheStatus.CANCELLED)
        .order_by("tranche__agreement", "tranche__number")
        .values_list(*NAMED)
        .annotate(Sum("amount_pence"), Sum("uplift_pence"))
    )
    found: dict[int, dict[int, _Payment]] = defaultdict(dict)
    for agreement, number, year, due_on, status, source, amount, uplift in rows:
        one = found[agreement].setdefault(number, _Payment(year, due_on, status in OPEN))
        one.parts[source], one.given[source] = amount, uplift
    return {pk: list(found[pk].values()) for pk in agreement_pks}


def _rates(agreement_pks: Sequence[int]) -> dict[int, list[Fraction | None]]:
    """The rates that count so far, by agreement; None where a figure was missing."""
    rows = (
        Uplift.objects.filter(agreement__in=agreement_pks).order_by("year", "entry").values_list("agreement", "rates")
    )
    return {pk: [Fraction(one["rate"]) if one.get("rate") else None for one in rates] for pk, rates in rows}
