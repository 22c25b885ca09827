"""Checking a voters' list before opening: near matches judged by two, bursts reviewed by two, sheets printed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cwf_portal.core.clock import CoreNow
from panels.models.box import RollEntry
from panels.models.round import Round


class MatchVerdict(models.Model):
    """Whether two entries of a list are one person, as one person judged. Two of different sides settle it."""

    class Side(models.TextChoices):
        """For whom somebody judges."""

        PANEL = "panel", "The panel"
        FUND = "fund", "The fund"
        INDEPENDENT = "independent", "A keeper who is of neither"

    first = models.ForeignKey(RollEntry, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(RollEntry, on_delete=models.PROTECT, related_name="+")
    judge = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=11, choices=Side, blank=True, default="", db_default="")
    is_same = models.BooleanField()
    reason = models.CharField(max_length=300)
    judged_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("first", "second", "judge"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(side__in=("", "panel", "fund", "independent")), name="%(app_label)s_%(class)s_side_known"
            ),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="%(app_label)s_%(class)s_in_order"),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_says_why"),
        )

    def __str__(self) -> str:
        return f"{self.judge}: {'one person' if self.is_same else 'two people'}"


class BurstReview(models.Model):
    """That somebody looked at who stands for how many, and what they found. It is good for exactly these numbers, and
    with one of somebody of another side it is enough.
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="burst_reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=11, choices=MatchVerdict.Side, blank=True, default="", db_default="")
    counts_hash = models.CharField(max_length=64)
    note = models.CharField(max_length=300)
    reviewed_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("round", "reviewer", "counts_hash"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(side__in=("", "panel", "fund", "independent")), name="%(app_label)s_%(class)s_side_known"
            ),
            models.CheckConstraint(condition=~Q(note=""), name="%(app_label)s_%(class)s_says_what"),
        )

    def __str__(self) -> str:
        return f"{self.reviewer} on {self.round}"


class TableEntry(models.Model):
    """That somebody came to a polling place, was not on the list, and was put on it there: by whom."""

    roll_entry = models.OneToOneField(RollEntry, primary_key=True, on_delete=models.PROTECT, related_name="at_table")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.roll_entry}, entered by {self.entered_by}"


class RollPrint(models.Model):
    """That somebody printed a voters' list for polling day."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="roll_prints")
    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entries_count = models.PositiveIntegerField()
    printed_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    def __str__(self) -> str:
        return f"{self.entries_count} entries of {self.round}"
