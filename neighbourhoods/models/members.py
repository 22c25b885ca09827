"""Members of Parliament, their seats, and who may see a constituency's home page."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import TruncDate

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from neighbourhoods.models.areas import Area
from neighbourhoods.models.elections import lapsed


@tracked()
class Member(models.Model):
    """A Member of Parliament. The party is a fact about the person; nothing is ever added up by it."""

    parliament_id = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=120)
    party_code = models.CharField(max_length=12)
    party_name = models.CharField(max_length=80)
    first_elected_on = models.DateField()

    def __str__(self) -> str:
        return self.name


class SeatQuerySet(models.QuerySet["Seat"]):
    def held(self) -> "SeatQuerySet":
        """Those that nobody noted an end of."""
        return self.filter(ends_on=None)

    def sitting(self) -> "SeatQuerySet":
        """Those held today that no dissolution ended: after it there are no Members, until the new ones are loaded."""
        return self.held().exclude(lapsed(TruncDate(CoreNow())))


@tracked()
class Seat(models.Model):
    """That a member sits for a constituency; `ends_on` is the last day, None while it lasts."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="seats")
    constituency = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="seats")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    objects = SeatQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("constituency",), condition=Q(ends_on=None), name="%(app_label)s_%(class)s_one_holder"
            ),
            models.UniqueConstraint(
                fields=("member",), condition=Q(ends_on=None), name="%(app_label)s_%(class)s_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="%(app_label)s_%(class)s_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return f"{self.member_id} for {self.constituency_id}"


@tracked()
class ElectionResult(models.Model):
    """How a general election ended in one constituency."""

    constituency = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="election_results")
    held_on = models.DateField()
    winner_name = models.CharField(max_length=120)
    majority_count = models.PositiveIntegerField()
    electorate_count = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("constituency", "held_on"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(majority_count__lte=F("electorate_count")), name="%(app_label)s_%(class)s_majority_range"
            ),
        )

    def __str__(self) -> str:
        return f"{self.constituency_id}, {self.held_on}"


class ConstituencyAccessQuerySet(models.QuerySet["ConstituencyAccess"]):
    def open_on(self, day: date) -> "ConstituencyAccessQuerySet":
        """Confirmed by a second administrator, begun, and neither ended nor over with a Parliament."""
        open_then = Q(ends_on=None) | Q(ends_on__gte=day)
        return self.filter(open_then, starts_on__lte=day, confirmed_by__isnull=False).exclude(lapsed(day))

    def not_ended(self) -> "ConstituencyAccessQuerySet":
        """Those that stand, begin later, or wait for a second administrator."""
        return self.filter(ends_on=None)


@tracked()
class ConstituencyAccess(models.Model):
    """That an account (an MP or their staff) sees a constituency's home page, first and last day included.

    One administrator asks, another confirms; nobody asks for themselves.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="constituency_accesses")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    objects = ConstituencyAccessQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "area"), condition=Q(ends_on=None), name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="%(app_label)s_%(class)s_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None)
                | Q(requested_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("requested_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(user=F("requested_by")) & ~Q(user=F("confirmed_by")),
                name="%(app_label)s_%(class)s_not_for_oneself",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id}: {self.area_id}"
