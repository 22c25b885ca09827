"""Constituencies: their MP, and the places in them. Public; the party stands beside the name and nowhere else."""

from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from cwf_portal.core.access import public
from cwf_portal.core.exports import csv_response
from neighbourhoods import selectors
from neighbourhoods.forms import page_of
from neighbourhoods.models import Area, Audience
from neighbourhoods.presenters.areas import ConstituencyPage, constituency_page, export_rows
from neighbourhoods.presenters.figures import MONEY
from neighbourhoods.presenters.places import held_by
from neighbourhoods.selectors.days import today

EXPORT_HEADER = (
    "ward_code_2017", "place", "share_of_residents_in_constituency", "set_aside_pounds", "promised_pounds",
    "sent_pounds", "last_changed",
)  # fmt: skip


@public
def constituency_list(request: HttpRequest) -> HttpResponse:
    """Constituencies with at least one of the places, or all of them, with a search."""
    search, is_all = request.GET.get("q", "")[:100].replace("\x00", ""), request.GET.get("all") == "1"
    page = page_of(selectors.constituencies(search=search, with_places_only=not is_all), request.GET.get("page"))
    rows = [{"area": area, "member": held_by(area)} for area in page]
    context = {"page": page, "rows": rows, "q": search, "is_all": is_all}
    return render(request, "neighbourhoods/constituency_list.html", context)


@public
def constituency_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One constituency of today."""
    area = selectors.constituency_by_code(code)
    if area is None:
        raise Http404("There is no constituency of this code")
    context = {"page": pages_of([area], audience=Audience.PUBLIC)[0], "today": today()}
    return render(request, "neighbourhoods/constituency_detail.html", context)


@public
def constituency_export(request: HttpRequest, code: str) -> HttpResponse:
    """The places of a constituency and their money as CSV."""
    area = selectors.constituency_by_code(code)
    if area is None:
        raise Http404("There is no constituency of this code")
    shares = list(selectors.shares_in_all([area]))
    figures = selectors.figures_of([share.neighbourhood.area_id for share in shares], codes=MONEY)
    return csv_response(f"places-{area.code}", EXPORT_HEADER, export_rows(shares, figures), sample=settings.DEMO)


def pages_of(areas: Sequence[Area], *, audience: Audience) -> list[ConstituencyPage]:
    """Constituencies with their places, figures and events; the same few queries however many there are."""
    shares = list(selectors.shares_in_all(areas))
    places = {share.neighbourhood_id: share.neighbourhood for share in shares}
    starts = selectors.starts_of(list(places), selectors.current_ranking())
    country = selectors.country()
    wanted = [*(area.pk for area in areas), *selectors.areas_around(places.values(), country)]
    figures, by_year = list(selectors.figures_of(wanted)), list(selectors.money_by_year(areas))
    events = list(selectors.events_of(list(places), audience=audience))
    pages = []
    for area in areas:
        own = [share for share in shares if share.area_id == area.pk]
        inside = {share.neighbourhood_id for share in own}
        pages.append(
            constituency_page(
                area,
                shares=own,
                country=country,
                starts=starts,
                figures=figures,
                by_year=[figure for figure in by_year if figure.area_id == area.pk],
                events=[event for event in events if event.neighbourhood_id in inside],
                today=today(),
            )
        )
    return pages
