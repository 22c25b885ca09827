"""A constituency, or the whole country, with its places, money and dates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from neighbourhoods.models import Area, AreaShare, Event, Figure, Measure, Member, RankingEntry
from neighbourhoods.presenters.beside import Beside, beside
from neighbourhoods.presenters.figures import (
    MONEY,
    EventText,
    FigureText,
    Timeline,
    by_area,
    event_text,
    figure_text,
    is_money,
    measures_of,
    money,
    number_text,
    timeline,
)
from neighbourhoods.presenters.money import MoneyByYear, money_by_year
from neighbourhoods.presenters.places import PlaceRow, held_by, place_row

PENNY = Decimal("0.01")


@dataclass(frozen=True)
class ConstituencyPage:
    """A constituency with its MP and everything published about the places in it."""

    code: str
    name: str
    member: Member | None
    money: list[FigureText]
    rows: list[PlaceRow]
    has_split_place: bool
    timeline: Timeline
    measures: list[Measure]
    years: MoneyByYear | None
    beside: Beside | None


def constituency_page(
    area: Area,
    *,
    shares: Sequence[AreaShare],
    country: Area | None,
    starts: Mapping[int, RankingEntry],
    figures: Iterable[Figure],
    by_year: Iterable[Figure],
    events: Iterable[Event],
    today: date,
) -> ConstituencyPage:
    """Put a constituency's page together from what its selectors found; `by_year` is its own money year by year."""
    figures = list(figures)
    grouped = by_area(figures)
    rows = [
        place_row(
            share.neighbourhood,
            entry=starts.get(share.neighbourhood_id),
            figures=grouped.get(share.neighbourhood.area_id, {}),
            share=share,
        )
        for share in shares
    ]
    return ConstituencyPage(
        code=area.code,
        name=area.name,
        member=held_by(area),
        money=money(grouped.get(area.pk, {})),
        rows=rows,
        has_split_place=any(share.share != 1 for share in shares),
        timeline=timeline(events, today),
        measures=measures_of(figure for figure in figures if is_money(figure.measure.code)),
        years=money_by_year(by_year),
        beside=beside([share.neighbourhood for share in shares], country=country, figures=grouped),
    )


def export_rows(shares: Sequence[AreaShare], figures: Iterable[Figure]) -> list[tuple[object, ...]]:
    """The places of a constituency with their money in pounds, for spreadsheets; empty where nothing is published."""
    grouped = by_area(figures)
    rows: list[tuple[object, ...]] = []
    for share in shares:
        place, own = share.neighbourhood, grouped.get(share.neighbourhood.area_id, {})
        told = [own[code] for code in MONEY if code in own]
        money_of = {one.measure.code: (one.value / 100).quantize(PENNY) for one in told if one.value is not None}
        changed = max((figure.as_of for figure in told), default=None)
        rows.append((place.code, place.label, share.share, *(money_of.get(code) for code in MONEY), changed))
    return rows


@dataclass(frozen=True)
class RegionRow:
    """One region's money in words."""

    name: str
    places_count: int
    money: list[str]


def region_rows(
    regions: Sequence[Area], *, counts: Mapping[int, int], figures: Mapping[int, Mapping[str, Figure]]
) -> list[RegionRow]:
    """Regions by name with their number of places and their money; never by party."""
    return [
        RegionRow(
            name=region.name,
            places_count=counts.get(region.pk, 0),
            money=[
                number_text(figures[region.pk][code]) if code in figures.get(region.pk, {}) else "none yet"
                for code in MONEY
            ],
        )
        for region in regions
    ]


def region_bars(
    regions: Sequence[Area], code: str, figures: Mapping[int, Mapping[str, Figure]]
) -> list[tuple[str, int | None]]:
    """(region, number) pairs of one measure for a bar chart; None where it is not published."""
    bars: list[tuple[str, int | None]] = []
    for region in regions:
        figure = figures.get(region.pk, {}).get(code)
        bars.append((region.name, int(figure.value) if figure and figure.value is not None else None))
    return bars


def country_figures(figures: Mapping[str, Figure]) -> list[FigureText]:
    """What is published of the whole country beside the facts about places, the money first."""
    rest = [figure_text(figure) for code, figure in sorted(figures.items()) if not is_money(code)]
    return money(figures) + [text for text in rest if not text.code.startswith("places.")]


def event_texts(events: Iterable[Event], today: date) -> list[EventText]:
    """Events in the order given."""
    return [event_text(event, today) for event in events]
