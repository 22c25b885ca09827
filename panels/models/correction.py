"""What others have confirmed about a resident, and the resident says is wrong or has changed: two look at it again."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from panels.models.residence import Residence


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def open(self) -> Self:
        return self.filter(state=Correction.State.OPEN)

    def done(self) -> Self:
        return self.filter(state=Correction.State.DONE)


@tracked(exclude=("full_name", "person_hmac", "household_hmac", "born_hmac"))
class Correction(models.Model):
    """The details that somebody says are right, as keyed fingerprints, and the two who met them and found so.

    One of the two is of the fund, neither is the person, and no two of the three live together. The database changes
    the fingerprints, age and place of somebody who has shown where they live to no others than those of their latest
    correction by two. The name typed is forgotten once it is settled.
    """

    class State(models.TextChoices):
        OPEN = "open", "Waits for two people"
        DONE = "done", "Corrected"
        REFUSED = "refused", "Not corrected"
        REPLACED = "replaced", "Asked anew"

    residence = models.ForeignKey(Residence, on_delete=models.PROTECT, related_name="corrections")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    why = models.CharField(max_length=300)
    full_name = models.CharField(max_length=120, blank=True)
    neighbourhood = models.ForeignKey("neighbourhoods.Neighbourhood", on_delete=models.PROTECT, related_name="+")
    placed_by = models.CharField(max_length=9, choices=Residence.PlacedBy)
    person_hmac = models.CharField(max_length=64)
    household_hmac = models.CharField(max_length=64)
    born_hmac = models.CharField(max_length=64)
    of_age_on = models.DateField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN, db_default=State.OPEN)
    first_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    first_how = models.CharField(max_length=300, blank=True)
    first_is_fund = models.BooleanField(default=False, db_default=False)
    second_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    second_how = models.CharField(max_length=300, blank=True)
    second_is_fund = models.BooleanField(default=False, db_default=False)
    refused_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    refused_why = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("residence",), condition=Q(state="open"), name="%(app_label)s_%(class)s_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state="open", second_by=None, refused_by=None, ended_at=None) & ~Q(full_name="")
                | Q(state="done", second_by__isnull=False, refused_by=None, ended_at__isnull=False, full_name="")
                | Q(state="refused", second_by=None, refused_by__isnull=False, ended_at__isnull=False, full_name="")
                | Q(state="replaced", second_by=None, refused_by=None, ended_at__isnull=False, full_name=""),
                name="%(app_label)s_%(class)s_state",
            ),
            models.CheckConstraint(
                condition=Q(second_by=None)
                | Q(first_by__isnull=False)
                & ~Q(second_by=F("first_by"))
                & Q(Q(first_is_fund=True) | Q(second_is_fund=True)),
                name="%(app_label)s_%(class)s_by_two",
            ),
            models.CheckConstraint(
                condition=(Q(first_by=None) | ~Q(first_by=F("asked_by")))
                & (Q(second_by=None) | ~Q(second_by=F("asked_by")))
                & (Q(refused_by=None) | ~Q(refused_by=F("asked_by"))),
                name="%(app_label)s_%(class)s_not_own",
            ),
            models.CheckConstraint(
                condition=~Q(why="")
                & (Q(first_by=None) | ~Q(first_how=""))
                & (Q(second_by=None) | ~Q(second_how=""))
                & (Q(refused_by=None) | ~Q(refused_why="")),
                name="%(app_label)s_%(class)s_says_why",
            ),
        )

    def __str__(self) -> str:
        return f"correction {self.pk} of {self.residence.user}"


class FormerFingerprint(models.Model):
    """The fingerprint somebody had shown to be theirs, and gave up by a correction. The database writes it, with it.

    With no other account is it shown again; only two who met the person correct another's details to it, and that only
    where whoever had it has another birth date now. Its own resident may go back to it. Where several gave up the same,
    it stays theirs with each.
    """

    person_hmac = models.CharField(max_length=64)
    residence = models.ForeignKey(Residence, on_delete=models.PROTECT, related_name="former_fingerprints")
    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="+")
    given_up_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("person_hmac", "residence"), name="%(app_label)s_%(class)s_once_of_each"),
        )

    def __str__(self) -> str:
        return f"former details of {self.residence.user}"
