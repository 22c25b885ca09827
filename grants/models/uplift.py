"""What each anniversary of an agreement added because prices rose, and by which figures."""

from fractions import Fraction

from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value

from cwf_portal.core.clock import CoreNow

LONGEST_FACTOR = 300
NEITHER_KNOWN_NOR_TOO_LATE = "$[*] ? (!exists(@.rate) && !exists(@.too_late))"


class UpliftQuerySet(models.QuerySet["Uplift"]):
    def lacking(self) -> "UpliftQuerySet":
        """Anniversaries of running agreements that still wait for a figure."""
        later = Uplift.objects.filter(agreement=OuterRef("agreement"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later), lacks_figure=True, agreement__status="active")


class Uplift(models.Model):
    """One anniversary of one agreement: the figures it went by, its factor, the money it moved. Never changed.

    `year` counts anniversaries from 1 and raises the payments of the year after it. `rates` has one item for each
    anniversary so far that raises a payment, with the rate as a fraction, the month and the published figures it comes
    from; an item without a rate is a figure that was missing then. What makes it good is another `entry` of the same
    year, or the next year's first. `too_late` says that everything was paid before the figure came.
    """

    agreement = models.ForeignKey("grants.Agreement", on_delete=models.PROTECT, related_name="uplifts")
    year = models.PositiveSmallIntegerField()
    entry = models.PositiveSmallIntegerField(default=1, db_default=1)
    happens_on = models.DateField()
    factor = models.CharField(max_length=LONGEST_FACTOR)
    rates = models.JSONField()
    used_pence = models.BigIntegerField()
    unused_pence = models.BigIntegerField()
    journal = models.OneToOneField("grants.Journal", null=True, on_delete=models.PROTECT, related_name="uplift")
    lacks_figure = models.GeneratedField(
        expression=Func(F("rates"), Value(NEITHER_KNOWN_NOR_TOO_LATE), function="jsonb_path_exists"),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    made_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    objects = UpliftQuerySet.as_manager()

    class Meta:
        ordering = ("agreement_id", "year", "entry")
        constraints = (
            # Of every row; with a condition it is an index, which is added without stopping what writes.
            models.UniqueConstraint(
                fields=("agreement", "year", "entry"), condition=Q(entry__gte=1), name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(
                condition=Q(year__gte=1, entry__gte=1, used_pence__gte=0, unused_pence__gte=0),
                name="%(app_label)s_%(class)s_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(used_pence=0, unused_pence=0, journal=None) | Q(journal__isnull=False),
                name="%(app_label)s_%(class)s_money_has_journal",
            ),
        )
        indexes = (models.Index(fields=("agreement",), condition=Q(lacks_figure=True), name="grants_uplift_lacks"),)

    def __str__(self) -> str:
        return f"{self.agreement_id} anniversary {self.year}"

    @property
    def exact_factor(self) -> Fraction:
        """What a payment of the coming year is multiplied by, uplift included."""
        return Fraction(self.factor)
