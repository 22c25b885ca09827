"""What the reconciler found, for pages and for the desk."""

from datetime import date

from django.db.models import QuerySet

from grants.models import PaymentFile, ReconciliationReport


def reports() -> QuerySet[ReconciliationReport]:
    """Every check, the newest first."""
    return ReconciliationReport.objects.newest_first()


def newest_report() -> ReconciliationReport | None:
    """The last check, None before the first."""
    return reports().first()


def is_checked(day: date) -> bool:
    """Whether the daily check of a day is made."""
    return ReconciliationReport.objects.filter(day=day).exists()


def were_files_made_before(day: date) -> bool:
    """Whether a payment file is older than a day: from then on there was something to check."""
    return PaymentFile.objects.filter(run__prepared_on__lt=day).exists()
