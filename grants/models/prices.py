"""Published price indices, every version of every figure: a revised figure is a new row, never an overwrite."""

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.clock import CoreNow
from grants.domain.prices import FREQUENCY_LABELS, PER_CENT, SERIES_LABELS, Frequency, Series
from grants.models.choices import labelled, plain


class PriceIndexQuerySet(models.QuerySet["PriceIndex"]):
    def of(self, series: Series, frequency: Frequency) -> "PriceIndexQuerySet":
        """One series at one frequency."""
        return self.filter(series=series.value, frequency=frequency.value)

    def as_first_published(self) -> "PriceIndexQuerySet":
        """The first version of each figure."""
        return self.filter(version=1)

    def newest(self) -> "PriceIndexQuerySet":
        """The last version of each figure that this portal holds, by period."""
        return self.order_by("series", "frequency", "period_starts_on", "-version").distinct(
            "series", "frequency", "period_starts_on"
        )


class PriceIndex(models.Model):
    """One published figure of a price index for one month, quarter or year. Never changed.

    Version 1 is the first that was published of the period; each revision, and each change of the base year, is the
    next version.
    """

    series = models.CharField(max_length=10, choices=labelled(SERIES_LABELS))
    frequency = models.CharField(max_length=1, choices=labelled(FREQUENCY_LABELS))
    period_starts_on = models.DateField()
    version = models.PositiveSmallIntegerField()
    value = models.DecimalField(max_digits=9, decimal_places=3)
    base = models.CharField(max_length=20)
    released_on = models.DateField()
    source = models.CharField(max_length=200)
    loaded_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    objects = PriceIndexQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "price indices"
        constraints = (
            models.UniqueConstraint(
                fields=("series", "frequency", "period_starts_on", "version"), name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(condition=Q(series__in=plain(Series)), name="%(app_label)s_%(class)s_series_known"),
            models.CheckConstraint(
                condition=Q(frequency__in=plain(Frequency)), name="%(app_label)s_%(class)s_frequency_known"
            ),
            models.CheckConstraint(
                condition=Q(series=Series.CPIH_RATE.value, base=PER_CENT)
                | (~Q(series=Series.CPIH_RATE.value) & ~Q(base=PER_CENT) & Q(value__gt=0)),
                name="%(app_label)s_%(class)s_index_or_rate",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="%(app_label)s_%(class)s_counts_from_one"),
            models.CheckConstraint(
                condition=Q(period_starts_on__day=1), name="%(app_label)s_%(class)s_starts_with_month"
            ),
            models.CheckConstraint(
                condition=Q(released_on__gt=F("period_starts_on")),
                name="%(app_label)s_%(class)s_released_after_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_series_display()}, {self.get_frequency_display().lower()} of {self.period_starts_on}"
