"""Objections to a published result, and what others make of them; neither is ever changed."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from cwf_portal.core.clock import CoreNow
from panels.models.round import Round


class ObjectionQuerySet(models.QuerySet["Objection"]):
    def unanswered(self) -> Self:
        """On which the panel and the fund have not said the same yet."""
        said = ObjectionAnswer.objects.filter(objection=OuterRef("pk"))
        agreed = Q()
        for is_right in (True, False):
            both = [Exists(said.filter(is_right=is_right, side=side)) for side in ObjectionAnswer.Side]
            agreed |= Q(both[0]) & Q(both[1])
        return self.exclude(agreed)


class Objection(models.Model):
    """Why somebody on the voters' list finds that a result should not stand; one of each person."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="objections")
    objector = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=1000)
    objected_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("round", "objector"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=~Q(text=""), name="%(app_label)s_%(class)s_says_why"),
        )

    def __str__(self) -> str:
        return f"objection {self.pk} to {self.round}"


class ObjectionAnswer(models.Model):
    """What one person makes of an objection. It is answered once one of each side has said the same."""

    class Side(models.TextChoices):
        PANEL = "panel", "The panel"
        FUND = "fund", "The fund"

    objection = models.ForeignKey(Objection, on_delete=models.PROTECT, related_name="answers")
    judge = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=5, choices=Side)
    is_right = models.BooleanField()
    reason = models.CharField(max_length=600)
    answered_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("objection", "judge"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_says_why"),
            models.CheckConstraint(condition=Q(side__in=("panel", "fund")), name="%(app_label)s_%(class)s_side_known"),
        )

    def __str__(self) -> str:
        return f"{self.get_side_display()}: {'it is right' if self.is_right else 'the result stands'}"
