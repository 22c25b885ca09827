"""A constituency, or the whole country, with its places, money and dates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from neighbourhoods.models import Area, AreaShare, Event, Figure, Member, RankingEntry
from neighbourhoods.presenters.figures import (
    MONEY,
    EventText,
    FigureText,
    Timeline,
    by_area,
    event_text,
    figure_text,
    is_money,
    money,
    number_text,
    timeline,
)
from neighbourhoods.presenters.places import PlaceRow, held_by, place_row


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


def constituency_page(
    area: Area,
    *,
    shares: Sequence[AreaShare],
    starts: Mapping[int, RankingEntry],
    figures: Iterable[Figure],
    events: Iterable[Event],
    today: date,
) -> ConstituencyPage:
    """Put a constituency's page together from what its selectors found."""
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
    )


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
