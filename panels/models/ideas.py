"""What happens with ideas: every step with its reason, and the support of residents."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from panels.models.round import Proposal, Words


class IdeaStep(models.Model):
    """One step of an idea, for everybody to read: what was done, when, why, and by whom in what role."""

    class Kind(models.TextChoices):
        PUT_FORWARD = "put_forward", "Put forward"
        COSTED = "costed", "Goes to the vote"
        REFUSED = "refused", "Cannot go to the vote"
        JOINED = "joined", "Joined with another idea"
        TOOK_IN = "took_in", "Another idea was joined with this one"
        PARTED = "parted", "Parted from the idea it was joined with"
        LET_GO = "let_go", "Another idea was parted from this one"
        WORDED = "worded", "Can be read in another language"
        EXCLUDING = "excluding", "Only one of this idea and others can be paid for"
        BESIDE = "beside", "Can be paid for beside the others again"
        HIDDEN = "hidden", "Hidden"
        APPEALED = "appealed", "Asked to be shown again"
        WAIVED = "waived", "Let rest: it stays hidden"
        SHOWN = "shown", "Shown again"
        UPHELD = "upheld", "Stays hidden"

    class Role(models.TextChoices):
        PROPOSER = "proposer", "Whoever put it forward"
        PANEL = "panel", "The panel"
        OFFICER = "officer", "An officer of the fund"

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=11, choices=Kind)
    reason = models.CharField(max_length=600, blank=True)
    other = models.ForeignKey(Proposal, null=True, on_delete=models.PROTECT, related_name="+")
    capital_pence = models.BigIntegerField(null=True)
    yearly_pence = models.BigIntegerField(null=True)
    least_pence = models.BigIntegerField(null=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=8, choices=Role)
    taken_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="put_forward") | ~Q(reason=""), name="%(app_label)s_%(class)s_says_why"
            ),
            models.CheckConstraint(
                condition=Q(role__in=("proposer", "panel", "officer")), name="%(app_label)s_%(class)s_role_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.proposal}: {self.get_kind_display()}"


@tracked()
class IdeaSupport(models.Model):
    """One resident supports one idea; gone when they take it back. It chooses nothing: only the vote does."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="supports")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("proposal", "user"), name="%(app_label)s_%(class)s_once"),)

    def __str__(self) -> str:
        return f"{self.user} for {self.proposal}"


@tracked()
class IdeaExclusion(models.Model):
    """Somebody said that of two ideas at most one is paid for; gone when it is taken back.

    It is kept as it was said. What it means while one of the two is joined with another, or does not stand, is worked
    out when it is read: so whoever parts ideas, or takes one back in, finds again what was said, and nothing else.
    """

    first = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="+")
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("first", "second"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="%(app_label)s_%(class)s_in_order"),
        )

    def __str__(self) -> str:
        return f"{self.first} or {self.second}"


class IdeaWordsQuerySet(models.QuerySet["IdeaWords"]):
    def checked(self) -> Self:
        """Those that somebody else found to say the same as the English: only these are shown and put on a ballot."""
        return self.exclude(read_by=None)


@tracked()
class IdeaWords(models.Model):
    """Title and text of an idea in another language, by somebody of the panel or the fund, checked by a second person.

    What voters read decides what they choose, so it takes two to put words before them. From the freeze on a trigger
    refuses any change: the rules hold the words then, and their signature covers them.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="words")
    language = models.CharField(max_length=7, help_text="Its code; never English, in which the idea itself is.")
    title = models.CharField(max_length=80)
    what = models.CharField(max_length=600)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True)

    objects = IdeaWordsQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("proposal", "language"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=~Q(language__in=("", "en", "en-gb")) & ~Q(title="") & ~Q(what=""),
                name="%(app_label)s_%(class)s_whole",
            ),
            models.CheckConstraint(
                condition=Q(read_by=None, read_at=None) | Q(read_by__isnull=False, read_at__isnull=False),
                name="%(app_label)s_%(class)s_read_together",
            ),
            models.CheckConstraint(
                condition=Q(read_by=None) | ~Q(read_by=F("written_by")), name="%(app_label)s_%(class)s_by_two"
            ),
        )

    def __str__(self) -> str:
        return f"{self.proposal} ({self.language})"

    @property
    def words(self) -> Words:
        """As a ballot holds them."""
        return {"title": self.title, "what": self.what}
