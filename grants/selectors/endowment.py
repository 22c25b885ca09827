"""What the endowment page shows: waves, and the starts with what they need."""

from django.db.models import Count, Prefetch, QuerySet, Sum

from grants.models import Allocation, Cohort, FundDecision, Programme, Source, SpendingPolicy, Wave
from grants.models.direction import FundDecisionQuerySet, SpendingPolicyQuerySet


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


def standing_allocations() -> QuerySet[Allocation]:
    """Every place that has money set aside, by its name."""
    return Allocation.objects.standing().select_related("neighbourhood").order_by("neighbourhood__label")


def policies() -> SpendingPolicyQuerySet:
    """Every spending policy with its programme, the latest first."""
    found: SpendingPolicyQuerySet = SpendingPolicy.objects.select_related("programme", "proposed_by", "confirmed_by")
    return found.order_by("-pk")


def decisions() -> FundDecisionQuerySet:
    """Every decision of two directors with what a page names, the latest first."""
    found: FundDecisionQuerySet = FundDecision.objects.select_related(
        "source", "allocation__neighbourhood", "proposed_by", "confirmed_by", "journal"
    )
    return found.order_by("-pk")
