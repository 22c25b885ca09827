"""Payments as services and pages need them."""

from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from grants.domain.working_days import england_and_wales
from grants.models import FileStatus, Payment, PaymentStatus, Tranche, TrancheFunding
from grants.models.payment import PaymentQuerySet

PARTS = "funding_parts"
SILENT_WORKING_DAYS = 3  # after which a bank that took a file is asked in writing; the daily check waits as long


def payments_with_books() -> QuerySet[Payment]:
    """Payments with everything their journals need: agreement, place and what each source gives.

    Four queries. Payments of one agreement share one agreement in memory: a run holds many of them.
    """
    funding = Prefetch("tranche__funding", to_attr=PARTS)
    return Payment.objects.select_related("tranche").prefetch_related("tranche__agreement__allocation", funding)


def awaiting_letter(day: date) -> PaymentQuerySet:
    """Payments of which only a letter of the bank can tell: in doubt, or in a file that it took, and silent for long.

    What has not certainly left is not among them: a file that still goes out would pay what a letter called not made.
    """
    long_ago = england_and_wales().shift(day, -SILENT_WORKING_DAYS)
    silent = Q(
        status=PaymentStatus.INSTRUCTED,
        arrive_on__lt=long_ago,
        run__file__status__in=(FileStatus.ACCEPTED, FileStatus.IN_DOUBT),
    )
    return Payment.objects.filter(silent | Q(status=PaymentStatus.IN_DOUBT))


def funding_parts(tranche: Tranche) -> list[TrancheFunding]:
    """What each source gives to a payment of `payments_with_books`, or fetched with `PARTS`; no query."""
    parts: list[TrancheFunding] = vars(tranche)[PARTS]
    return parts
