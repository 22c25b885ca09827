"""Payments as services and pages need them."""

from django.db.models import Prefetch, QuerySet

from grants.models import Payment, Tranche, TrancheFunding

PARTS = "funding_parts"


def payments_with_books() -> QuerySet[Payment]:
    """Payments with everything their journals need: agreement, place and what each source gives.

    Four queries. Payments of one agreement share one agreement in memory: a run holds many of them.
    """
    funding = Prefetch("tranche__funding", to_attr=PARTS)
    return Payment.objects.select_related("tranche").prefetch_related("tranche__agreement__allocation", funding)


def funding_parts(tranche: Tranche) -> list[TrancheFunding]:
    """What each source gives to a payment of `payments_with_books`, or fetched with `PARTS`; no query."""
    parts: list[TrancheFunding] = vars(tranche)[PARTS]
    return parts
