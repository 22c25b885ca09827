"""What the reconciler found, day by day. Rows are only added: a report that was embarrassing stays."""

from django.db import models
from django.db.models import Q

from cwf_portal.core.clock import CoreNow
from grants.models.choices import labelled
from grants.reconciler import KIND_LABELS, Kind


class ReconciliationReportQuerySet(models.QuerySet["ReconciliationReport"]):
    def newest_first(self) -> "ReconciliationReportQuerySet":
        return self.order_by("-day", "-number")


class ReconciliationReport(models.Model):
    """One check of all payments against agreements, schedules and the bank's messages.

    The row of a day's first check is also what keeps a second tick from making it again. `number` counts the checks
    of one day. `by_source` holds, per source: name, due and paid pence and counts.
    """

    day = models.DateField()
    number = models.PositiveSmallIntegerField(default=1)
    made_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    made_by = models.CharField(max_length=60)
    statements_through = models.PositiveBigIntegerField()
    journals_through = models.PositiveBigIntegerField()
    bank_pence = models.BigIntegerField()
    ledger_pence = models.BigIntegerField()
    by_source = models.JSONField()
    difference_count = models.PositiveIntegerField()

    objects = ReconciliationReportQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("day", "number"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="%(app_label)s_%(class)s_counts_from_one"),
            models.CheckConstraint(condition=~Q(made_by=""), name="%(app_label)s_%(class)s_names_actor"),
        )

    def __str__(self) -> str:
        return f"Check {self.number} of {self.day}"


class ReconciliationDifference(models.Model):
    """One thing on which the books, the schedule and the bank do not agree. Pence as the records have it."""

    report = models.ForeignKey(
        ReconciliationReport, on_delete=models.PROTECT, related_name="differences", db_index=False
    )
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=labelled(KIND_LABELS))
    subject = models.CharField(max_length=120)
    sentence = models.CharField(max_length=300)
    expected_pence = models.BigIntegerField(null=True)
    found_pence = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("report_id", "position")
        constraints = (
            models.UniqueConstraint(fields=("report", "position"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(kind__in=sorted(kind.value for kind in Kind)), name="%(app_label)s_%(class)s_kind_known"
            ),
            models.CheckConstraint(condition=~Q(sentence=""), name="%(app_label)s_%(class)s_says_what"),
        )

    def __str__(self) -> str:
        return self.sentence
