"""What one person says and another confirms or refuses: the shape that such rows share."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.models.choices import both_or_neither


class Opinion(models.TextChoices):
    """How far something that two people must say has come."""

    PROPOSED = "proposed", "Waits for a second person"
    CONFIRMED = "confirmed", "Confirmed by two"
    REFUSED = "refused", "Refused"
    REVERSED = "reversed", "Taken back as an error"


class SaidByTwo(models.Model):
    """Who proposed and who decided; nobody confirms what they proposed themselves."""

    status = models.CharField(max_length=9, choices=Opinion, default=Opinion.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                condition=both_or_neither("decided_by", "decided_at"), name="%(app_label)s_%(class)s_decided_pair"
            ),
            models.CheckConstraint(
                condition=Q(status=Opinion.REFUSED) | Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
        )
