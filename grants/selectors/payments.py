"""Payments as services and pages need them."""

from django.db.models import QuerySet

from grants.models import Payment


def payments_with_books() -> QuerySet[Payment]:
    """Payments with everything their journals need: agreement, place and what each source gives; two queries."""
    return Payment.objects.select_related("tranche__agreement__allocation").prefetch_related("tranche__funding")
