"""The start page, the list, the map, and a place's own page. All of them are public."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext

from cwf_portal.core.access import public
from cwf_portal.core.exports import csv_response
from cwf_portal.core.languages import translated
from neighbourhoods import selectors
from neighbourhoods.figures import inviting_kinds
from neighbourhoods.forms import PlaceFilterForm, page_of
from neighbourhoods.hooks import place_links
from neighbourhoods.models import AreaKind, Audience, Neighbourhood
from neighbourhoods.presenters import figures as figure_texts
from neighbourhoods.presenters import places as place_texts
from neighbourhoods.presenters.beside import beside
from neighbourhoods.presenters.money import money_by_year
from neighbourhoods.selectors.days import today

VOTES_SHOWN = 5
EXPORT_HEADER = (
    "ward_code_2017", "name", "council", "region", "residents_mid_2019", "imd_2019_score",
    "pct_in_most_deprived_tenth", "start",
)  # fmt: skip


@translated
@public
def start(request: HttpRequest) -> HttpResponse:
    """What this is, find your place, how it works, and a way in for everybody."""
    outlines = [place_texts.spot(outline, linked=False) for outline in selectors.outlines_on_list()]
    day = today()
    votes = selectors.upcoming_events(day, audience=Audience.PUBLIC).filter(kind__in=inviting_kinds())
    texts = [figure_texts.event_text(event, day) for event in votes[:VOTES_SHOWN]]
    country = selectors.country()
    figures = list(selectors.figures_of([country])) if country else []
    so_far = figure_texts.so_far(figures)
    context = {
        "outlines": outlines,
        "places_count": len(outlines),
        "votes": texts,
        "so_far": so_far,
        "country": country,
    }
    return render(request, "neighbourhoods/start.html", context)


@translated
@public
def place_list(request: HttpRequest) -> HttpResponse:
    """All places, with filters that are part of the address."""
    form = filter_form(request)
    page = page_of(form.narrow(selectors.neighbourhoods_on_target_list().with_areas()), request.GET.get("page"))
    starts = selectors.starts_of([place.pk for place in page], form.ranking)
    rows = [place_texts.place_row(place, entry=starts.get(place.pk), figures={}) for place in page]
    number = page.paginator.count
    counted = ngettext("{number} place", "{number} places", number).format(number=number)
    context = {"form": form, "page": page, "rows": rows, "counted": counted}
    return render(request, "neighbourhoods/place_list.html", context)


@public
def place_list_export(request: HttpRequest) -> HttpResponse:
    """The same list, whole, as CSV."""
    form = filter_form(request)
    places = list(form.narrow(selectors.neighbourhoods_on_target_list().with_areas()))
    starts = selectors.starts_of([place.pk for place in places], form.ranking)
    rows = [
        (
            place.code, place.name, place.authority.name, place.region.name, place.population, place.imd_score,
            place.most_deprived_pct, starts[place.pk].cohort if place.pk in starts else None,
        )
        for place in places
    ]  # fmt: skip
    return csv_response("neighbourhoods", EXPORT_HEADER, rows, sample=False)


def filter_form(request: HttpRequest) -> PlaceFilterForm:
    """The filters as the address has them."""
    return PlaceFilterForm(
        request.GET or None,
        regions=selectors.regions(),
        authorities=selectors.authorities(),
        ranking=selectors.current_ranking(),
    )


@public
def place_map(request: HttpRequest) -> HttpResponse:
    """Every place on a map and as a tile, with the list of the same places beside it."""
    outlines = [place_texts.spot(outline, linked=True) for outline in selectors.outlines_on_list()]
    groups = place_texts.grouped_by_region(selectors.neighbourhoods_on_target_list().with_areas())
    return render(request, "neighbourhoods/place_map.html", {"outlines": outlines, "groups": groups})


@translated
@public
def place_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Everything published about one place."""
    place = selectors.neighbourhood_by_code(code)
    if place is None:
        raise Http404("There is no place of this code")
    shares = selectors.shares_of(place)
    country = next((share.area for share in shares if share.area.kind == AreaKind.COUNTRY), None)
    areas = [place.area, place.region, *([country] if country else [])]
    figures = list(selectors.figures_of(areas))
    grouped = figure_texts.by_area(figures)
    day = today()
    return render(
        request,
        "neighbourhoods/place_detail.html",
        {
            "place": place,
            "outline": outline_of(place),
            "election": selectors.election_in(place, day),
            "links": place_links(place, request.user),
            "money": figure_texts.money(grouped.get(place.area_id, {})),
            "years": money_by_year(selectors.money_by_year([place.area_id])),
            "others": figure_texts.other_work(grouped.get(place.area_id, {})),
            "timeline": figure_texts.timeline(selectors.events_of([place]), day),
            "comparisons": figure_texts.comparisons(areas, grouped),
            "beside": beside([place], country=country, figures=grouped),
            "compared_with": [area.name for area in areas[1:]],
            "constituencies": place_texts.constituency_texts(selectors.constituency_shares(shares)),
            "start": place_texts.start_text(selectors.current_inputs_of(place)),
            "measures": figure_texts.measures_of(figures),
            "is_sample": settings.DEMO,
        },
    )


def outline_of(place: Neighbourhood) -> dict[str, object] | None:
    """The place's outline as GeoJSON, None when none is loaded."""
    outline = getattr(place, "outline", None)
    return outline.geometry if outline else None
