"""A panel's formal decisions and its members' votes on them."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from panels.domain.deciding import Vote


class ResolutionQuerySet(models.QuerySet["Resolution"]):
    def open(self) -> Self:
        return self.filter(status=Resolution.Status.OPEN)

    def carried(self) -> Self:
        return self.filter(status=Resolution.Status.CARRIED)

    def standing(self) -> Self:
        """Those that keep another on the same vote from being moved."""
        return self.filter(status__in=(Resolution.Status.OPEN, Resolution.Status.CARRIED))

    def in_full(self) -> Self:
        return self.select_related(
            "panel__neighbourhood", "round__annulment", "round__result", "accountable_body", "moved_by__user"
        )


@tracked()
class Resolution(models.Model):
    """Who looks after the money, for how long, to do what the residents chose.

    A trigger refuses `carried` unless the votes in the table carry it: quorum, resident majority, more for than
    against, conflicted members left out. Another refuses it while people of the place can object to the result.
    """

    class Kind(models.TextChoices):
        ENDORSE_RESULT = "endorse_result", "Carry out the result of a vote"

    class Status(models.TextChoices):
        OPEN = "open", "Being voted on"
        CARRIED = "carried", "Carried"
        NOT_CARRIED = "not_carried", "Not carried"
        DEFERRED = "deferred", "Put off"

    panel = models.ForeignKey("panels.Panel", on_delete=models.PROTECT, related_name="resolutions")
    kind = models.CharField(max_length=20, choices=Kind)
    title = models.CharField(max_length=160)
    round = models.ForeignKey("panels.Round", on_delete=models.PROTECT, related_name="resolutions")
    accountable_body = models.ForeignKey("panels.Organisation", on_delete=models.PROTECT, related_name="+")
    term_years = models.PositiveSmallIntegerField()
    moved_by = models.ForeignKey("panels.PanelMembership", on_delete=models.PROTECT, related_name="+")
    moved_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    status = models.CharField(max_length=11, choices=Status, default=Status.OPEN)
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)

    objects = ResolutionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(term_years__range=(1, 25)), name="%(app_label)s_%(class)s_term"),
            models.CheckConstraint(
                condition=Q(status="open", decided_at=None, outcome="")
                | (Q(status__in=("carried", "not_carried", "deferred")) & Q(decided_at__isnull=False) & ~Q(outcome="")),
                name="%(app_label)s_%(class)s_decided_together",
            ),
            models.UniqueConstraint(
                fields=("round", "kind"),
                condition=Q(status__in=("open", "carried")),
                name="%(app_label)s_%(class)s_one_standing",
            ),
        )

    def __str__(self) -> str:
        return self.title


class ResolutionVote(models.Model):
    """One member's vote; given once, kept for good, public."""

    resolution = models.ForeignKey(Resolution, on_delete=models.PROTECT, related_name="votes")
    member = models.ForeignKey("panels.PanelMembership", on_delete=models.PROTECT, related_name="resolution_votes")
    vote = models.CharField(max_length=7, choices=[(vote.value, vote.value) for vote in Vote])
    is_conflicted = models.BooleanField(default=False)
    conflict = models.CharField(max_length=200, blank=True)
    voted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    voted_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("resolution", "member"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(is_conflicted=False, conflict="") | (Q(is_conflicted=True) & ~Q(conflict="")),
                name="%(app_label)s_%(class)s_conflict_said",
            ),
            models.CheckConstraint(
                condition=Q(vote__in=("for", "against", "abstain")), name="%(app_label)s_%(class)s_vote_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.member}: {self.vote}"
