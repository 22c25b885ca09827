"""What each anniversary of an agreement added because prices rose, and by which figures."""

from fractions import Fraction

from django.db import models
from django.db.models import Q

from cwf_portal.core.clock import CoreNow

LONGEST_FACTOR = 300


class Uplift(models.Model):
    """One anniversary of one agreement: the figures it went by, its factor, the money it moved. Never changed.

    `year` counts anniversaries from 1 and raises the payments of the year after it. `rates` has one entry for each
    anniversary so far, with the rate as a fraction, the month and the published figures it comes from; an entry without
    a rate is a figure that was missing then and is made good at the next anniversary.
    """

    agreement = models.ForeignKey("grants.Agreement", on_delete=models.PROTECT, related_name="uplifts")
    year = models.PositiveSmallIntegerField()
    happens_on = models.DateField()
    factor = models.CharField(max_length=LONGEST_FACTOR)
    rates = models.JSONField()
    used_pence = models.BigIntegerField()
    unused_pence = models.BigIntegerField()
    journal = models.OneToOneField("grants.Journal", null=True, on_delete=models.PROTECT, related_name="uplift")
    made_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        ordering = ("agreement_id", "year")
        constraints = (
            models.UniqueConstraint(fields=("agreement", "year"), name="%(app_label)s_%(class)s_once_a_year"),
            models.CheckConstraint(
                condition=Q(year__gte=1, used_pence__gte=0, unused_pence__gte=0),
                name="%(app_label)s_%(class)s_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(used_pence=0, unused_pence=0, journal=None) | Q(journal__isnull=False),
                name="%(app_label)s_%(class)s_money_has_journal",
            ),
        )

    def __str__(self) -> str:
        return f"{self.agreement_id} anniversary {self.year}"

    @property
    def exact_factor(self) -> Fraction:
        """What a payment of the coming year is multiplied by, uplift included."""
        return Fraction(self.factor)
