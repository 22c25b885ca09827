"""Votes on paper. A serial stands on the outer envelope only; a paper stands beside nobody and in no order.

An envelope says whose vote is on paper, as a row of the box says whose is on this site, and holds no time either. It is
opened together with others, and not even which others is kept. What is keyed from the papers is sealed at once.
"""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from panels.models.box import LeafHash, RollEntry
from panels.models.round import Round


class PaperEnvelopeQuerySet(models.QuerySet["PaperEnvelope"]):
    def blank(self) -> Self:
        """With a printed label, handed out to nobody yet."""
        return self.filter(state=PaperEnvelope.State.BLANK)

    def to_open(self) -> Self:
        """Received in time, and the list is marked; the papers are still inside."""
        return self.filter(state=PaperEnvelope.State.RECEIVED)

    def pending(self) -> Self:
        """Of people who have not shown yet what the round asks for."""
        return self.filter(roll_entry__is_pending=True, roll_entry__verification=None)


class PaperEnvelope(models.Model):
    """One outer envelope with its label: whose it is, and what became of it."""

    class State(models.TextChoices):
        BLANK = "blank", "Not handed out"
        ISSUED = "issued", "With the voter"
        SPOILT = "spoilt", "Spoilt or lost"
        RECEIVED = "received", "Received, not opened yet"
        ASIDE = "aside", "Set aside unopened"
        LATE = "late", "Came too late, unopened"
        OPENED = "opened", "Opened with others"

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="envelopes")
    serial = models.CharField(max_length=9)
    state = models.CharField(max_length=8, choices=State, default=State.BLANK)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    roll_entry = models.ForeignKey(RollEntry, null=True, on_delete=models.PROTECT, related_name="envelopes")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    spoilt_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    spoilt_reason = models.CharField(max_length=200, blank=True, db_default="")
    restored_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = PaperEnvelopeQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("serial",), name="%(app_label)s_%(class)s_serial"),
            models.UniqueConstraint(
                fields=("roll_entry",), condition=Q(state="issued"), name="%(app_label)s_%(class)s_one_out"
            ),
            models.UniqueConstraint(
                fields=("roll_entry",),
                condition=Q(state__in=("received", "opened")),
                name="%(app_label)s_%(class)s_marked_once",
            ),
            models.CheckConstraint(
                condition=Q(state="blank", roll_entry=None, issued_by=None, taken_by=None)
                | Q(state="issued", roll_entry__isnull=False, issued_by__isnull=False, taken_by=None)
                | Q(
                    state__in=("spoilt", "received", "aside", "late", "opened"),
                    roll_entry__isnull=False,
                    issued_by__isnull=False,
                    taken_by__isnull=False,
                ),
                name="%(app_label)s_%(class)s_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="spoilt") | (Q(spoilt_by__isnull=False) & ~Q(spoilt_reason="")),
                name="%(app_label)s_%(class)s_spoilt_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(restored_by=None) | (Q(spoilt_by__isnull=False) & ~Q(restored_by=F("spoilt_by"))),
                name="%(app_label)s_%(class)s_restored_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="spoilt") | Q(taken_by=None) | ~Q(taken_by=F("issued_by")),
                name="%(app_label)s_%(class)s_taken_by_another",
            ),
        )

    def __str__(self) -> str:
        return f"{self.serial}: {self.get_state_display()}"


@tracked()
class PaperBatch(models.Model):
    """Envelopes opened together and their papers mixed: counts, and who entered what the papers say."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="paper_batches")
    number = models.PositiveSmallIntegerField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    envelopes_count = models.PositiveIntegerField()
    papers_count = models.PositiveIntegerField(null=True)
    empty_count = models.PositiveIntegerField(null=True)
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    first_keyer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    second_keyer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    differences_count = models.PositiveIntegerField(default=0, help_text="Papers entered differently, then again.")
    is_sealed = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "paper batches"
        constraints = (
            models.UniqueConstraint(fields=("round", "number"), name="%(app_label)s_%(class)s_number"),
            models.CheckConstraint(condition=Q(envelopes_count__gte=1), name="%(app_label)s_%(class)s_some"),
            models.CheckConstraint(
                condition=Q(papers_count=None, empty_count=None)
                | Q(
                    papers_count__isnull=False,
                    empty_count__isnull=False,
                    envelopes_count=F("papers_count") + F("empty_count"),
                ),
                name="%(app_label)s_%(class)s_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(papers_count=None, counted_by=None)
                | Q(papers_count__isnull=False, counted_by__isnull=False),
                name="%(app_label)s_%(class)s_counted",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | (Q(counted_by__isnull=False) & ~Q(confirmed_by=F("counted_by"))),
                name="%(app_label)s_%(class)s_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(is_sealed=False, first_keyer=None) | Q(confirmed_by__isnull=False),
                name="%(app_label)s_%(class)s_confirmed_first",
            ),
            models.CheckConstraint(
                condition=Q(second_keyer=None) | (Q(first_keyer__isnull=False) & ~Q(second_keyer=F("first_keyer"))),
                name="%(app_label)s_%(class)s_by_two",
            ),
            models.CheckConstraint(
                condition=Q(is_sealed=False) | Q(papers_count=0) | Q(second_keyer__isnull=False),
                name="%(app_label)s_%(class)s_sealed_by_two",
            ),
        )

    def __str__(self) -> str:
        return f"batch {self.number} of {self.round}"


class KeyedPaper(models.Model):
    """What one person entered for one paper of a mixed batch: sealed, and comparable only; gone once both agree."""

    batch = models.ForeignKey(PaperBatch, on_delete=models.PROTECT, related_name="keyed")
    number = models.PositiveIntegerField(help_text="Pencilled on the paper after mixing.")
    keyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sealed = models.BinaryField()
    fingerprint = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("batch", "number", "keyer"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="%(app_label)s_%(class)s_number"),
        )

    def __str__(self) -> str:
        return f"paper {self.number} of {self.batch}"


class SealedPaper(models.Model):
    """A ballot from paper, sealed and marked like any other, in the order of its hash and beside nobody."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="sealed_papers")
    leaf = models.BinaryField(primary_key=True)
    sealed = models.BinaryField()
    mark = models.BinaryField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(mark__isnull=False), name="%(app_label)s_%(class)s_marked"),
            models.CheckConstraint(condition=Q(leaf=LeafHash(F("sealed"))), name="%(app_label)s_%(class)s_leaf_fits"),
        )

    def __str__(self) -> str:
        return f"sealed paper of {self.round}"


class PaperCount(models.Model):
    """What became of every envelope, as counted when it was named what to open."""

    round = models.OneToOneField(Round, primary_key=True, on_delete=models.PROTECT, related_name="paper_count")
    issued_count = models.PositiveIntegerField(help_text="Envelopes handed out.")
    spoilt_count = models.PositiveIntegerField()
    not_returned_count = models.PositiveIntegerField()
    late_count = models.PositiveIntegerField()
    aside_count = models.PositiveIntegerField()
    opened_count = models.PositiveIntegerField()
    papers_count = models.PositiveIntegerField()
    empty_count = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    issued_count=F("spoilt_count")
                    + F("not_returned_count")
                    + F("late_count")
                    + F("aside_count")
                    + F("opened_count")
                ),
                name="%(app_label)s_%(class)s_envelopes",
            ),
            models.CheckConstraint(
                condition=Q(opened_count=F("papers_count") + F("empty_count")), name="%(app_label)s_%(class)s_papers"
            ),
        )

    def __str__(self) -> str:
        return f"{self.issued_count} envelopes, {self.papers_count} papers"


class HelpIntention(models.Model):
    """That somebody is about to help a voter: kept before the ballot is in the box, gone once both are noted and told.

    Its leaf says which ballot it is about, whatever the voter does afterwards. How they are told is kept no longer.
    """

    leaf = models.BinaryField(primary_key=True)
    roll_entry = models.ForeignKey(RollEntry, on_delete=models.PROTECT, related_name="+")
    helper = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    letter_to = models.TextField(blank=True, help_text="Name and address, encrypted.")
    number = models.CharField(max_length=13, blank=True)

    def __str__(self) -> str:
        return f"{self.helper} is helping {self.roll_entry}"


class HelpedVote(models.Model):
    """That somebody helped a voter to vote on this site: who. What was chosen is sealed like any other ballot."""

    roll_entry = models.ForeignKey(RollEntry, on_delete=models.PROTECT, related_name="helped")
    helper = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("roll_entry", "helper"), name="%(app_label)s_%(class)s_once"),)

    def __str__(self) -> str:
        return f"{self.roll_entry}, helped by {self.helper}"
