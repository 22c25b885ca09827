"""What the endowment page shows: waves, and the starts with what they need."""

from django.db.models import Count, Prefetch, QuerySet, Sum

from grants.models import Allocation, Cohort, Programme, Source, Wave


def programmes() -> QuerySet[Programme]:
    """Every programme, the first opened first."""
    return Programme.objects.order_by("opened_at", "pk")


def waves() -> QuerySet[Wave]:
    """Every wave with its source, the latest first."""
    return Wave.objects.select_related("source", "programme").order_by("-expected_on", "-pk")


def starts() -> QuerySet[Cohort]:
    """Every start with how many places it has and what it needs."""
    return (
        Cohort.objects.select_related("programme", "proposed_by", "allocated_by")
        .annotate(place_count=Count("allocations"), needed_pence=Sum("allocations__amount_pence"))
        .order_by("programme_id", "number")
    )


def start(pk: int) -> QuerySet[Cohort]:
    """One start with its places, in the order of its ranking."""
    allocations = Allocation.objects.select_related("neighbourhood").order_by("neighbourhood__label")
    return starts().prefetch_related(Prefetch("allocations", allocations)).filter(pk=pk)


def spendable_sources() -> QuerySet[Source]:
    """Where a wave can come from."""
    return Source.objects.filter(is_spendable=True)
