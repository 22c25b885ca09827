"""The money of a place, constituency, region or the whole country over the years: page, table and picture to take."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from cwf_portal.core.access import public
from cwf_portal.core.exports import csv_response, xlsx_response
from neighbourhoods import selectors
from neighbourhoods.models import Area, AreaKind
from neighbourhoods.presenters.money import MoneyByYear, export_rows, money_by_year

EXPORT_HEADER = ("area_code", "area", "year_begins", "year_ends", "sent_pounds", "still_to_come_pounds")
FILES = {"csv": csv_response, "xlsx": xlsx_response}


@public
def money_detail(request: HttpRequest, code: str) -> HttpResponse:
    """The picture at an address that stays, with its table, its sources and the files."""
    area, money = _money_of(code)
    context = {"area": area, "years": money, "back": _page_of(area)}
    return render(request, "neighbourhoods/money_detail.html", context)


@public
def money_export(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """The table as CSV or for Excel, in pounds."""
    area, money = _money_of(code)
    if kind not in FILES:
        raise Http404("There is no file of this kind")
    rows = export_rows(area, money)
    return FILES[kind](f"money-by-year-{area.code}", EXPORT_HEADER, rows, sample=settings.DEMO)


@public
def money_picture(request: HttpRequest, code: str) -> HttpResponse:
    """The picture alone."""
    area, money = _money_of(code)
    if money is None:
        raise Http404("Nothing is promised here yet")
    context = {"chart": money.chart, "title": f"{area.name}: {money.title}", "id": "money", "is_alone": True}
    return render(request, "components/svg_columns_picture.html", context, content_type="image/svg+xml; charset=utf-8")


def _money_of(code: str) -> tuple[Area, MoneyByYear | None]:
    area = selectors.area_by_code(code)
    if area is None:
        raise Http404("There is no area of this code")
    return area, money_by_year(selectors.money_by_year([area]))


def _page_of(area: Area) -> str:
    """The page about the area itself; the start page for those that have none."""
    if area.kind == AreaKind.NEIGHBOURHOOD:
        return reverse("neighbourhoods:place-detail", args=[area.code])
    if area.kind == AreaKind.CONSTITUENCY_2024:
        return reverse("neighbourhoods:constituency-detail", args=[area.code])
    return reverse("neighbourhoods:start")
