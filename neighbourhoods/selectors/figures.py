"""What dashboards read: published figures and events, a constant number of queries at any scale."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import QuerySet

from neighbourhoods.measures import MONEY_BY_YEAR
from neighbourhoods.models import Area, Audience, Event, Figure, Neighbourhood
from neighbourhoods.models.figures import EventQuerySet


def figures_of(areas: Iterable[Area | int], *, codes: Sequence[str] = ()) -> QuerySet[Figure]:
    """The latest figure of each measure for each area, with its measure; `codes` narrows the measures.

    What is published year by year is not among them: see `money_by_year`.
    """
    found = Figure.objects.filter(area__in=_keys(areas)).select_related("measure", "area")
    found = found.filter(measure__code__in=codes) if codes else found.exclude(measure__code__in=MONEY_BY_YEAR)
    return found.latest_periods()


def money_by_year(areas: Iterable[Area | int]) -> QuerySet[Figure]:
    """What was sent for each area and what is still to come, one figure for each financial year."""
    found = Figure.objects.filter(area__in=_keys(areas), measure__code__in=MONEY_BY_YEAR)
    return found.select_related("measure").order_by("area_id", "period_start", "measure__code")


def _keys(areas: Iterable[Area | int]) -> list[int]:
    return [area if isinstance(area, int) else area.pk for area in areas]


def events_of(neighbourhoods: Iterable[Neighbourhood | int], *, audience: Audience = Audience.PUBLIC) -> EventQuerySet:
    """Events that may be seen, with their place, by date."""
    keys = [place if isinstance(place, int) else place.pk for place in neighbourhoods]
    found = Event.objects.filter(neighbourhood__in=keys).for_audience(audience)
    return found.select_related("neighbourhood").order_by("happens_on", "key")


def late_events(day: date, *, audience: Audience) -> EventQuerySet:
    """Everything late in any place, the longest late first."""
    late = Event.objects.for_audience(audience).late(day)
    return late.select_related("neighbourhood").order_by("happens_on", "key")


def upcoming_events(day: date, *, audience: Audience) -> EventQuerySet:
    """What comes next in any place, the soonest first."""
    upcoming = Event.objects.for_audience(audience).upcoming(day)
    return upcoming.select_related("neighbourhood").order_by("happens_on", "key")
