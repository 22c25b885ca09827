"""Homes of those who look on: a Member of Parliament with their places, the oversight group with the whole."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.permissions import Permission
from neighbourhoods import selectors
from neighbourhoods.forms import page_of
from neighbourhoods.models import Audience
from neighbourhoods.presenters import areas as area_texts
from neighbourhoods.presenters.figures import by_area, measures_of
from neighbourhoods.presenters.money import money_by_year
from neighbourhoods.selectors.days import today
from neighbourhoods.views.constituencies import pages_of

UPCOMING_SHOWN = 20


@requires(Permission.VIEW_MP_HOME)
def mp_home(request: SignedInRequest) -> HttpResponse:
    """The constituencies that this account may see: set aside, promised, sent, next dates, late and why."""
    areas = list(selectors.with_members(selectors.constituencies_of(request.user)))
    pages = pages_of(areas, audience=Audience.MP)
    return render(request, "neighbourhoods/mp_home.html", {"pages": pages, "today": today()})


@requires(Permission.VIEW_OVERSIGHT)
def oversight_home(request: HttpRequest) -> HttpResponse:
    """The whole: England's figures, the regions side by side, what is late and what comes next."""
    regions, country, day = list(selectors.regions()), selectors.country(), today()
    figures = list(selectors.figures_of([*regions, *([country] if country else [])]))
    grouped = by_area(figures)
    late = page_of(selectors.late_events(day, audience=Audience.MP), request.GET.get("page"))
    upcoming = selectors.upcoming_events(day, audience=Audience.MP)[:UPCOMING_SHOWN]
    return render(
        request,
        "neighbourhoods/oversight_home.html",
        {
            "figures": area_texts.country_figures(grouped.get(country.pk, {})) if country else [],
            "years": money_by_year(selectors.money_by_year([country])) if country else None,
            "country": country,
            "regions": area_texts.region_rows(regions, counts=selectors.places_by_region(), figures=grouped),
            "bars": area_texts.region_bars(regions, "grants.set_aside", grouped),
            "page": late,
            "late": area_texts.event_texts(late, day),
            "upcoming": area_texts.event_texts(upcoming, day),
            "measures": [measure for measure in measures_of(figures) if not measure.code.startswith("places.")],
            "today": day,
        },
    )
