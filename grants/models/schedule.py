"""The payments of an agreement, where each comes from, and what holds one back."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User


class TrancheStatus(models.TextChoices):
    """Where a payment's money stands in the ledger. That it is due follows from its date."""

    PLEDGED = "pledged", "Set aside, subject to the yearly review"
    COMMITTED = "committed", "Promised"
    PAYABLE = "payable", "Released for payment"
    INSTRUCTED = "instructed", "With the bank"
    PAID = "paid", "Sent"
    CANCELLED = "cancelled", "Not to be paid"


T = TrancheStatus
TRANCHE_TRANSITIONS: dict[TrancheStatus, frozenset[TrancheStatus]] = {
    T.PLEDGED: frozenset({T.COMMITTED, T.CANCELLED}),
    T.COMMITTED: frozenset({T.PAYABLE, T.PLEDGED, T.CANCELLED}),
    T.PAYABLE: frozenset({T.INSTRUCTED, T.COMMITTED, T.PAID}),  # paid: the bank took its return back
    T.INSTRUCTED: frozenset({T.PAID, T.PAYABLE, T.COMMITTED}),  # committed: taken out of a file that waits
    T.PAID: frozenset({T.PAYABLE}),
    T.CANCELLED: frozenset(),
}


class TrancheQuerySet(models.QuerySet["Tranche"]):
    def late(self, day: date) -> "TrancheQuerySet":
        """Promised, due before the day, and not sent."""
        unsent = (TrancheStatus.COMMITTED, TrancheStatus.PAYABLE, TrancheStatus.INSTRUCTED)
        return self.filter(status__in=unsent, due_on__lt=day)

    def unfinished(self) -> "TrancheQuerySet":
        return self.exclude(status__in=(TrancheStatus.PAID, TrancheStatus.CANCELLED))


@tracked(by_statement=True)
class Tranche(models.Model):
    """One scheduled payment: the base amount, what rising prices added to it, and the body's contribution.

    All three go in one payment, on lines of their own. What is released for payment changes no more (migration 0014).
    """

    Status = TrancheStatus

    agreement = models.ForeignKey("grants.Agreement", on_delete=models.PROTECT, related_name="tranches")
    number = models.PositiveSmallIntegerField()
    year = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    process_on = models.DateField()
    amount_pence = models.BigIntegerField()
    uplift_pence = models.BigIntegerField(default=0, db_default=0)
    contribution_pence = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=TrancheStatus, default=TrancheStatus.PLEDGED)

    objects = TrancheQuerySet.as_manager()

    class Meta:
        ordering = ("agreement_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("agreement", "number"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(status__in=TrancheStatus.values), name="%(app_label)s_%(class)s_status_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    number__gte=1, year__gte=1, amount_pence__gt=0, uplift_pence__gte=0, contribution_pence__gte=0
                ),
                name="%(app_label)s_%(class)s_positive",
            ),
            models.CheckConstraint(
                condition=Q(process_on__lt=F("due_on")), name="%(app_label)s_%(class)s_processed_before_due"
            ),
        )
        indexes = (
            models.Index(fields=("process_on",), condition=Q(status="committed"), name="grants_tranche_to_process"),
            models.Index(fields=("status", "due_on"), name="grants_tranche_status"),
        )

    def __str__(self) -> str:
        return f"{self.agreement_id}/{self.number}"

    @property
    def grant_pence(self) -> int:
        """What the place gets: the base amount and what rising prices added."""
        return self.amount_pence + self.uplift_pence

    @property
    def total_pence(self) -> int:
        """What the bank is asked to pay: base, uplift and contribution together."""
        return self.amount_pence + self.uplift_pence + self.contribution_pence


class TrancheFunding(models.Model):
    """How much of a payment one source gives. Never changed: what changes a payment adds an entry, which may be less
    than nothing; a payment's entries sum to its amounts (migration 0014)."""

    class Why(models.TextChoices):
        SCHEDULE = "schedule", "As scheduled"
        UPLIFT = "uplift", "Raised with prices"
        VARIATION = "variation", "Varied"
        UNSPENT = "unspent", "Part of it comes later"

    tranche = models.ForeignKey(Tranche, on_delete=models.PROTECT, related_name="funding")
    source = models.ForeignKey("grants.Source", on_delete=models.PROTECT, related_name="+", db_index=False)
    entry = models.PositiveSmallIntegerField(default=1, db_default=1)
    why = models.CharField(max_length=10, choices=Why, default=Why.SCHEDULE, db_default="schedule")
    amount_pence = models.BigIntegerField()
    uplift_pence = models.BigIntegerField(default=0, db_default=0)
    contribution_pence = models.BigIntegerField()

    class Meta:
        constraints = (
            # Of every row; with a condition it is an index, which is added without stopping what writes.
            models.UniqueConstraint(
                fields=("tranche", "source", "entry"), condition=Q(entry__gte=1), name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(condition=Q(entry__gte=1), name="%(app_label)s_%(class)s_counts_from_one"),
            models.CheckConstraint(
                condition=Q(why__in=["schedule", "uplift", "variation", "unspent"]),
                name="%(app_label)s_%(class)s_why_known",
            ),
            models.CheckConstraint(
                condition=Q(entry__gt=1) | Q(amount_pence__gte=0, uplift_pence__gte=0, contribution_pence__gte=0),
                name="%(app_label)s_%(class)s_not_negative",
            ),
        )

    def __str__(self) -> str:
        return f"{self.tranche} from source {self.source_id}"


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> "HoldQuerySet":
        return self.filter(lifted_at=None)


@tracked()
class Hold(models.Model):
    """Why a payment, or every payment of an agreement, waits. `placed_by` is empty where the portal placed it."""

    class Reason(models.TextChoices):
        OFFICER = "officer", "Held by an officer"
        REPORT = "report", "A yearly report is missing"
        REVIEW = "review", "The yearly review is not done"
        BANK_DETAILS = "bank_details", "Bank details are not confirmed"
        PANEL = "panel", "The panel cannot decide"
        DUE_DILIGENCE = "due_diligence", "Checks on the organisation have run out"
        REJECTED = "rejected", "The bank rejected the payment"
        RETURNED = "returned", "The payment came back"
        IN_DOUBT = "in_doubt", "The bank has not said whether it paid"
        UNSPENT = "unspent", "Money from before is not spent yet"
        STOPPED = "stopped", "Its payment run was stopped"
        TAKEN_OUT = "taken_out", "Taken out of a payment file"

    agreement = models.ForeignKey("grants.Agreement", on_delete=models.PROTECT, related_name="holds")
    tranche = models.ForeignKey(Tranche, null=True, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=20, choices=Reason)
    detail = models.CharField(max_length=300)
    placed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lift_reason = models.CharField(max_length=300, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    reason__in=[
                        "officer",
                        "report",
                        "review",
                        "bank_details",
                        "panel",
                        "due_diligence",
                        "rejected",
                        "returned",
                        "in_doubt",
                        "unspent",
                        "stopped",
                        "taken_out",
                    ]
                ),
                name="%(app_label)s_%(class)s_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None) | (Q(lifted_at__isnull=False) & ~Q(lift_reason="")),
                name="%(app_label)s_%(class)s_lifted_whole",
            ),
            models.CheckConstraint(
                condition=Q(lifted_by=None) | Q(placed_by=None) | ~Q(lifted_by=F("placed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=Q(placed_by=None) | Q(lifted_at=None) | Q(lifted_by__isnull=False),
                name="%(app_label)s_%(class)s_person_lifts",
            ),
            models.UniqueConstraint(
                fields=("tranche", "reason"),
                condition=Q(lifted_at=None, tranche__isnull=False),
                name="%(app_label)s_%(class)s_one_open_a_payment",
            ),
            models.UniqueConstraint(
                fields=("agreement", "reason"),
                condition=Q(lifted_at=None, tranche=None),
                name="%(app_label)s_%(class)s_one_open_an_agreement",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.detail}"
