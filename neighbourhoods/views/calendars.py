"""Calendars to take away or to follow: the dates of a place, or of all places of a constituency."""

from collections.abc import Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from cwf_portal.core.access import public
from cwf_portal.core.clock import core_now
from neighbourhoods import selectors
from neighbourhoods.models import Neighbourhood
from neighbourhoods.presenters.calendar import calendar
from neighbourhoods.selectors.days import today


@public
def place_calendar(request: HttpRequest, code: str) -> HttpResponse:
    """Votes, decisions, payments and reports of one place."""
    place = selectors.neighbourhood_by_code(code)
    if place is None:
        raise Http404("There is no place of this code")
    return _calendar(request, [place], code=code, name=place.label)


@public
def constituency_calendar(request: HttpRequest, code: str) -> HttpResponse:
    """The same of every place in a constituency."""
    area = selectors.constituency_by_code(code)
    if area is None:
        raise Http404("There is no constituency of this code")
    places = [share.neighbourhood for share in selectors.shares_in_all([area])]
    return _calendar(request, places, code=code, name=f"Places in {area.name}")


def _calendar(request: HttpRequest, places: Iterable[Neighbourhood], *, code: str, name: str) -> HttpResponse:
    file = calendar(
        name,
        selectors.events_of(places),
        at=core_now(),
        today=today(),
        address=request.build_absolute_uri,
        sample=settings.DEMO,
    )
    headers = {"Content-Disposition": f'attachment; filename="dates-{code}.ics"'}
    return HttpResponse(file, content_type="text/calendar; charset=utf-8", headers=headers)
