"""Objections to a published result, and what others make of them; neither is ever changed."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from cwf_portal.core.audit import tracked
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

    @property
    def is_withheld(self) -> bool:
        """Whether what it says is not published."""
        return hasattr(self, "withholding") and self.withholding.agreed_at is not None


@tracked()
class Withholding(models.Model):
    """That what an objection says is not published, and why: somebody of the panel and somebody of the fund agree.

    That there was an objection, when, and how it was answered stays published, and so does the reason.
    """

    class Why(models.TextChoices):
        PERSONAL = "personal", "It says something private about somebody"
        HARM = "harm", "It could harm somebody\u2019s good name, and nothing shows that it is true"
        VOTE = "vote", "It says how somebody voted"
        THREAT = "threat", "It insults or threatens somebody"

    objection = models.OneToOneField(Objection, on_delete=models.PROTECT, related_name="withholding")
    why = models.CharField(max_length=8, choices=Why)
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_side = models.CharField(max_length=5)
    asked_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    agreed_side = models.CharField(max_length=5, blank=True, default="", db_default="")
    agreed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(agreed_by=None, agreed_at=None, agreed_side="")
                | Q(agreed_by__isnull=False, agreed_at__isnull=False, agreed_side__in=("panel", "fund"))
                & ~Q(agreed_by=F("asked_by"))
                & ~Q(agreed_side=F("asked_side")),
                name="%(app_label)s_%(class)s_by_two_sides",
            ),
            models.CheckConstraint(
                condition=Q(why__in=("personal", "harm", "vote", "threat"), asked_side__in=("panel", "fund"))
                & ~Q(reason=""),
                name="%(app_label)s_%(class)s_says_why",
            ),
        )

    def __str__(self) -> str:
        return f"{self.objection}: {self.get_why_display()}"


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
