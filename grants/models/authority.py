"""Officers' ranks and teams, and what each rank may approve. Both are dated."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.models import User
from grants.domain.authority import RANK_LABELS, Officer, Rank, Risk
from grants.models.choices import numbered

RISK_LABELS = {Risk.LOW: "Low", Risk.MEDIUM: "Medium", Risk.HIGH: "High"}


class OfficerAuthorityQuerySet(models.QuerySet["OfficerAuthority"]):
    def standing(self, day: date) -> "OfficerAuthorityQuerySet":
        """In force on a day."""
        return self.filter(Q(to_on=None) | Q(to_on__gte=day), from_on__lte=day)


@tracked()
class OfficerAuthority(models.Model):
    """An officer's rank and team from a day on."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="authorities")
    rank = models.PositiveSmallIntegerField(choices=numbered(RANK_LABELS))
    team = models.CharField(max_length=40)
    from_on = models.DateField()
    to_on = models.DateField(null=True)

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
