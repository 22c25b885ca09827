"""Messages of the bank that cannot be taken in, and that two people decide to go on without."""

from django.db import models
from django.db.models import Q

from cwf_portal.core.audit import tracked
from grants.models.bank_message import BankMessage
from grants.models.two_people import Opinion, SaidByTwo


class PassedOverQuerySet(models.QuerySet["PassedOver"]):
    def proposed(self) -> "PassedOverQuerySet":
        """Waiting for a second person."""
        return self.filter(status=Opinion.PROPOSED)

    def confirmed(self) -> "PassedOverQuerySet":
        """Two people have said so: what follows the message is taken in."""
        return self.filter(status=Opinion.CONFIRMED)


@tracked()
class PassedOver(SaidByTwo):
    """A refused report or notice that the fund goes on without. Nothing of it is acted upon; it stays as it came.

    A statement is never passed over: without it the balances would not carry on.
    """

    message = models.ForeignKey(BankMessage, on_delete=models.PROTECT, related_name="passed_over")
    reason = models.CharField(max_length=300)

    objects = PassedOverQuerySet.as_manager()

    class Meta(SaidByTwo.Meta):
        verbose_name_plural = "messages passed over"
        constraints = (
            *SaidByTwo.Meta.constraints,
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
            models.CheckConstraint(
                condition=Q(status=Opinion.PROPOSED, decided_by=None)
                | Q(status__in=[Opinion.CONFIRMED, Opinion.REFUSED], decided_by__isnull=False),
                name="%(app_label)s_%(class)s_status_fits",
            ),
            models.UniqueConstraint(
                fields=("message",),
                condition=Q(status__in=["proposed", "confirmed"]),
                name="%(app_label)s_%(class)s_one_standing",
            ),
        )

    def __str__(self) -> str:
        return f"{self.message} passed over"
