"""Officers' ranks and teams, what each rank may approve, and who stands in for whom. All are dated."""

from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.timezone import localdate

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow, core_now
from cwf_portal.core.models import User
from grants.domain.authority import DELEGATED_DAYS_MAX, RANK_LABELS, Officer, Rank, Risk
from grants.models.choices import both_or_neither, numbered

RISK_LABELS = {Risk.LOW: "Low", Risk.MEDIUM: "Medium", Risk.HIGH: "High"}


class OfficerAuthorityQuerySet(models.QuerySet["OfficerAuthority"]):
    def standing(self, day: date) -> "OfficerAuthorityQuerySet":
        """In force on a day."""
        return self.filter(Q(to_on=None) | Q(to_on__gte=day), from_on__lte=day)


class AskedQuerySet(models.QuerySet["AuthorityChange"]):
    def waiting(self) -> "AskedQuerySet":
        """Asked for, and neither confirmed nor taken back."""
        return self.filter(confirmed_at=None, withdrawn_at=None)


@tracked()
class AuthorityChange(models.Model):
    """A rank and a team that one administrator asks for and another confirms; no rank ends the one held."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="authority_changes")
    rank = models.PositiveSmallIntegerField(choices=numbered(RANK_LABELS), null=True)
    team = models.CharField(max_length=40, blank=True)
    from_on = models.DateField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = AskedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(rank=None, team="")
                | Q(rank__gte=Rank.GRANTS_OFFICER.value, rank__lte=Rank.FUND_DIRECTOR.value) & ~Q(team=""),
                name="%(app_label)s_%(class)s_rank_with_team",
            ),
            models.CheckConstraint(
                condition=both_or_neither("confirmed_by", "confirmed_at"),
                name="%(app_label)s_%(class)s_confirmed_pair",
            ),
            models.CheckConstraint(
                condition=both_or_neither("withdrawn_by", "withdrawn_at"),
                name="%(app_label)s_%(class)s_withdrawn_pair",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | Q(withdrawn_by=None), name="%(app_label)s_%(class)s_one_end"
            ),
            models.CheckConstraint(
                condition=~Q(requested_by=F("user"))
                & (Q(confirmed_by=None) | ~Q(confirmed_by=F("requested_by")) & ~Q(confirmed_by=F("user"))),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.UniqueConstraint(
                fields=("user",),
                condition=Q(confirmed_at=None, withdrawn_at=None),
                name="%(app_label)s_%(class)s_one_waiting",
            ),
        )

    def __str__(self) -> str:
        what = f"{self.get_rank_display()}, {self.team}" if self.rank else "no rank"
        return f"{self.user}: {what} from {self.from_on:%-d %B %Y}"


@tracked()
class OfficerAuthority(models.Model):
    """An officer's rank and team from a day on, by a change that two administrators made (migration 0021)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="authorities")
    rank = models.PositiveSmallIntegerField(choices=numbered(RANK_LABELS))
    team = models.CharField(max_length=40)
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    change = models.OneToOneField(AuthorityChange, null=True, on_delete=models.PROTECT, related_name="authority")

    objects = OfficerAuthorityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "officer authorities"
        constraints = (
            models.CheckConstraint(
                condition=Q(rank__gte=Rank.GRANTS_OFFICER.value, rank__lte=Rank.FUND_DIRECTOR.value),
                name="%(app_label)s_%(class)s_rank_known",
            ),
            models.CheckConstraint(condition=~Q(team=""), name="%(app_label)s_%(class)s_team_given"),
            models.CheckConstraint(
                condition=Q(to_on=None) | Q(to_on__gte=F("from_on")), name="%(app_label)s_%(class)s_dates_in_order"
            ),
            models.UniqueConstraint(fields=("user",), condition=Q(to_on=None), name="%(app_label)s_%(class)s_one_open"),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.get_rank_display()}, {self.team}"

    def as_officer(self) -> Officer:
        """The officer as the rules of approval see one."""
        return Officer(self.user_id, Rank(self.rank), self.team)


class AuthorityLimit(models.Model):
    """The most that a rank may approve at a risk, from a day on. Rows are only added."""

    rank = models.PositiveSmallIntegerField(choices=numbered(RANK_LABELS))
    risk = models.CharField(max_length=6, choices=[(risk.value, label) for risk, label in RISK_LABELS.items()])
    limit_pence = models.BigIntegerField()
    from_on = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("rank", "risk", "from_on"), name="%(app_label)s_%(class)s_once_a_day"),
            models.CheckConstraint(
                condition=Q(rank__gte=Rank.GRANTS_OFFICER.value, rank__lte=Rank.FUND_DIRECTOR.value),
                name="%(app_label)s_%(class)s_rank_known",
            ),
            models.CheckConstraint(
                condition=Q(risk__in=["low", "medium", "high"]), name="%(app_label)s_%(class)s_risk_known"
            ),
            models.CheckConstraint(condition=Q(limit_pence__gte=0), name="%(app_label)s_%(class)s_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.get_rank_display()}, {self.risk} risk"


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def live(self) -> "DelegationQuerySet":
        """Neither refused nor ended early."""
        return self.filter(ended_at=None)

    def standing(self, day: date) -> "DelegationQuerySet":
        """Confirmed, and in force on a day."""
        return self.live().filter(confirmed_at__isnull=False, from_on__lte=day, to_on__gte=day)

    def stood_since(self, at: datetime) -> "DelegationQuerySet":
        """Confirmed, and in force at some time from then until now, though maybe ended since."""
        now = core_now()
        return self.filter(
            Q(ended_at=None) | Q(ended_at__gt=at, ended_at__date__gte=F("from_on")),
            confirmed_at__isnull=False,
            from_on__lte=localdate(now),
            to_on__gte=localdate(min(at, now)),
        )

    def between(self, one: int, other: int) -> "DelegationQuerySet":
        """From one of two people to the other, by primary key."""
        return self.filter(Q(giver=one, taker=other) | Q(giver=other, taker=one))


@tracked()
class Delegation(models.Model):
    """An officer hands their authority to one of equal rank, for at most thirty days; an administrator confirms.

    Meanwhile the giver approves nothing, and the two count as one person: neither takes a step of an agreement of which
    the other took one. The taker approves within the limit of the rank that both hold, never beyond.
    """

    giver = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_given")
    taker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_taken")
    from_on = models.DateField()
    to_on = models.DateField()
    reason = models.CharField(max_length=300)
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="%(app_label)s_%(class)s_not_to_oneself"),
            models.CheckConstraint(
                condition=Q(to_on__gte=F("from_on"), to_on__lt=F("from_on") + timedelta(days=DELEGATED_DAYS_MAX)),
                name="%(app_label)s_%(class)s_thirty_days",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
            models.CheckConstraint(
                condition=both_or_neither("confirmed_by", "confirmed_at"),
                name="%(app_label)s_%(class)s_confirmed_pair",
            ),
            models.CheckConstraint(
                condition=both_or_neither("ended_by", "ended_at"), name="%(app_label)s_%(class)s_ended_pair"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("giver")) & ~Q(confirmed_by=F("taker")),
                name="%(app_label)s_%(class)s_third_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.taker} for {self.giver}, {self.from_on:%-d %B %Y} to {self.to_on:%-d %B %Y}"

    def stood_since(self, at: datetime) -> bool:
        """Of one that the query of this name found for an earlier instant: whether it was in force at this or later."""
        return self.to_on >= localdate(at) and (self.ended_at is None or self.ended_at > at)
