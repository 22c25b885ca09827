"""Ballots that somebody cast by e-mail before signing in: nobody's, until the owner of the address says whose."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from cwf_portal.core.clock import CoreNow
from panels.models.box import RollEntry


class FirstVoteQuerySet(models.QuerySet["FirstVote"]):
    def unanswered(self) -> Self:
        return self.filter(answer=None)


class FirstVote(models.Model):
    """An entry of the list made by a form that anybody could send, and what was typed in it, as keyed fingerprints.

    The entry stands under a name of its own that belongs to no account, so it takes the place of nobody: neither of the
    person named nor of the owner of the address. Its ballot is moved to the owner's own entry once they say it is
    theirs; until then it stays closed.
    """

    roll_entry = models.OneToOneField(RollEntry, primary_key=True, on_delete=models.PROTECT, related_name="first_vote")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="first_votes")
    placed_by = models.CharField(max_length=9)
    person_hmac = models.CharField(max_length=64)
    household_hmac = models.CharField(max_length=64)
    born_hmac = models.CharField(max_length=64)
    of_age_on = models.DateField(null=True)  # as in `Residence`

    objects = FirstVoteQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(placed_by__in=("postcode", "open")), name="%(app_label)s_%(class)s_placed_by_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.roll_entry}, by e-mail"


class TypedName(models.Model):
    """The name typed in such a form, which anybody could have typed: gone once it is answered or the vote is over."""

    first_vote = models.OneToOneField(FirstVote, primary_key=True, on_delete=models.PROTECT, related_name="typed_name")
    full_name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.full_name


class FirstVoteAnswer(models.Model):
    """What the owner of the e-mail address, signed in, said about it: once."""

    first_vote = models.OneToOneField(FirstVote, primary_key=True, on_delete=models.PROTECT, related_name="answer")
    is_mine = models.BooleanField()
    answered_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    def __str__(self) -> str:
        return f"{self.first_vote}: {'mine' if self.is_mine else 'not mine'}"
