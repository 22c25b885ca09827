"""The red switch: nothing of an agreement, of a source, or nothing at all leaves, until two people say otherwise."""

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.models.choices import both_or_neither


class PauseQuerySet(models.QuerySet["Pause"]):
    def open(self) -> "PauseQuerySet":
        """Pauses in force now."""
        return self.filter(lifted_at=None)


@tracked()
class Pause(models.Model):
    """Payments that must not go on: no claim, no release, no hand-over. One person pauses, two lift.

    A trigger takes a lock when a pause is added, and triggers on payments, and on files about to be sent, take the
    same lock shared and look for pauses: once adding one has returned, nothing that it covers takes a further step.
    """

    class Scope(models.TextChoices):
        EVERYTHING = "everything", "Every payment"
        SOURCE = "source", "Payments from one source"
        AGREEMENT = "agreement", "Payments of one agreement"

    scope = models.CharField(max_length=10, choices=Scope)
    source = models.ForeignKey("grants.Source", null=True, on_delete=models.PROTECT, related_name="pauses")
    agreement = models.ForeignKey("grants.Agreement", null=True, on_delete=models.PROTECT, related_name="pauses")
    reason = models.CharField(max_length=300)
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    lift_asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    lift_asked_at = models.DateTimeField(null=True)
    lift_reason = models.CharField(max_length=300, blank=True)
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    objects = PauseQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(scope="everything", source=None, agreement=None)
                | Q(scope="source", source__isnull=False, agreement=None)
                | Q(scope="agreement", source=None, agreement__isnull=False),
                name="%(app_label)s_%(class)s_scope_fits",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
            models.CheckConstraint(
                condition=Q(lift_asked_by=None, lift_asked_at=None, lift_reason="")
                | (Q(lift_asked_by__isnull=False, lift_asked_at__isnull=False) & ~Q(lift_reason="")),
                name="%(app_label)s_%(class)s_asked_whole",
            ),
            models.CheckConstraint(
                condition=both_or_neither("lifted_by", "lifted_at"), name="%(app_label)s_%(class)s_lifted_pair"
            ),
            models.CheckConstraint(
                condition=Q(lifted_by=None) | (Q(lift_asked_by__isnull=False) & ~Q(lifted_by=F("lift_asked_by"))),
                name="%(app_label)s_%(class)s_two_people_lift",
            ),
            models.UniqueConstraint(
                fields=("scope", "source", "agreement"),
                condition=Q(lifted_at=None),
                nulls_distinct=False,
                name="%(app_label)s_%(class)s_one_open_each",
            ),
        )

    def __str__(self) -> str:
        if self.source is not None:
            return f"Payments from {self.source}"
        if self.agreement is not None:
            return f"Payments of {self.agreement.reference}"
        return "Every payment"
