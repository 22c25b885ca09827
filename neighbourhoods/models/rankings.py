"""Published rankings: which place starts when, with every input. Append-only: a new ranking is a new version."""

from fractions import Fraction

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from cwf_portal.core.clock import CoreNow
from neighbourhoods.models.figures import Measure
from neighbourhoods.models.places import Neighbourhood, TargetList


class RankingQuerySet(models.QuerySet["Ranking"]):
    def newest_first(self) -> "RankingQuerySet":
        return self.order_by("-version")


class Ranking(models.Model):
    """One version: the list it ranks, the rule, the starts' sizes, and a fingerprint of everything it was made from."""

    version = models.PositiveIntegerField(unique=True)
    target_list = models.ForeignKey(TargetList, on_delete=models.PROTECT, related_name="rankings")
    method = models.CharField(max_length=40)
    cohort_sizes = ArrayField(models.PositiveSmallIntegerField())
    input_sha256 = models.CharField(max_length=64)
    computed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    computed_by = models.CharField(max_length=60)

    objects = RankingQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(input_sha256__regex="^[0-9a-f]{64}$"), name="%(app_label)s_%(class)s_sha256_form"
            ),
        )

    def __str__(self) -> str:
        return f"Ranking {self.version}"


class RankingWeight(models.Model):
    """A measure of a ranking: the weight the rule gives it, and whether it counted (every place has it)."""

    ranking = models.ForeignKey(Ranking, on_delete=models.PROTECT, related_name="weights")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="+")
    rule_weight = models.PositiveSmallIntegerField()
    used_pct = models.DecimalField(max_digits=6, decimal_places=3)
    is_counted = models.BooleanField()
    tie_order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("tie_order",)
        constraints = (
            models.UniqueConstraint(fields=("ranking", "measure"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(is_counted=True, used_pct__gt=0, used_pct__lte=100) | Q(is_counted=False, used_pct=0),
                name="%(app_label)s_%(class)s_used_iff_counted",
            ),
        )

    def __str__(self) -> str:
        return f"{self.ranking_id}: {self.measure_id}"


class RankingEntry(models.Model):
    """Where one place came. Points are an exact fraction, 0–100; `cohort` 1 starts first."""

    ranking = models.ForeignKey(Ranking, on_delete=models.PROTECT, related_name="entries")
    neighbourhood = models.ForeignKey(Neighbourhood, on_delete=models.PROTECT, related_name="ranking_entries")
    points_numerator = models.BigIntegerField()
    points_denominator = models.BigIntegerField()
    position = models.PositiveSmallIntegerField()
    cohort = models.PositiveSmallIntegerField()
    is_close_call = models.BooleanField()

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("ranking", "neighbourhood"), name="%(app_label)s_%(class)s_once"),
            models.UniqueConstraint(fields=("ranking", "position"), name="%(app_label)s_%(class)s_position"),
            models.CheckConstraint(
                condition=Q(
                    points_denominator__gt=0,
                    points_numerator__gte=0,
                    points_numerator__lte=100 * F("points_denominator"),
                ),
                name="%(app_label)s_%(class)s_points_range",
            ),
            models.CheckConstraint(condition=Q(cohort__gte=1), name="%(app_label)s_%(class)s_cohort_from_one"),
        )

    def __str__(self) -> str:
        return f"{self.ranking_id}: {self.neighbourhood_id}"

    @property
    def points(self) -> Fraction:
        return Fraction(self.points_numerator, self.points_denominator)


class RankingInput(models.Model):
    """What went in for one place and measure: the value, exact, and its percentile among the places, 0–100."""

    entry = models.ForeignKey(RankingEntry, on_delete=models.PROTECT, related_name="inputs")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="+")
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    percentile = models.DecimalField(max_digits=9, decimal_places=6)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("entry", "measure"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(denominator__gt=0), name="%(app_label)s_%(class)s_denominator"),
            models.CheckConstraint(
                condition=Q(percentile__gte=0, percentile__lte=100), name="%(app_label)s_%(class)s_percentile_range"
            ),
        )

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.measure_id}"
