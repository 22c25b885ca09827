"""What a body reports each year, and what the fund concludes from it."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.models import User
from grants.models.choices import both_or_neither


class ReportQuerySet(models.QuerySet["Report"]):
    def missing(self, day: date) -> "ReportQuerySet":
        """Due on or before the day and not sent in."""
        return self.filter(submitted_at=None, due_on__lte=day)

    def to_read(self) -> "ReportQuerySet":
        """Sent in and waiting for an officer."""
        return self.filter(submitted_at__isnull=False, accepted_at=None)

    def not_accepted(self, day: date) -> "ReportQuerySet":
        """Due on or before the day and not yet accepted."""
        return self.filter(accepted_at=None, due_on__lte=day)


@tracked()
class Report(models.Model):
    """The yearly report of an agreement, made at acceptance so that its due date is known from the start."""

    agreement = models.ForeignKey("grants.Agreement", on_delete=models.PROTECT, related_name="reports")
    year = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    spent_pence = models.BigIntegerField(null=True)
    unspent_pence = models.BigIntegerField(null=True)
    summary = models.TextField(blank=True)
    submitted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    sent_back_reason = models.CharField(max_length=500, blank=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("agreement", "year"), name="%(app_label)s_%(class)s_once_a_year"),
            models.CheckConstraint(
                condition=both_or_neither("submitted_by", "submitted_at", "spent_pence", "unspent_pence"),
                name="%(app_label)s_%(class)s_submitted_whole",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None) | (Q(spent_pence__gte=0, unspent_pence__gte=0) & ~Q(summary="")),
                name="%(app_label)s_%(class)s_says_something",
            ),
            models.CheckConstraint(
                condition=both_or_neither("accepted_by", "accepted_at"), name="%(app_label)s_%(class)s_accepted_pair"
            ),
            models.CheckConstraint(
                condition=Q(accepted_by=None) | (Q(submitted_by__isnull=False) & ~Q(accepted_by=F("submitted_by"))),
                name="%(app_label)s_%(class)s_two_people",
            ),
        )
        indexes = (models.Index(fields=("due_on",), condition=Q(accepted_at=None), name="grants_report_not_accepted"),)

    def __str__(self) -> str:
        return f"{self.agreement_id} year {self.year}"


class ReviewQuerySet(models.QuerySet["Review"]):
    def due(self, day: date) -> "ReviewQuerySet":
        """Due on or before the day, of a standing agreement, with no outcome proposed."""
        return self.filter(proposed_at=None, due_on__lte=day, agreement__status="active")

    def to_confirm(self) -> "ReviewQuerySet":
        return self.filter(proposed_at__isnull=False, confirmed_at=None)


@tracked()
class Review(models.Model):
    """The yearly review: one officer proposes, another confirms. Continue moves the next year to committed.

    Slow spending is no ground to discontinue.
    """

    class Outcome(models.TextChoices):
        CONTINUE = "continue", "Continue"
        DISCONTINUE = "discontinue", "Discontinue"

    class Ground(models.TextChoices):
        BREACH = "breach", "Fraud or a serious breach"
        NO_BODY = "no_body", "No organisation to look after the money for 12 months despite help"
        NO_PANEL = "no_panel", "No lawful panel for 12 months despite help"
        HEADROOM = "headroom", "The board declared that the fund's headroom is lost"

    agreement = models.ForeignKey("grants.Agreement", on_delete=models.PROTECT, related_name="reviews")
    year = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    ground = models.CharField(max_length=10, choices=Ground, blank=True)
    note = models.TextField(blank=True)
    proposed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("agreement", "year"), name="%(app_label)s_%(class)s_once_a_year"),
            models.CheckConstraint(
                condition=Q(outcome="", ground="", proposed_by=None, proposed_at=None)
                | (
                    Q(proposed_by__isnull=False, proposed_at__isnull=False)
                    & ~Q(note="")
                    & (Q(outcome="continue", ground="") | (Q(outcome="discontinue") & ~Q(ground="")))
                ),
                name="%(app_label)s_%(class)s_proposed_whole",
            ),
            models.CheckConstraint(
                condition=both_or_neither("confirmed_by", "confirmed_at"),
                name="%(app_label)s_%(class)s_confirmed_pair",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | (Q(proposed_by__isnull=False) & ~Q(confirmed_by=F("proposed_by"))),
                name="%(app_label)s_%(class)s_two_people",
            ),
        )
        indexes = (models.Index(fields=("due_on",), condition=Q(confirmed_at=None), name="grants_review_open"),)

    def __str__(self) -> str:
        return f"{self.agreement_id} year {self.year}"
