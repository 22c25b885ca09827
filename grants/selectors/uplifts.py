"""Anniversaries that went by without their figure: which wait, for which month, and what can be settled now."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet

from grants.models import Tranche, Uplift
from grants.selectors.prices import cpih_rise


def uplifts_past_figures(at: datetime) -> QuerySet[Uplift]:
    """Those that no payment is left to wait for: everything is paid, and no anniversary comes any more."""
    unfinished = Tranche.objects.unfinished().filter(agreement=OuterRef("agreement"))
    return Uplift.objects.lacking().filter(~Exists(unfinished), agreement__next_uplift_on=None)


def uplifts_to_settle(at: datetime, *, among: Sequence[int] | None = None) -> list[Uplift]:
    """The last anniversary of every agreement that can be settled: a missing figure is known now, or comes too late.

    Args:
        at: Now.
        among: Only of the agreements with these primary keys.
    """
    waiting = Uplift.objects.lacking().order_by("pk")
    if among is not None:
        waiting = waiting.filter(agreement__in=among)
    found = list(waiting)
    if not found:
        return []
    past = set(uplifts_past_figures(at).values_list("pk", flat=True))
    known = {month for month in {month for one in found for month in missing_months(one)} if cpih_rise(month)}
    return [one for one in found if one.pk in past or known.intersection(missing_months(one))]


def missing_months(uplift: Uplift) -> list[date]:
    """The months whose figure an anniversary went without."""
    return [
        date.fromisoformat(rate["month"])
        for rate in uplift.rates
        if "month" in rate and not rate.get("rate") and not rate.get("too_late")
    ]


def agreements_without_figure() -> list[tuple[date, int]]:
    """Months whose figure is missing, the first first, each with how many running agreements wait for it."""
    waiting = Counter(month for one in Uplift.objects.lacking() for month in missing_months(one))
    return sorted(waiting.items())
