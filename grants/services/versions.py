"""Versions: what an agreement said from a moment on, with its whole schedule, kept for good."""

from collections.abc import Iterable

from grants.models import Agreement, AgreementVersion, ScheduleLine, Tranche, Variation

TERMS = (
    "amount_pence",
    "contribution_pence",
    "uplift_cap_pence",
    "term_years",
    "ends_on",
    "cadence_months",
    "profile",
    "custom_weights",
)


def record_version(*, agreement: Agreement, variation: Variation | None = None) -> AgreementVersion:
    """Keep the first version of an agreement just accepted, or the one that a variation makes.

    The caller holds the lock, and lays the payments down before `record_schedule`.
    """
    said = variation or agreement
    return AgreementVersion.objects.create(
        agreement=agreement,
        number=agreement.version + (1 if variation else 0),
        variation=variation,
        **{name: getattr(said, name) for name in TERMS},
    )


def record_schedule(*, version: AgreementVersion, tranches: Iterable[Tranche]) -> None:
    """Keep these payments as they stand now, as the schedule of this version: every one that is not cancelled."""
    ScheduleLine.objects.bulk_create(
        ScheduleLine(
            version=version,
            tranche=tranche,
            number=tranche.number,
            due_on=tranche.due_on,
            amount_pence=tranche.amount_pence,
            uplift_pence=tranche.uplift_pence,
            contribution_pence=tranche.contribution_pence,
            status=tranche.status,
        )
        for tranche in tranches
    )
