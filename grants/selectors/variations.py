"""Variations and versions, and the schedules they are compared by."""

from django.db.models import Exists, OuterRef, QuerySet

from cwf_portal.core.models import User
from grants.models import Agreement, AgreementVersion, Approval, Tranche, TrancheStatus, Variation


def current_tranches(agreement: Agreement) -> list[Tranche]:
    """Every payment that is to be made or was, in order, with its funding."""
    tranches = Tranche.objects.filter(agreement=agreement).exclude(status=TrancheStatus.CANCELLED)
    return list(tranches.order_by("number").prefetch_related("funding"))


def lock_open_tranches(agreement: Agreement) -> None:
    """Keep runs from claiming any payment that can still change, until the transaction ends.

    Payments that are released already stay free: whoever moves them on may hold what this transaction asks for next.
    """
    unreleased = (TrancheStatus.PLEDGED, TrancheStatus.COMMITTED)
    list(Tranche.objects.filter(agreement=agreement, status__in=unreleased).order_by("number").select_for_update())


def variation_of(reference: str, attempt: int) -> QuerySet[Variation]:
    """One variation with what its page names."""
    return (
        Variation.objects.select_related(
            "agreement__allocation__neighbourhood",
            "agreement__body__organisation",
            "proposed_by",
            "decided_by",
            "version",
        )
        .prefetch_related("lines__tranche", "version__lines")
        .filter(agreement__reference=reference, attempt=attempt)
    )


def version_before(version: AgreementVersion) -> AgreementVersion:
    """The version that this one replaced, with its schedule."""
    return AgreementVersion.objects.prefetch_related("lines").get(
        agreement=version.agreement_id, number=version.number - 1
    )


def last_full_version(agreement: Agreement) -> AgreementVersion:
    """The version last approved by value, with its schedule: the first, or that of a variation that was not small."""
    versions = AgreementVersion.objects.filter(agreement=agreement).exclude(variation__is_small=True)
    return versions.prefetch_related("lines").order_by("-number")[0]


def variations_to_decide(user: User) -> QuerySet[Variation]:
    """Proposed variations of which the person took no step."""
    own = Approval.objects.filter(agreement=OuterRef("agreement"), attempt=OuterRef("attempt"), by=user)
    return (
        Variation.objects.filter(~Exists(own), status=Variation.Status.PROPOSED)
        .select_related("agreement__allocation__neighbourhood")
        .order_by("proposed_at")
    )
