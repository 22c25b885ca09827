"""A place on one sheet: what a councillor or an MP takes to a meeting."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cwf_portal.core.access import public
from cwf_portal.core.paper import can_make_pdf, pdf_of
from cwf_portal.core.qr import qr_code
from neighbourhoods import selectors
from neighbourhoods.models import AreaKind
from neighbourhoods.presenters import figures as figure_texts
from neighbourhoods.presenters import places as place_texts
from neighbourhoods.selectors.days import today

DATES_SHOWN = 4
TEMPLATE = "neighbourhoods/place_summary.html"


@public
@require_safe
def place_summary(request: HttpRequest, code: str) -> HttpResponse:
    """The sheet as a page, to look at and to print."""
    return render(request, TEMPLATE, _sheet(request, code) | {"can_make_pdf": can_make_pdf()})


@public
@require_safe
def place_summary_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The same as PDF, or the way to the page where this computer makes none."""
    sheet = _sheet(request, code)
    if not can_make_pdf():
        return redirect("neighbourhoods:place-summary", code)
    response = HttpResponse(pdf_of(TEMPLATE, sheet), content_type="application/pdf")
    mark = "sample-" if settings.DEMO else ""
    response["Content-Disposition"] = f'inline; filename="{mark}{code}.pdf"'
    return response


def _sheet(request: HttpRequest, code: str) -> dict[str, Any]:
    place = selectors.neighbourhood_by_code(code)
    if place is None:
        raise Http404("There is no place of this code")
    shares = selectors.shares_of(place)
    areas = [place.area, place.region, *(share.area for share in shares if share.area.kind == AreaKind.COUNTRY)]
    grouped = figure_texts.by_area(list(selectors.figures_of(areas)))
    own = grouped.get(place.area_id, {})
    timeline = figure_texts.timeline(selectors.events_of([place]), today())
    address = request.build_absolute_uri(reverse("neighbourhoods:place-detail", args=[place.code]))
    seats = place_texts.constituency_texts(selectors.constituency_shares(shares))
    return {
        "place": place,
        "printed_on": today(),
        "figures": [*figure_texts.money(own), *figure_texts.other_work(own)],
        "dates": [*timeline.late, *timeline.upcoming][:DATES_SHOWN],
        "comparisons": figure_texts.comparisons(areas, grouped),
        "compared_with": [area.name for area in areas[1:]],
        "seats": [seat for seat in seats if seat.is_current],
        "start": place_texts.start_text(selectors.current_inputs_of(place)),
        "address": address,
        "picture": qr_code(address, f"The page of this place: {address}"),
        "is_sample": settings.DEMO,
    }
