"""What dashboards read: published figures and events, a constant number of queries at any scale."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import QuerySet

from neighbourhoods.models import Area, Audience, Event, Figure, Measure, Neighbourhood

EVENTS_SHOWN = 12


def figures_of(areas: Iterable[Area | int], *, codes: Sequence[str] = ()) -> QuerySet[Figure]:
    """The latest figure of each measure for each area, with its measure; `codes` narrows the measures."""
    keys = [area if isinstance(area, int) else area.pk for area in areas]
    found = Figure.objects.filter(area__in=keys).select_related("measure", "area")
    if codes:
        found = found.filter(measure__code__in=codes)
    return found.latest_periods()


def figure_history(area: Area, measure: Measure) -> QuerySet[Figure]:
    """Every period of one measure in one area, oldest first."""
    return Figure.objects.filter(area=area, measure=measure).order_by("period_end", "period_start")


def measures() -> QuerySet[Measure]:
    """What figures can mean, by title."""
    return Measure.objects.order_by("title")


def events_of(
    neighbourhoods: Iterable[Neighbourhood | int], *, audience: Audience = Audience.PUBLIC
) -> QuerySet[Event]:
    """Events that may be seen, with their place, by date."""
    keys = [place if isinstance(place, int) else place.pk for place in neighbourhoods]
    found = Event.objects.filter(neighbourhood__in=keys).for_audience(audience)
    return found.select_related("neighbourhood").order_by("happens_on", "key")


def open_events(
    neighbourhoods: Iterable[Neighbourhood | int], *, audience: Audience = Audience.PUBLIC
) -> QuerySet[Event]:
    """Events that are not done, late ones first."""
    return events_of(neighbourhoods, audience=audience).filter(done_at=None)


def late_events(day: date, *, audience: Audience) -> QuerySet[Event]:
    """Everything late in any place, the longest late first."""
    late = Event.objects.for_audience(audience).late(day)
    return late.select_related("neighbourhood").order_by("happens_on", "key")
