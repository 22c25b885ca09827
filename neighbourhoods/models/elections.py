"""Elections: the weeks before one, in which nothing is launched, and the day on which Parliament is dissolved."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import TruncDate

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from neighbourhoods.models.areas import Area

MOST_DAYS = 120  # a wrong year must not silence a place for years


class SensitivePeriodQuerySet(models.QuerySet["SensitivePeriod"]):
    def standing(self) -> "SensitivePeriodQuerySet":
        """Those that nobody took back."""
        return self.filter(taken_back_at=None)

    def on(self, day: date) -> "SensitivePeriodQuerySet":
        """Those in which a day lies."""
        return self.standing().filter(starts_on__lte=day, ends_on__gte=day)


@tracked()
class SensitivePeriod(models.Model):
    """The weeks before an election in an area, first and last day included: no new vote begins, no news is sent.

    Payments and votes that were fixed before go on. `dissolves_on` is the first day without Members of Parliament:
    seats and pages of Members that began before it are over from that day on, whatever their rows still say.
    """

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    starts_on = models.DateField()
    ends_on = models.DateField()
    dissolves_on = models.DateField(null=True)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True)

    objects = SensitivePeriodQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("area", "starts_on"), condition=Q(taken_back_at=None), name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on"), ends_on__lt=F("starts_on") + timedelta(days=MOST_DAYS)),
                name="%(app_label)s_%(class)s_length",
            ),
            models.CheckConstraint(
                condition=Q(dissolves_on=None) | Q(dissolves_on__gte=F("starts_on"), dissolves_on__lte=F("ends_on")),
                name="%(app_label)s_%(class)s_dissolves_within",
            ),
            models.CheckConstraint(
                condition=Q(taken_back_by=None, taken_back_at=None)
                | Q(taken_back_by__isnull=False, taken_back_at__isnull=False),
                name="%(app_label)s_%(class)s_taken_back",
            ),
        )

    def __str__(self) -> str:
        return self.name


def lapsed(day: date | TruncDate) -> Exists:
    """Of what has a `starts_on` and lasts no longer than a Parliament: whether one was dissolved since, up to `day`."""
    dissolved = SensitivePeriod.objects.standing().filter(dissolves_on__lte=day)
    return Exists(dissolved.filter(dissolves_on__gt=OuterRef("starts_on")))
