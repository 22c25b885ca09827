"""One payment taken out of a payment file that waits to be sent: one person asks, another agrees."""

from django.db import models
from django.db.models import Q

from cwf_portal.core.audit import tracked
from grants.models.two_people import Opinion, SaidByTwo


class RemovalQuerySet(models.QuerySet["Removal"]):
    def proposed(self) -> "RemovalQuerySet":
        """Waiting for a second person; meanwhile the file does not leave."""
        return self.filter(status=Opinion.PROPOSED)


@tracked()
class Removal(SaidByTwo):
    """A payment that must not leave with its file. Asking keeps the file back; agreeing rebuilds it without that one.

    A trigger (migration 0042) lets it be asked only of a file that waits, and lets nothing leave while it is open.
    """

    payment = models.ForeignKey("grants.Payment", on_delete=models.PROTECT, related_name="removals", db_index=False)
    file = models.ForeignKey("grants.PaymentFile", on_delete=models.PROTECT, related_name="removals")
    reason = models.CharField(max_length=300)

    objects = RemovalQuerySet.as_manager()

    class Meta(SaidByTwo.Meta):
        ordering = ("id",)
        constraints = (
            *SaidByTwo.Meta.constraints,
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
            models.CheckConstraint(
                condition=Q(status=Opinion.PROPOSED, decided_by=None)
                | Q(status__in=[Opinion.CONFIRMED, Opinion.REFUSED], decided_by__isnull=False),
                name="%(app_label)s_%(class)s_status_fits",
            ),
            models.UniqueConstraint(
                fields=("payment",),
                condition=Q(status__in=["proposed", "confirmed"]),
                name="%(app_label)s_%(class)s_one_standing",
            ),
        )

    def __str__(self) -> str:
        return f"{self.payment} out of {str(self.file).lower()}"
