"""The arithmetic of our pictures: from numbers and outlines to coordinates. The templates only print them.

Pictures carry no inline styles (the content security policy forbids them): sizes are attributes, colours are classes.
Coordinates are in the units of each picture's own view box.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext, gettext_noop

from cwf_portal.core import figures_text
from cwf_portal.core.map_labels import Label, place_labels

BAR_WIDTH, BAR_ROW = 480, 56
STEP_WIDTH, STEP_HEIGHT, STEP_LEFT, STEP_RIGHT, STEP_BOTTOM, STEP_TOP = 480, 260, 70, 24, 34, 14
NOT_KNOWN = gettext_noop("not known")

# Rough seat of each English region on a grid of blocks (column, row), so that north is up and east is right.
REGION_SEATS = {
    "North East": (1, 0),
    "North West": (0, 1),
    "Yorkshire and The Humber": (1, 1),
    "West Midlands": (0, 2),
    "East Midlands": (1, 2),
    "East of England": (2, 2),
    "South West": (0, 3),
    "South East": (1, 3),
    "London": (2, 3),
}
TILE, TILE_GAP, TILES_ACROSS, REGION_GAP = 20, 3, 7, 14


@dataclass(frozen=True)
class Bar:
    """One bar: its label, its value in words, and where it stands."""

    label: str
    value: str
    y: int
    width: float
    text_y: int
    bar_y: int


@dataclass(frozen=True)
class BarChart:
    """Bars one under another, each with its label above it."""

    bars: list[Bar]
    width: int
    height: int
    summary: str


def bars(rows: Sequence[Sequence[Any]], *, unit: str) -> BarChart:
    """Lay out horizontal bars.

    Args:
        rows: (label, whole number or None) pairs. None is shown as "not known", without a bar.
        unit: "pence", "count" or "pct" (0–100).
    """
    largest = max((value for _, value in rows if value), default=0)
    laid = [
        Bar(
            label=str(label),
            value=in_words(value, unit),
            y=BAR_ROW * index,
            width=round(BAR_WIDTH * max(value or 0, 0) / largest, 1) if largest else 0,
            text_y=BAR_ROW * index + 18,
            bar_y=BAR_ROW * index + 26,
        )
        for index, (label, value) in enumerate(rows)
    ]
    summary = "; ".join(f"{bar.label}: {bar.value}" for bar in laid) or gettext("Nothing to show yet")
    return BarChart(bars=laid, width=BAR_WIDTH, height=max(BAR_ROW * len(laid), 1), summary=summary)


def in_words(value: int | None, unit: str) -> str:
    """`value` as people write it: "£1,234", "1,234" or "12%"."""
    if value is None:
        return gettext(NOT_KNOWN)
    if unit == "pence":
        return figures_text.pounds(value)
    return f"{value:,}%" if unit == "pct" else f"{value:,}"


@dataclass(frozen=True)
class Mark:
    """A labelled place on an axis."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class StepChart:
    """A stepped line over time, with its area, axes and table."""

    line: str = ""
    area: str = ""
    width: int = STEP_WIDTH
    height: int = STEP_HEIGHT
    left: int = STEP_LEFT
    base: int = STEP_HEIGHT - STEP_BOTTOM
    levels: list[Mark] = field(default_factory=list)
    times: list[Mark] = field(default_factory=list)
    rows: list[tuple[str, str]] = field(default_factory=list)
    summary: str = "Nothing to show yet"


def steps(points: Sequence[Sequence[Any]], *, unit: str) -> StepChart:
    """Lay out a running total over time: each value holds until the next date.

    Args:
        points: (date or moment, whole number) pairs in order; moments count by their day in London.
        unit: "pence", "count" or "pct".
    """
    if not points:
        return StepChart()
    points = [(figures_text.london_day(when), value) for when, value in points]
    first, last = points[0][0], points[-1][0]
    top = nice_ceiling(max(value for _, value in points))
    base = STEP_HEIGHT - STEP_BOTTOM
    corners = [(x_of(day, first, last), y_of(value, top)) for day, value in points]
    moves = [f"M{corners[0][0]} {corners[0][1]}"]
    moves += [f"H{x}V{y}" for x, y in corners[1:]]
    line = "".join(moves) + f"H{STEP_WIDTH}"
    return StepChart(
        line=line,
        area=f"M{corners[0][0]} {base}V{corners[0][1]}{line[line.index('H') :] if 'H' in line else ''}V{base}Z",
        levels=[Mark(short(part * top // 4, unit), STEP_LEFT - 8, y_of(part * top // 4, top)) for part in (0, 2, 4)],
        times=year_marks(first, last),
        rows=[(figures_text.day_text(day), in_words(value, unit)) for day, value in points],
        summary=f"From {in_words(points[0][1], unit)} on {figures_text.day_text(first)} "
        f"to {in_words(points[-1][1], unit)} on {figures_text.day_text(last)}",
    )


def short(value: int, unit: str) -> str:
    """A value for an axis, rounded."""
    return figures_text.pounds_short(value) if unit == "pence" else in_words(value, unit)


def x_of(day: date, first: date, last: date) -> float:
    """Across: `day` between `first` and `last`."""
    span = max((last - first).days, 1)
    return round(STEP_LEFT + (STEP_WIDTH - STEP_LEFT - STEP_RIGHT) * (day - first).days / span, 1)


def y_of(value: int, top: int) -> float:
    """Down: `value` on a scale from 0 to `top`; nothing goes below the axis."""
    base = STEP_HEIGHT - STEP_BOTTOM
    return round(base - (base - STEP_TOP) * max(value, 0) / top, 1)


def nice_ceiling(value: int) -> int:
    """The smallest of 4, 8, 20, 40 … (4 or 8 times a power of ten, or 20) that is no less than `value`."""
    size = 4
    while size < value:
        size = size * 5 // 2 if str(size)[0] == "8" else size * 2
    return size


def year_marks(first: date, last: date) -> list[Mark]:
    """The first days of years to label, at most five of them; the ends when there is none."""
    years = list(range(first.year + 1, last.year + 1))
    stride = max(math.ceil(len(years) / 5), 1)
    base = STEP_HEIGHT - 10
    marks = [Mark(str(year), x_of(date(year, 1, 1), first, last), base) for year in years[::stride]]
    return marks or [Mark(figures_text.day_text(first), STEP_LEFT, base)]


@dataclass(frozen=True)
class Spot:
    """One place on a map: a path or a square, with what to call it and where it leads."""

    name: str
    href: str
    state: str
    path: str = ""
    x: float = 0
    y: float = 0


@dataclass(frozen=True)
class Map:
    """A picture of places: spots, the names of regions, and its size."""

    spots: list[Spot]
    regions: Sequence[Label]
    width: int
    height: int
    tile: int
    kind: str
    summary: str

    @property
    def role(self) -> str:
        """A picture with links in it is a group: what stands inside an `img` is hidden from screen readers."""
        return "group" if any(spot.href for spot in self.spots) else "img"


MAP_WIDTH, MAP_MARGIN, MAP_DOT = 420, 24, 4
OUTLINES_UP_TO = 40  # places; on a map of more, an outline would be smaller than the dot


@dataclass(frozen=True)
class Frame:
    """Turns longitude and latitude into picture units: equal lengths both ways at the frame's middle latitude."""

    west: float
    north: float
    scale: float
    squeeze: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """(x, y) of a point, one decimal."""
        x = MAP_MARGIN + (lon - self.west) * self.squeeze * self.scale
        y = MAP_MARGIN + (self.north - lat) * self.scale
        return round(x, 1), round(y, 1)


def frame_around(points: Sequence[tuple[float, float]], width: int) -> tuple[Frame, int]:
    """A frame of `width` around (longitude, latitude) points, and its height."""
    west, east = min(lon for lon, _ in points), max(lon for lon, _ in points)
    south, north = min(lat for _, lat in points), max(lat for _, lat in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    across, down = max((east - west) * squeeze, 1e-6), max(north - south, 1e-6)
    scale = (width - 2 * MAP_MARGIN) / max(across, down * 0.6)
    return Frame(west, north, scale, squeeze), math.ceil(down * scale) + 2 * MAP_MARGIN


def outline_map(outlines: Sequence[Mapping[str, Any]]) -> Map:
    """Dots where the places lie (outlines, when they are few), north up, with names of regions beside them."""
    if not outlines:
        return Map([], [], MAP_WIDTH, 1, MAP_DOT, "dots", "No places to show")
    frame, height = frame_around([(float(place["lon"]), float(place["lat"])) for place in outlines], MAP_WIDTH)
    spots = []
    for place in outlines:
        x, y = frame.at(float(place["lon"]), float(place["lat"]))
        drawn = place.get("outline") and len(outlines) <= OUTLINES_UP_TO
        path = path_of(place["outline"], frame) if drawn else ""
        spots.append(Spot(str(place["name"]), place.get("href", ""), place.get("state", ""), path, x, y))
    regions = place_labels(by_region(outlines, spots), (MAP_WIDTH, height))
    return Map(spots, regions, MAP_WIDTH, height, MAP_DOT, "dots", summary_of_places(outlines))


def by_region(outlines: Sequence[Mapping[str, Any]], spots: Sequence[Spot]) -> dict[str, list[tuple[float, float]]]:
    """Where the spots of each region stand."""
    grouped: dict[str, list[tuple[float, float]]] = {}
    for place, spot in zip(outlines, spots, strict=True):
        if region := place.get("region"):
            grouped.setdefault(str(region), []).append((spot.x, spot.y))
    return grouped


def tile_map(outlines: Sequence[Mapping[str, Any]]) -> Map:
    """One square per place, in a block per region; blocks are seated roughly as the regions lie."""
    blocks: dict[str, list[Mapping[str, Any]]] = {}
    for place in outlines:
        blocks.setdefault(str(place.get("region") or "Other"), []).append(place)
    seats = seats_of(blocks)
    column_width = TILES_ACROSS * (TILE + TILE_GAP) + REGION_GAP
    spots: list[Spot] = []
    regions: list[Label] = []
    top = 0
    for row in sorted({seat[1] for seat in seats.values()}):
        here = [region for region, seat in seats.items() if seat[1] == row]
        for region in here:
            left = seats[region][0] * column_width
            regions.append(Label((region,), left, top + 16))
            spots += squares(blocks[region], left, top + 24)
        tallest = max(math.ceil(len(blocks[region]) / TILES_ACROSS) for region in here)
        top += 24 + tallest * (TILE + TILE_GAP) + REGION_GAP
    columns = 1 + max((seat[0] for seat in seats.values()), default=0)
    return Map(spots, regions, columns * column_width, max(top, 1), TILE, "tiles", summary_of_places(outlines))


def seats_of(blocks: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Column and row of each region; regions that we have no seat for stand in rows below, three abreast."""
    known = {region: REGION_SEATS[region] for region in blocks if region in REGION_SEATS}
    others = sorted(region for region in blocks if region not in REGION_SEATS)
    below = 1 + max((row for _, row in known.values()), default=-1)
    return known | {region: (index % 3, below + index // 3) for index, region in enumerate(others)}


def squares(places: Sequence[Mapping[str, Any]], left: int, top: int) -> list[Spot]:
    """The squares of one region, by name, row after row."""
    step = TILE + TILE_GAP
    ordered = sorted(places, key=lambda place: str(place["name"]))
    return [
        Spot(
            str(place["name"]),
            place.get("href", ""),
            place.get("state", ""),
            x=left + step * (index % TILES_ACROSS),
            y=top + step * (index // TILES_ACROSS),
        )
        for index, place in enumerate(ordered)
    ]


def summary_of_places(outlines: Sequence[Mapping[str, Any]]) -> str:
    """How many places the picture shows, by region."""
    counts: dict[str, int] = {}
    for place in outlines:
        region = str(place.get("region") or "other")
        counts[region] = counts.get(region, 0) + 1
    by_region = ", ".join(f"{region} {count}" for region, count in sorted(counts.items()))
    return f"{len(outlines)} places: {by_region}" if counts else "No places to show"


@dataclass(frozen=True)
class Shape:
    """The outline of one place."""

    path: str
    width: int
    height: int


SHAPE_WIDTH = 320


def shape(geometry: Mapping[str, Any]) -> Shape:
    """Fit a GeoJSON Polygon or MultiPolygon into a picture of its own."""
    points = [(lon, lat) for ring in rings(geometry) for lon, lat, *_ in ring]
    if not points:
        return Shape("", SHAPE_WIDTH, 1)
    frame, height = frame_around(points, SHAPE_WIDTH)
    return Shape(path_of(geometry, frame), SHAPE_WIDTH, height)


def rings(geometry: Mapping[str, Any]) -> list[Sequence[Sequence[float]]]:
    """All rings of a Polygon or MultiPolygon."""
    polygons = geometry["coordinates"] if geometry.get("type") == "MultiPolygon" else [geometry.get("coordinates", [])]
    return [ring for polygon in polygons for ring in polygon]


def path_of(geometry: Mapping[str, Any], frame: Frame) -> str:
    """The geometry as SVG path data."""
    parts = []
    for ring in rings(geometry):
        corners = [frame.at(lon, lat) for lon, lat, *_ in ring]
        parts.append("M" + "L".join(f"{x} {y}" for x, y in corners) + "Z")
    return "".join(parts)


def id_of(title: str) -> str:
    """An id made from a title, for `aria-labelledby`."""
    return "picture-" + re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60]
