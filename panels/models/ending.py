"""How a round ends: what its list and box add up to, what keepers found off the portal, certification by two."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from panels.models.keeper import Keeper
from panels.models.objection import ObjectionAnswer
from panels.models.round import Round


class Reconciliation(models.Model):
    """For one way of voting: every entry of the public list is a ballot opened, replaced, set aside or withdrawn."""

    class Channel(models.TextChoices):
        WEB = "web", "On this site"
        PAPER = "paper", "On paper"

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="reconciliations")
    channel = models.CharField(max_length=5, choices=Channel)
    leaves_count = models.PositiveIntegerField(help_text="Entries of the public list, without the rules.")
    opened_count = models.PositiveIntegerField()
    replaced_count = models.PositiveIntegerField()
    set_aside_count = models.PositiveIntegerField(default=0)
    withdrawn_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("round", "channel"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(channel__in=("web", "paper")), name="%(app_label)s_%(class)s_channel"),
            models.CheckConstraint(
                condition=Q(
                    leaves_count=F("opened_count") + F("replaced_count") + F("set_aside_count") + F("withdrawn_count")
                ),
                name="%(app_label)s_%(class)s_adds_up",
            ),
        )

    def __str__(self) -> str:
        return f"{self.leaves_count} entries, {self.get_channel_display()}"


class Attestation(models.Model):
    """What a keeper found when the box was opened again off the portal, as they typed it."""

    keeper = models.OneToOneField(Keeper, on_delete=models.PROTECT, related_name="attestation")
    digest = models.CharField(max_length=64)
    attested_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(digest__regex="^[0-9a-f]{64}$"), name="%(app_label)s_%(class)s_digest"),
        )

    def __str__(self) -> str:
        return f"{self.keeper}: {self.digest}"


@tracked()
class Certification(models.Model):
    """Two people end a round after its challenge window; then its sealed ballots are deleted."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="certification")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    certified_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    certified_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(certified_by=None, certified_at=None)
                | Q(certified_by__isnull=False, certified_at__isnull=False),
                name="%(app_label)s_%(class)s_pair",
            ),
            models.CheckConstraint(
                condition=Q(certified_by=None) | ~Q(certified_by=F("asked_by")), name="%(app_label)s_%(class)s_by_two"
            ),
        )

    def __str__(self) -> str:
        return f"certification of {self.round}"


class AnnulmentCall(models.Model):
    """That somebody finds that a vote can neither stand nor be ended; one of each side annul it. Never changed."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="annulment_calls")
    side = models.CharField(max_length=5, choices=ObjectionAnswer.Side)
    called_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=250)
    called_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("round", "side"), name="%(app_label)s_%(class)s_one_of_each_side"),
            models.UniqueConstraint(fields=("round", "called_by"), name="%(app_label)s_%(class)s_two_people"),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_says_why"),
            models.CheckConstraint(condition=Q(side__in=("panel", "fund")), name="%(app_label)s_%(class)s_side_known"),
        )

    def __str__(self) -> str:
        return f"{self.get_side_display()}: {self.reason}"
