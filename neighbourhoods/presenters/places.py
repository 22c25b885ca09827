"""Places and constituencies as their pages show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cwf_portal.core.languages import is_english
from neighbourhoods.domain import wording
from neighbourhoods.models import (
    Area,
    AreaKind,
    AreaShare,
    Figure,
    Member,
    Neighbourhood,
    Outline,
    RankingEntry,
    RankingInput,
    Seat,
    Unit,
)
from neighbourhoods.presenters.figures import MONEY, NOTHING_YET, number_text

WHOLE = "all of it"
PART_UNKNOWN = "part of it; how much, no source says"


@dataclass(frozen=True)
class ConstituencyText:
    """A constituency a place lies in: how much of the place, and who sits for it now."""

    code: str
    name: str
    part: str
    member: Member | None
    is_current: bool


@dataclass(frozen=True)
class PlaceRow:
    """A place in a list: where it is, who lives there, when it starts, and its money as far as it is published."""

    code: str
    label: str
    region: str
    residents: str
    start: str
    share: str
    set_aside: str
    promised: str
    sent: str


@dataclass(frozen=True)
class InputText:
    """One input of a place's ranking in words."""

    title: str
    value: str
    standing: str


def part_text(share: AreaShare) -> str:
    """How much of a place lies in an area: "all of it", "52% of the people", or that nobody says."""
    if share.share is None:
        return PART_UNKNOWN
    return WHOLE if share.share == 1 else f"{wording.percent(100 * share.share)} of the people"


def constituency_texts(shares: Iterable[AreaShare]) -> list[ConstituencyText]:
    """The constituencies of a place; those of 2010 carry no MP."""
    return [
        ConstituencyText(
            code=share.area.code,
            name=share.area.name,
            part=part_text(share),
            member=held_by(share.area),
            is_current=share.area.kind == AreaKind.CONSTITUENCY_2024,
        )
        for share in shares
    ]


def held_by(area: Area) -> Member | None:
    """Who sits for a constituency that was read with `held_seats`; None while the seat is empty."""
    seats: Sequence[Seat] = getattr(area, "held_seats", ())
    return seats[0].member if seats else None


def place_row(
    place: Neighbourhood,
    *,
    entry: RankingEntry | None,
    figures: Mapping[str, Figure],
    share: AreaShare | None = None,
) -> PlaceRow:
    """A place for a list; `share` is of the area that the list is about."""
    set_aside, promised, sent = (number_text(figures[code]) if code in figures else NOTHING_YET for code in MONEY)
    return PlaceRow(
        code=place.code,
        label=place.label,
        region=place.region.name,
        residents=f"{place.population:,}",
        start=start_name(entry.cohort) if entry else "",
        share=part_text(share) if share else "",
        set_aside=set_aside,
        promised=promised,
        sent=sent,
    )


def input_text(row: RankingInput) -> InputText:
    """One thing that a place's start was worked out from."""
    standing = f"higher than {wording.percent(row.percentile)} of the places"
    return InputText(title=row.measure.title, value=value_text(row), standing=standing)


def value_text(row: RankingInput) -> str:
    """A ranking input's value as people write it."""
    number = Decimal(row.numerator) / row.denominator
    return wording.percent(100 * number, places=1) if row.measure.unit == Unit.PCT else wording.score(number)


def start_name(cohort: int) -> str:
    """ "First start"; in other languages its number."""
    return wording.start_name(cohort) if is_english() else _("Start {number}").format(number=cohort)


def spot(outline: Outline, *, linked: bool, state: str = "") -> dict[str, Any]:
    """A place for core's map tags."""
    place = outline.neighbourhood
    return {
        "name": place.label,
        "lon": float(outline.longitude),
        "lat": float(outline.latitude),
        "region": place.region.name,
        "href": reverse("neighbourhoods:place-detail", args=[place.code]) if linked else "",
        "state": state,
    }


def grouped_by_region(places: Iterable[Neighbourhood]) -> list[tuple[str, list[Neighbourhood]]]:
    """Places by region, both by name."""
    groups: dict[str, list[Neighbourhood]] = {}
    for place in places:
        groups.setdefault(place.region.name, []).append(place)
    return sorted(groups.items())


@dataclass(frozen=True)
class StartText:
    """When a place starts, whether another weighting would change it, and from what it was worked out."""

    name: str
    out_of: int
    is_close_call: bool
    inputs: list[InputText]

    @property
    def inside(self) -> str:
        """Its name inside a sentence."""
        return self.name.lower()


def start_text(inputs: Sequence[RankingInput]) -> StartText | None:
    """A place's start for its page; None before there is a ranking. The position itself is never shown."""
    if not inputs:
        return None
    entry = inputs[0].entry
    return StartText(
        name=start_name(entry.cohort),
        out_of=len(entry.ranking.cohort_sizes),
        is_close_call=entry.is_close_call,
        inputs=[input_text(row) for row in inputs],
    )
