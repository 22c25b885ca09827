"""A place, or the places of a constituency, beside their region and England: page, table, files and picture."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from cwf_portal.core.access import public
from cwf_portal.core.exports import csv_response, xlsx_response
from neighbourhoods import selectors
from neighbourhoods.models import Area, AreaKind, Neighbourhood
from neighbourhoods.presenters.beside import Figures, beside, export_rows
from neighbourhoods.presenters.figures import by_area

EXPORT_HEADER = (
    "area_code", "area", "kind", "measure", "title", "value", "period_start", "period_end", "last_changed", "source",
    "licence",
)  # fmt: skip
FILES = {"csv": csv_response, "xlsx": xlsx_response}
PAGES = {
    AreaKind.NEIGHBOURHOOD: "neighbourhoods:place-detail",
    AreaKind.CONSTITUENCY_2024: "neighbourhoods:constituency-detail",
}


@public
def beside_detail(request: HttpRequest, code: str) -> HttpResponse:
    """The picture at an address that stays, with its table, its sources and the files."""
    area = _area(code)
    places, country, figures = _found(area)
    context = {
        "area": area,
        "beside": beside(places, country=country, figures=figures),
        "back": reverse(PAGES[AreaKind(area.kind)], args=[area.code]),
    }
    return render(request, "neighbourhoods/beside_detail.html", context)


@public
def beside_export(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """The numbers as CSV or for Excel, each with its date and source."""
    area = _area(code)
    if kind not in FILES:
        raise Http404("There is no file of this kind")
    places, country, figures = _found(area)
    rows = export_rows(selectors.areas_around(places, country), figures)
    return FILES[kind](f"beside-{area.code}", EXPORT_HEADER, rows, sample=False)


@public
def beside_picture(request: HttpRequest, code: str) -> HttpResponse:
    """The picture alone."""
    area = _area(code)
    places, country, figures = _found(area)
    told = beside(places, country=country, figures=figures)
    if told is None:
        raise Http404("Nothing is published to compare")
    context = {"chart": told.chart, "title": f"{area.name}: {told.title}", "id": "beside"}
    return render(request, "components/svg_beside_picture.html", context, content_type="image/svg+xml; charset=utf-8")


def _area(code: str) -> Area:
    area = selectors.area_by_code(code)
    if area is None or area.kind not in PAGES:
        raise Http404("There is no place or constituency of this code")
    return area


def _found(area: Area) -> tuple[list[Neighbourhood], Area | None, Figures]:
    places = [share.neighbourhood for share in selectors.shares_in_all([area])]
    country = selectors.country()
    wanted = selectors.areas_around(places, country)
    return places, country, by_area(selectors.figures_of(wanted))
