"""Who is written to about a place, and what there is to write about."""

from datetime import date, datetime

from django.conf import settings
from django.db import models

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from neighbourhoods.models.areas import AreaShare
from neighbourhoods.models.elections import SensitivePeriod
from neighbourhoods.models.figures import Event
from neighbourhoods.models.places import Neighbourhood


class PlaceNewsQuerySet(models.QuerySet["PlaceNews"]):
    def sendable_on(self, day: date) -> "PlaceNewsQuerySet":
        """What no election holds back on that day; the rest waits, and is sent after it."""
        areas = SensitivePeriod.objects.on(day).values("area")
        return self.exclude(event__neighbourhood__in=AreaShare.objects.filter(area__in=areas).values("neighbourhood"))

    def unsent(self) -> "PlaceNewsQuerySet":
        """What those who are told at once have not been told."""
        return self.filter(sent_at=None)

    def undigested(self, week_began: datetime) -> "PlaceNewsQuerySet":
        """What belongs into the letters of a week that is over."""
        return self.filter(digested_at=None, noted_at__lt=week_began)


class PlaceNews(models.Model):
    """An event of which followers are told; numbered in the order in which it was noted, each event once.

    `sent_at` and `digested_at` say since when nobody waits for it: those told at once, and those told weekly.
    """

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="news")
    noted_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    sent_at = models.DateTimeField(null=True)
    digested_at = models.DateTimeField(null=True)

    objects = PlaceNewsQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=("id",), condition=models.Q(sent_at=None), name="neighbourhoods_news_unsent"),
            models.Index(fields=("id",), condition=models.Q(digested_at=None), name="neighbourhoods_news_of_week"),
        )

    def __str__(self) -> str:
        return f"news {self.pk}"


@tracked(exclude=("told_to",))
class PlaceFollow(models.Model):
    """Somebody is written to about a place, at once or once a week; gone when they no longer want to be.

    `told_to` is the number of the latest news that they have been told; it moves with the letter: no news twice.
    """

    neighbourhood = models.ForeignKey(Neighbourhood, on_delete=models.PROTECT, related_name="follows")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_weekly = models.BooleanField()
    told_to = models.PositiveBigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("neighbourhood", "user"), name="%(app_label)s_%(class)s_once"),)

    def __str__(self) -> str:
        return f"{self.user} follows {self.neighbourhood}"
