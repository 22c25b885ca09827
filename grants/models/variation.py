"""Versions of an agreement, and the variations that make a new one. What a version said is never changed."""

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.domain.schedule import CADENCES, PROFILE_LABELS
from grants.models.choices import both_or_neither, labelled
from grants.models.schedule import TrancheStatus


class VariedTerms(models.Model):
    """The terms that a variation can change."""

    amount_pence = models.BigIntegerField()
    contribution_pence = models.BigIntegerField()
    uplift_cap_pence = models.BigIntegerField()
    term_years = models.PositiveSmallIntegerField()
    ends_on = models.DateField()
    cadence_months = models.PositiveSmallIntegerField(choices=list(CADENCES.items()))
    profile = models.CharField(max_length=20, choices=labelled(PROFILE_LABELS))
    custom_weights = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True

    @property
    def value_pence(self) -> int:
        """Everything these terms may come to: grant, contribution and uplift at the cap."""
        return self.amount_pence + self.contribution_pence + self.uplift_cap_pence


@tracked()
class Variation(VariedTerms):
    """A change that one officer proposes and others approve: at no cost and within six months by a senior officer,
    otherwise by value like an agreement. `attempt` ties the approvals to it.

    `amounts` are the payments still to come where they were set one by one; empty where they follow from the profile.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        APPLIED = "applied", "In force"
        REFUSED = "refused", "Not to be"

    agreement = models.ForeignKey("grants.Agreement", on_delete=models.PROTECT, related_name="variations")
    attempt = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=500)
    consent = models.CharField(max_length=300)
    is_small = models.BooleanField()
    standing = models.JSONField()
    amounts = models.JSONField(null=True)  # null only in history from before it was kept
    status = models.CharField(max_length=8, choices=Status, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("agreement_id", "attempt")
        constraints = (
            models.UniqueConstraint(fields=("agreement", "attempt"), name="%(app_label)s_%(class)s_once"),
            models.UniqueConstraint(
                fields=("agreement",), condition=Q(status="proposed"), name="%(app_label)s_%(class)s_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "applied", "refused"]), name="%(app_label)s_%(class)s_status_known"
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(consent=""), name="%(app_label)s_%(class)s_says_why"),
            models.CheckConstraint(
                condition=both_or_neither("decided_by", "decided_at")
                & (Q(status="proposed", decided_by=None) | (~Q(status="proposed") & Q(decided_by__isnull=False))),
                name="%(app_label)s_%(class)s_decided_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status="applied") | ~Q(decided_by=F("proposed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(status="refused") | ~Q(refusal=""), name="%(app_label)s_%(class)s_refusal_has_reason"
            ),
        )

    def __str__(self) -> str:
        return f"Variation {self.attempt} of {self.agreement_id}"


class VariationLine(models.Model):
    """One payment as a variation plans it. `tranche` is empty for a payment that would be new. Never changed."""

    variation = models.ForeignKey(Variation, on_delete=models.PROTECT, related_name="lines")
    tranche = models.ForeignKey("grants.Tranche", null=True, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    year = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    process_on = models.DateField()
    amount_pence = models.BigIntegerField()
    contribution_pence = models.BigIntegerField()

    class Meta:
        ordering = ("variation_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("variation", "number"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1, year__gte=1, amount_pence__gt=0, contribution_pence__gte=0),
                name="%(app_label)s_%(class)s_positive",
            ),
        )

    def __str__(self) -> str:
        return f"{self.variation_id}/{self.number}"


class AgreementVersion(VariedTerms):
    """The terms of an agreement from a moment on: the first at acceptance, each variation the next. Never changed."""

    agreement = models.ForeignKey("grants.Agreement", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    variation = models.OneToOneField(Variation, null=True, on_delete=models.PROTECT, related_name="version")
    made_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        ordering = ("agreement_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("agreement", "number"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(number=1, variation=None) | Q(number__gte=2, variation__isnull=False),
                name="%(app_label)s_%(class)s_varied_after_first",
            ),
        )

    def __str__(self) -> str:
        return f"{self.agreement_id} version {self.number}"


class ScheduleLine(models.Model):
    """One payment as it stood when a version began. Never changed."""

    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="lines")
    tranche = models.ForeignKey("grants.Tranche", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    amount_pence = models.BigIntegerField()
    uplift_pence = models.BigIntegerField()
    contribution_pence = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=TrancheStatus)

    class Meta:
        ordering = ("version_id", "number")
        constraints = (models.UniqueConstraint(fields=("version", "number"), name="%(app_label)s_%(class)s_once"),)

    def __str__(self) -> str:
        return f"{self.version_id}/{self.number}"
