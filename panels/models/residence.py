"""Who lives where, as said and as shown, without storing a birth date or an address."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models.people import NOWHERE

MOST_WRONG_CODES = 5


class ResidenceQuerySet(models.QuerySet["Residence"]):
    def shown(self) -> Self:
        return self.filter(level=Residence.Level.SHOWN)

    def awaiting_vouchers(self) -> Self:
        waiting = self.filter(level=Residence.Level.DECLARED, user__closed_at=None)
        return waiting.exclude(placed_by=Residence.PlacedBy.ELSEWHERE)

    def of_nobody(self) -> Self:
        """Under an account with which nobody can sign in: made at a polling place, or by the card of an event."""
        return self.filter(user__email__endswith=NOWHERE)

    def awaiting_place(self) -> Self:
        """Whose postcode did not say where they live: two people judge it."""
        return self.filter(placed_by=Residence.PlacedBy.OPEN, user__closed_at=None)


@tracked(exclude=("person_hmac", "household_hmac", "born_hmac"))
class Residence(models.Model):
    """Where one person lives.

    Anybody can say anything: the same details may be told with several accounts, and one of them at most shows them.
    `person_hmac`, `household_hmac` and `born_hmac` are keyed outside the database. `of_age_on`, the day they are or
    were 16, is kept only for those who were under 18 when they declared, since each vote has its own lowest age: for
    everybody else nothing readable of the birth date remains.
    """

    class Level(models.TextChoices):
        DECLARED = "declared", "Said so"
        SHOWN = "shown", "Shown"

    class PlacedBy(models.TextChoices):
        """How it is known in which place the home lies."""

        POSTCODE = "postcode", "By the postcode"
        PEOPLE = "people", "By two people"
        OPEN = "open", "Not known yet"
        ELSEWHERE = "elsewhere", "In none of the places, as two people found"

    class ProvedBy(models.TextChoices):
        """How it was shown that the person lives at this address; any one way is enough."""

        NOTHING = "", "Nothing yet"
        IN_PERSON = "in_person", "Two people, in person"
        POST = "post", "A letter to the address"
        CARD = "card", "A card from an event"
        DOCUMENT = "document", "A document, to an officer"
        CORRECTION = "corrected", "Two people, who corrected it"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="residence")
    neighbourhood = models.ForeignKey(
        "neighbourhoods.Neighbourhood", on_delete=models.PROTECT, related_name="residences"
    )
    placed_by = models.CharField(max_length=9, choices=PlacedBy, default=PlacedBy.OPEN, db_default="open")
    level = models.CharField(max_length=8, choices=Level, default=Level.DECLARED)
    proved_by = models.CharField(max_length=9, choices=ProvedBy, default=ProvedBy.NOTHING, db_default="", blank=True)
    wrong_codes = models.PositiveSmallIntegerField(default=0, db_default=0)
    person_hmac = models.CharField(max_length=64)
    household_hmac = models.CharField(max_length=64)
    born_hmac = models.CharField(max_length=64, blank=True, default="", db_default="")
    of_age_on = models.DateField(null=True)
    declared_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    shown_at = models.DateTimeField(null=True)

    objects = ResidenceQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(level="declared", shown_at=None) | Q(level="shown", shown_at__isnull=False),
                name="%(app_label)s_%(class)s_shown_pair",
            ),
            models.CheckConstraint(
                condition=Q(placed_by__in=("postcode", "people", "open", "elsewhere")),
                name="%(app_label)s_%(class)s_placed_by_known",
            ),
            models.CheckConstraint(
                condition=Q(level="declared") | Q(placed_by__in=("postcode", "people")),
                name="%(app_label)s_%(class)s_shown_in_a_place",
            ),
            models.CheckConstraint(
                condition=Q(proved_by__in=("", "in_person", "post", "card", "document", "corrected")),
                name="%(app_label)s_%(class)s_proved_by_known",
            ),
            models.CheckConstraint(
                condition=Q(level="declared") | ~Q(proved_by=""), name="%(app_label)s_%(class)s_shown_by_something"
            ),
            models.UniqueConstraint(
                fields=("person_hmac",), condition=~Q(proved_by=""), name="%(app_label)s_%(class)s_one_has_shown_it"
            ),
            models.CheckConstraint(
                condition=Q(wrong_codes__lte=MOST_WRONG_CODES), name="%(app_label)s_%(class)s_limited_tries"
            ),
        )
        indexes = (
            models.Index(fields=("neighbourhood", "level"), name="panels_residence_place"),
            models.Index(fields=("person_hmac",), name="panels_residence_person"),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.neighbourhood}"

    @property
    def is_birth_date_missing(self) -> bool:
        """Whether they told us before birth dates had a fingerprint, so that only "16 by then" is certain of them."""
        return self.of_age_on is not None and not self.born_hmac

    @property
    def is_placed(self) -> bool:
        """Whether it is certain in which place the home lies."""
        return self.placed_by in {self.PlacedBy.POSTCODE, self.PlacedBy.PEOPLE}


@tracked(exclude=("postcode",))
class PlaceQuestion(models.Model):
    """A postcode that did not say where somebody lives, for two people to judge; forgotten once they have."""

    residence = models.OneToOneField(Residence, on_delete=models.PROTECT, related_name="place_question")
    postcode = models.CharField(max_length=10, blank=True)
    asked_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    def __str__(self) -> str:
        return f"where {self.residence.user} lives"


class PlaceVerdict(models.Model):
    """In which place a home lies, as one person found and why; two who agree settle it. None: in none of ours."""

    question = models.ForeignKey(PlaceQuestion, on_delete=models.PROTECT, related_name="verdicts")
    judge = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    neighbourhood = models.ForeignKey(
        "neighbourhoods.Neighbourhood", null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300)
    judged_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("question", "judge"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_says_why"),
        )

    def __str__(self) -> str:
        return f"{self.judge} on {self.question}"


class Vouch(models.Model):
    """One person's word, given in person, that another lives here: one by a panel member, one by somebody else."""

    residence = models.ForeignKey(Residence, on_delete=models.PROTECT, related_name="vouches")
    voucher = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="vouches_given")
    is_by_panel = models.BooleanField()
    vouched_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("residence", "voucher"), name="%(app_label)s_%(class)s_once"),
            models.UniqueConstraint(fields=("residence", "is_by_panel"), name="%(app_label)s_%(class)s_one_of_each"),
        )

    def __str__(self) -> str:
        return f"{self.voucher} for {self.residence}"
