"""What residents say about ideas, and whether it or a photo is shown: what is hidden has a reason."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from panels.models.photo import Photo
from panels.models.round import Proposal, Round

TIME_TO_APPEAL = timedelta(days=3)  # in which no vote is fixed without what was hidden


@tracked()
class IdeaDiscussion(models.Model):
    """Whether residents may comment on the ideas of a vote: off, until the panel switches it on."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="discussion")
    is_on = models.BooleanField()

    def __str__(self) -> str:
        return f"comments on {self.round}: {'on' if self.is_on else 'off'}"


class IdeaComment(models.Model):
    """What somebody said about an idea, in what role. Published without their name."""

    class Role(models.TextChoices):
        RESIDENT = "resident", "A resident"
        PROPOSER = "proposer", "Whoever put it forward"
        PANEL = "panel", "A member of the panel"

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=8, choices=Role)
    submission = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    text = models.CharField(max_length=600)
    said_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(text=""), name="%(app_label)s_%(class)s_says_something"),
            models.CheckConstraint(
                condition=Q(role__in=("resident", "proposer", "panel")), name="%(app_label)s_%(class)s_role_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()} on {self.proposal}"


class ModerationCaseQuerySet(models.QuerySet["ModerationCase"]):
    def about_ideas(self) -> Self:
        """Neither about a comment nor about a photo."""
        return self.filter(comment=None, photo=None)

    def waiting(self) -> Self:
        """Reported and not looked at yet, or asked again and not answered."""
        return self.filter(Q(outcome="") | Q(appealed_at__isnull=False, answer="", waived_at=None))

    def hiding(self) -> Self:
        """What keeps an idea, a comment or a photo hidden."""
        return self.filter(outcome="hidden", answer__in=("", "upheld"))

    def can_be_appealed(self, at: datetime) -> Self:
        """Hidden a short time ago, and whoever wrote it has not asked yet for another person to look at it."""
        still = self.filter(outcome="hidden", appealed_at=None, waived_at=None)
        return still.filter(decided_at__gt=at - TIME_TO_APPEAL)

    def overruled(self) -> Self:
        """What was hidden, until another person showed it again."""
        return self.filter(outcome="hidden", answer="shown")


@tracked()
class ModerationCase(models.Model):
    """Whether an idea, a comment or a photo is shown: reported, looked at, perhaps hidden and then asked again, once.

    Two people decide: one at first, another when whoever wrote it asks again; never whoever wrote it.
    """

    class Outcome(models.TextChoices):
        KEPT = "kept", "Stays as it is"
        HIDDEN = "hidden", "Hidden"

    class Answer(models.TextChoices):
        SHOWN = "shown", "Shown again"
        UPHELD = "upheld", "Stays hidden"

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="cases")
    comment = models.ForeignKey(IdeaComment, null=True, on_delete=models.PROTECT, related_name="cases")
    photo = models.ForeignKey(Photo, null=True, on_delete=models.PROTECT, related_name="cases")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    outcome = models.CharField(max_length=6, choices=Outcome, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    appeal = models.CharField(max_length=600, blank=True)
    appealed_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=6, choices=Answer, blank=True)
    answer_reason = models.CharField(max_length=300, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    waived_at = models.DateTimeField(
        null=True, help_text="When whoever wrote it let it rest: nobody looks at it again."
    )

    objects = ModerationCaseQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome="", reason="", decided_by=None, decided_at=None)
                | Q(outcome__in=("kept", "hidden"), decided_by__isnull=False, decided_at__isnull=False) & ~Q(reason=""),
                name="%(app_label)s_%(class)s_decided_together",
            ),
            models.CheckConstraint(
                condition=Q(appeal="", appealed_at=None)
                | Q(outcome="hidden", appealed_at__isnull=False) & ~Q(appeal=""),
                name="%(app_label)s_%(class)s_appeal_pair",
            ),
            models.CheckConstraint(
                condition=Q(answer="", answer_reason="", answered_by=None, answered_at=None)
                | Q(
                    answer__in=("shown", "upheld"),
                    appealed_at__isnull=False,
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                )
                & ~Q(answer_reason=""),
                name="%(app_label)s_%(class)s_answered_together",
            ),
            models.CheckConstraint(
                condition=Q(waived_at=None) | Q(outcome="hidden", answer=""),
                name="%(app_label)s_%(class)s_waived_unanswered",
            ),
            models.CheckConstraint(
                condition=Q(answered_by=None) | ~Q(answered_by=F("decided_by")),
                name="%(app_label)s_%(class)s_by_another",
            ),
            models.CheckConstraint(
                condition=(Q(decided_by=None) | ~Q(decided_by=F("author")))
                & (Q(answered_by=None) | ~Q(answered_by=F("author"))),
                name="%(app_label)s_%(class)s_not_by_author",
            ),
            models.UniqueConstraint(
                fields=("proposal", "comment", "photo"),
                condition=Q(outcome="") | Q(outcome="hidden", answer__in=("", "upheld")),
                nulls_distinct=False,
                name="%(app_label)s_%(class)s_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(comment=None) | Q(photo=None), name="%(app_label)s_%(class)s_about_one_thing"
            ),
        )

    def __str__(self) -> str:
        return f"{self.comment or self.photo or self.proposal}: {self.get_outcome_display() or 'to be looked at'}"

    @property
    def thing(self) -> str:
        """What it is about, in a word."""
        return "comment" if self.comment_id else "photo" if self.photo_id else "idea"


class IdeaReport(models.Model):
    """Somebody finds that an idea, a comment or a photo should not be shown, and why."""

    class Why(models.TextChoices):
        RUDE = "rude", "It insults or threatens somebody"
        PRIVATE = "private", "It gives away something private"
        ADVERT = "advert", "It advertises something"
        UNTRUE = "untrue", "It says something untrue about somebody"
        OTHER = "other", "Something else"

    case = models.ForeignKey(ModerationCase, on_delete=models.PROTECT, related_name="reports")
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=7, choices=Why)
    note = models.CharField(max_length=300, blank=True)
    reported_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("case", "reported_by"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(why__in=("rude", "private", "advert", "untrue", "other")),
                name="%(app_label)s_%(class)s_why_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_why_display()}: {self.case}"
