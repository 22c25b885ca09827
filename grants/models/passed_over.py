"""Messages of the bank that cannot be taken in, and that two people decide to go on without."""

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.models.bank_message import BankMessage
from grants.models.choices import both_or_neither
from grants.models.two_people import Opinion


class PassedOverQuerySet(models.QuerySet["PassedOver"]):
    def proposed(self) -> "PassedOverQuerySet":
        """Waiting for a second person."""
        return self.filter(status=Opinion.PROPOSED)

    def confirmed(self) -> "PassedOverQuerySet":
        """Two people have said so: what follows the message is taken in."""
        return self.filter(status=Opinion.CONFIRMED)


@tracked()
class PassedOver(models.Model):
    """A refused report or notice that the fund goes on without. Nothing of it is acted upon; it stays as it came.

    A statement is never passed over: without it the balances would not carry on.
    """

    message = models.ForeignKey(BankMessage, on_delete=models.PROTECT, related_name="passed_over")
    reason = models.CharField(max_length=300)
    status = models.CharField(max_length=9, choices=Opinion, default=Opinion.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = PassedOverQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "messages passed over"
        constraints = (
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
            models.CheckConstraint(
                condition=Q(status=Opinion.PROPOSED, decided_by=None)
                | Q(status__in=[Opinion.CONFIRMED, Opinion.REFUSED], decided_by__isnull=False),
                name="%(app_label)s_%(class)s_status_fits",
            ),
            models.CheckConstraint(
                condition=both_or_neither("decided_by", "decided_at"), name="%(app_label)s_%(class)s_decided_pair"
            ),
            models.CheckConstraint(
                condition=Q(status=Opinion.REFUSED) | Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.UniqueConstraint(
                fields=("message",),
                condition=Q(status__in=["proposed", "confirmed"]),
                name="%(app_label)s_%(class)s_one_standing",
            ),
        )

    def __str__(self) -> str:
        return f"{self.message} passed over"
