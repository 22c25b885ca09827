"""What is published: measures, exact observations of places, figures of areas, and dated events."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from neighbourhoods.models.areas import Area
from neighbourhoods.models.places import Neighbourhood


class Unit(models.TextChoices):
    """What a figure counts. A percentage runs from 0 to 100; a score has no unit."""

    PENCE = "pence", "Pounds"
    COUNT = "count", "Number"
    PCT = "pct", "Per cent"
    SCORE = "score", "Score"


class DisclosureRule(models.TextChoices):
    """Whether small numbers are people who must not be found out."""

    NONE = "none", "Published as it is"
    UNDER_TEN = "under_ten", "Counts of people under ten are withheld"


@tracked()
class Measure(models.Model):
    """What a number means and where it comes from; declared in code, kept here beside the numbers.

    An additive measure adds up over places; any other one is a ratio: numerators and denominators add up.
    """

    code = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    definition = models.CharField(max_length=500)
    unit = models.CharField(max_length=8, choices=Unit)
    is_additive = models.BooleanField()
    source = models.CharField(max_length=250)
    licence = models.CharField(max_length=120)
    freshness = models.CharField(max_length=120)
    disclosure_rule = models.CharField(max_length=12, choices=DisclosureRule)
    version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="%(app_label)s_%(class)s_unit_known"),
            models.CheckConstraint(
                condition=Q(disclosure_rule__in=DisclosureRule.values), name="%(app_label)s_%(class)s_rule_known"
            ),
            models.CheckConstraint(
                condition=~Q(disclosure_rule=DisclosureRule.UNDER_TEN) | Q(is_additive=True),
                name="%(app_label)s_%(class)s_ratio_has_no_rule",
            ),
        )

    def __str__(self) -> str:
        return self.title


class Observation(models.Model):
    """The exact number of one place in one period, as computed from the source. No page reads it."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="observations")
    neighbourhood = models.ForeignKey(Neighbourhood, on_delete=models.PROTECT, related_name="observations")
    period_start = models.DateField()
    period_end = models.DateField()
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField(null=True)
    as_of = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("measure", "neighbourhood", "period_start", "period_end"),
                name="%(app_label)s_%(class)s_once",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")), name="%(app_label)s_%(class)s_period"
            ),
            models.CheckConstraint(condition=Q(denominator__gt=0), name="%(app_label)s_%(class)s_denominator"),
        )

    def __str__(self) -> str:
        return f"{self.measure_id}, {self.neighbourhood_id}, {self.period_end}"


class Edition(models.Model):
    """One publication of a measure: every change to its figures belongs to one."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    published_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    published_by = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("measure", "number"), name="%(app_label)s_%(class)s_number"),)

    def __str__(self) -> str:
        return f"{self.measure_id}, {self.number}"


class FigureState(models.TextChoices):
    """Whether there is a number: published, withheld to protect people, or not known."""

    OK = "ok", "Published"
    SUPPRESSED = "suppressed", "Withheld to protect people"
    MISSING = "missing", "Not known"


class FigureQuerySet(models.QuerySet["Figure"]):
    def latest_periods(self) -> "FigureQuerySet":
        """Of each measure and area, only the period that ends last."""
        return self.order_by("measure_id", "area_id", "-period_end", "-period_start").distinct("measure_id", "area_id")


@tracked(by_statement=True)
class Figure(models.Model):
    """A published number of one area in one period; dashboards read this table and `Event`, nothing else."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="figures")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="figures")
    period_start = models.DateField()
    period_end = models.DateField()
    value = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    state = models.CharField(max_length=10, choices=FigureState)
    as_of = models.DateField()
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="figures")

    objects = FigureQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("measure", "area", "period_start", "period_end"), name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(
                condition=Q(state=FigureState.OK, value__isnull=False)
                | Q(state__in=[FigureState.SUPPRESSED, FigureState.MISSING], value=None),
                name="%(app_label)s_%(class)s_value_iff_ok",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")), name="%(app_label)s_%(class)s_period"
            ),
        )
        indexes = (models.Index(fields=("area", "measure", "-period_end"), name="neighbourhoods_figure_page"),)

    def __str__(self) -> str:
        return f"{self.measure_id}, {self.area_id}, {self.period_end}"


class StaleSlice(models.Model):
    """That a measure of a place must be computed again. Only added and removed, so that writers never wait."""

    measure_code = models.CharField(max_length=60)
    neighbourhood = models.ForeignKey(Neighbourhood, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.measure_code}, {self.neighbourhood_id}"


class Audience(models.TextChoices):
    """Who sees an event. MPs and officers also see what the public sees."""

    PUBLIC = "public", "Everyone"
    MP = "mp", "Members of Parliament and officers"
    OFFICER = "officer", "Officers"


class EventQuerySet(models.QuerySet["Event"]):
    def for_audience(self, audience: Audience) -> "EventQuerySet":
        """What somebody of this audience may see."""
        seen = {
            Audience.PUBLIC: [Audience.PUBLIC],
            Audience.MP: [Audience.PUBLIC, Audience.MP],
            Audience.OFFICER: list(Audience),
        }
        return self.filter(audience__in=seen[audience])

    def upcoming(self, day: date) -> "EventQuerySet":
        return self.filter(done_at=None, happens_on__gte=day)

    def late(self, day: date) -> "EventQuerySet":
        """Past and not done; derived when read, never stored."""
        return self.filter(done_at=None, happens_on__lt=day)


@tracked(by_statement=True)
class Event(models.Model):
    """A dated line of a place's life: what happens when, and since when it is done."""

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=60)
    neighbourhood = models.ForeignKey(Neighbourhood, on_delete=models.PROTECT, related_name="events")
    happens_on = models.DateField()
    done_at = models.DateTimeField(null=True)
    params = models.JSONField(default=dict)
    link = models.CharField(max_length=200, blank=True)
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.PUBLIC)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(audience__in=Audience.values), name="%(app_label)s_%(class)s_audience_known"
            ),
            models.CheckConstraint(
                condition=Q(link="") | Q(link__regex=r"^/[^/\\]"), name="%(app_label)s_%(class)s_link_is_ours"
            ),
        )
        indexes = (
            models.Index(fields=("neighbourhood", "happens_on"), name="neighbourhoods_event_page"),
            models.Index(fields=("done_at",), name="neighbourhoods_event_done"),
        )

    def __str__(self) -> str:
        return self.key
