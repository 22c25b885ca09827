"""The voters' list, the box and the public log. Nothing is tracked, and nothing here holds a time of voting, but that
whoever votes before signing in is put on the list in that moment.

A sealed ballot stands beside a person; a counted ballot stands beside nobody. Between the two lies only the opener,
which is told neither.
"""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import BinaryField, F, Func, Q

from cwf_portal.core.clock import CoreNow
from panels.models.round import Round

LEAF_BYTES = 32


class LeafHash(Func):
    """The leaf of sealed bytes as the database works it out (RFC 6962): what stands in `leaf` need not be believed."""

    template = r"sha256('\x00'::bytea || %(expressions)s)"
    output_field = BinaryField()


class RollEntry(models.Model):
    """One person's one vote in one round; never changed when they vote.

    A pending entry is of somebody who has not shown yet what the round asks for. They may vote; whether that ballot is
    opened depends on a `RollVerification` before the deadline.
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="roll")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="roll_entries")
    person_hmac = models.CharField(max_length=64)
    is_pending = models.BooleanField(default=False, db_default=False)
    enrolled_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("round", "user"), name="%(app_label)s_%(class)s_once"),
            models.UniqueConstraint(fields=("round", "person_hmac"), name="%(app_label)s_%(class)s_one_person"),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.round}"


class RollVerification(models.Model):
    """That the person of a pending entry has shown in time where they live."""

    roll_entry = models.OneToOneField(
        RollEntry, primary_key=True, on_delete=models.PROTECT, related_name="verification"
    )
    verified_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    def __str__(self) -> str:
        return f"{self.roll_entry}, verified"


class SetAside(models.Model):
    """That the ballot of an entry is not opened, and why; noted when it is named what to open."""

    class Reason(models.TextChoices):
        NOT_SHOWN = "not_shown", "They did not show in time where they live"
        TWICE = "twice", "The same person is on the list twice"
        CHANGED = "changed", "It is not what this site put there"

    roll_entry = models.OneToOneField(RollEntry, primary_key=True, on_delete=models.PROTECT, related_name="set_aside")
    reason = models.CharField(max_length=9, choices=Reason)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(reason__in=("not_shown", "twice", "changed")), name="%(app_label)s_%(class)s_reason_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.roll_entry}: {self.reason}"


class SealedBallotQuerySet(models.QuerySet["SealedBallot"]):
    def of(self, round: Round) -> Self:
        return self.filter(roll_entry__round=round)

    def in_box(self) -> Self:
        """With a sealed ballot: neither withdrawn nor on paper."""
        return self.filter(state=SealedBallot.State.IN_BOX)

    def standing(self) -> Self:
        """Of people who have voted, on this site or on paper."""
        return self.exclude(state=SealedBallot.State.WITHDRAWN)

    def to_open(self) -> Self:
        """In the box and not set aside."""
        return self.in_box().filter(roll_entry__set_aside=None)

    def pending(self) -> Self:
        """Of people who have not shown yet what the round asks for."""
        return self.filter(roll_entry__is_pending=True, roll_entry__verification=None)

    def certain(self) -> Self:
        """But for those of people who have not shown yet what the round asks for, of nobody who is known, and of
        people whose other entry counts.
        """
        known = self.exclude(roll_entry__is_pending=True, roll_entry__verification=None)
        return known.filter(roll_entry__set_aside=None)

    def unrefused(self) -> Self:
        """But for ballots sent by e-mail of which the owner of the address has said that they are not theirs."""
        return self.exclude(roll_entry__first_vote__answer__is_mine=False)


class SealedBallot(models.Model):
    """The mark of a roll entry: the ballot that will count for it, sealed, or that the vote is on paper.

    One row, whichever way somebody votes: its key alone is what keeps web and paper from counting both. `version` is
    the number of ballots cast on this site; a withdrawn ballot is not kept. `mark` is the portal's, of what was last
    cast or withdrawn on this site (`panels.domain.marks`): what somebody else wrote here has none that fits.
    """

    class State(models.TextChoices):
        IN_BOX = "box", "In the box"
        WITHDRAWN = "withdrawn", "Withdrawn by the voter"
        ON_PAPER = "paper", "On paper"

    roll_entry = models.OneToOneField(RollEntry, primary_key=True, on_delete=models.PROTECT, related_name="sealed")
    sealed = models.BinaryField(null=True)
    leaf = models.BinaryField(null=True)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.IN_BOX, db_default=State.IN_BOX)
    mark = models.BinaryField(null=True)

    objects = SealedBallotQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("leaf",), name="%(app_label)s_%(class)s_leaf"),
            models.CheckConstraint(
                condition=Q(state="box", sealed__isnull=False, leaf__isnull=False, version__gte=1)
                | Q(state="withdrawn", sealed=None, leaf=None, version__gte=1)
                | Q(state="paper", sealed=None, leaf=None),
                name="%(app_label)s_%(class)s_state",
            ),
            models.CheckConstraint(condition=Q(leaf=LeafHash(F("sealed"))), name="%(app_label)s_%(class)s_leaf_fits"),
            models.CheckConstraint(
                condition=Q(version=0, mark=None) | Q(version__gte=1, mark__isnull=False),
                name="%(app_label)s_%(class)s_marked",
            ),
        )

    def __str__(self) -> str:
        return f"sealed ballot {self.pk}"


class LeafQueue(models.Model):
    """Hashes of sealed ballots waiting to be appended to the log, without person, number or time."""

    leaf = models.BinaryField(primary_key=True)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return bytes(self.leaf).hex()


class LogLeaf(models.Model):
    """One entry of a round's public log; leaf 0 is the frozen rules."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="log")
    position = models.PositiveIntegerField()
    leaf = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("round", "position"), name="%(app_label)s_%(class)s_position"),
            models.UniqueConstraint(fields=("round", "leaf"), name="%(app_label)s_%(class)s_leaf"),
        )

    def __str__(self) -> str:
        return f"{self.position}: {bytes(self.leaf).hex()}"


class LogHead(models.Model):
    """A signed head of the log, and the turnout published with it, to the nearest five."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="heads")
    size = models.PositiveIntegerField()
    checkpoint = models.TextField()
    turnout_shown = models.PositiveIntegerField()
    published_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("round", "size"), name="%(app_label)s_%(class)s_size"),)

    def __str__(self) -> str:
        return f"{self.size} leaves"


class HeadReader(models.Model):
    """Somebody with an account gets every signed head by e-mail, so that nobody can show them another list later."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="head_readers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("round", "user"), name="%(app_label)s_%(class)s_once"),)

    def __str__(self) -> str:
        return f"{self.user} reads the heads of {self.round}"


class BoxOpening(models.Model):
    """That the box was opened: which set, by which keepers, with what in it. Once per round."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="opening")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    set_count = models.PositiveIntegerField(help_text="Sealed ballots to open.")
    set_hash = models.BinaryField(help_text="SHA-256 over their sorted leaves.")
    set_signature = models.BinaryField(help_text="The portal's, made before any key was entered.")
    keepers = models.CharField(max_length=3, help_text="The pair, as 1,2.")
    counted_count = models.PositiveIntegerField()
    invalid_count = models.PositiveIntegerField()
    contents_digest = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(set_count=models.F("counted_count") + models.F("invalid_count")),
                name="%(app_label)s_%(class)s_reconciles",
            ),
        )

    def __str__(self) -> str:
        return f"{self.counted_count} counted, {self.invalid_count} invalid"


class CountedBallot(models.Model):
    """Contents of the box in sorted order, numbered in that order: no time, no person, no leaf."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="counted")
    number = models.PositiveIntegerField()
    choices = models.TextField(help_text="Positions of the projects chosen, as 0,3,7.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("round", "number"), name="%(app_label)s_%(class)s_number"),)

    def __str__(self) -> str:
        return self.choices
