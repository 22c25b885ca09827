"""What the count gave: by the rule that decides, and by the other for comparison."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from panels.domain.disclosure import SMALL, Disclosure, published_votes
from panels.domain.tally import Rule
from panels.models.round import Project, Round


@tracked()
class RoundResult(models.Model):
    """One per round. `disclosure` says how much of it may be published; the rule was known before the vote."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="result")
    disclosure = models.CharField(max_length=7, choices=[(level.value, level.value) for level in Disclosure])
    masked_below = models.PositiveIntegerField(
        default=SMALL, db_default=SMALL, help_text="Totals below this, or above all less this, are not told as numbers."
    )
    counted_count = models.PositiveIntegerField()
    spent_pence = models.BigIntegerField()
    computed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(published_at=None, published_by=None)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="%(app_label)s_%(class)s_published_pair",
            ),
            models.CheckConstraint(condition=Q(masked_below__gte=1), name="%(app_label)s_%(class)s_masked"),
        )

    def __str__(self) -> str:
        return f"result of {self.round}"

    def told_votes(self, line: "ProjectResult") -> str:
        """A project's votes as everybody may read them."""
        return published_votes(
            line.votes, self.counted_count, Disclosure(self.disclosure), masked_below=self.masked_below
        )


class ProjectResult(models.Model):
    """One project under one rule: funded or not, when, and why in words."""

    result = models.ForeignKey(RoundResult, on_delete=models.PROTECT, related_name="lines")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="results")
    rule = models.CharField(max_length=20, choices=[(rule.value, rule.value) for rule in Rule])
    is_decisive = models.BooleanField(help_text="By the rule frozen before the vote.")
    votes = models.PositiveIntegerField()
    points = models.PositiveIntegerField(null=True, help_text="Where ballots give any, and they may be told.")
    order = models.PositiveSmallIntegerField(null=True, help_text="1 for the first funded, as far as that may be told.")
    part_pence = models.BigIntegerField(null=True, help_text="What it gets where that is less than its price.")
    reason = models.CharField(max_length=300)
    support = models.CharField(max_length=300)
    money_pence = models.BigIntegerField(
        null=True, help_text="In fair shares: what its voters paid for it, or had left for it at the end."
    )
    effective_votes = models.DecimalField(
        max_digits=9, decimal_places=1, null=True, help_text="Its voters, each by the part they could pay."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("result", "rule", "project"), name="%(app_label)s_%(class)s_once"),
            models.UniqueConstraint(fields=("result", "rule", "order"), name="%(app_label)s_%(class)s_order"),
            models.CheckConstraint(
                condition=Q(part_pence=None) | Q(part_pence__gt=0, order__isnull=False),
                name="%(app_label)s_%(class)s_part_is_funded",
            ),
            models.UniqueConstraint(
                fields=("result", "rule"),
                condition=Q(part_pence__isnull=False),
                name="%(app_label)s_%(class)s_one_part",
            ),
            models.CheckConstraint(
                condition=Q(money_pence=None, effective_votes=None)
                | Q(
                    money_pence__gte=0,
                    effective_votes__gte=0,
                    money_pence__isnull=False,
                    effective_votes__isnull=False,
                ),
                name="%(app_label)s_%(class)s_money_with_votes",
            ),
        )

    def __str__(self) -> str:
        return f"{self.project}: {self.reason}"

    @property
    def granted_pence(self) -> int:
        """What it gets: its price, a part of it, or nothing."""
        whole = self.project.price_pence if self.part_pence is None else self.part_pence
        return 0 if self.order is None else whole
