"""Numbered squares over the outline of a place: to say roughly where something is, without tiles or scripts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_noop

from cwf_portal.core.charts import MAP_MARGIN, SHAPE_WIDTH, Frame, frame_around, path_of, rings

ACROSS = 5
SIDE = (SHAPE_WIDTH - 2 * MAP_MARGIN) / ACROSS
WHERE = (
    (gettext_noop("north-west"), gettext_noop("north"), gettext_noop("north-east")),
    (gettext_noop("west"), gettext_noop("middle"), gettext_noop("east")),
    (gettext_noop("south-west"), gettext_noop("south"), gettext_noop("south-east")),
)
TRIES = 4  # points looked at each way within a square, to see whether the place reaches into it
Corner = tuple[float, float]
Cell = tuple[int, int]


@dataclass(frozen=True)
class Square:
    """One square: its number, corner and middle in the picture, its middle on the earth, and where it is in words."""

    number: int
    x: float
    y: float
    middle_x: float
    middle_y: float
    longitude: float
    latitude: float
    where: str
    is_chosen: bool = False


@dataclass(frozen=True)
class Grid:
    """The outline with its squares; a place without an outline has none."""

    path: str
    width: int
    height: int
    squares: list[Square]
    side: float = round(SIDE, 1)


def grid(geometry: Mapping[str, Any]) -> Grid:
    """Every square that the place reaches into, numbered from the north-west, row after row.

    Args:
        geometry: GeoJSON Polygon or MultiPolygon in degrees.
    """
    points = [(lon, lat) for ring in rings(geometry) for lon, lat, *_ in ring]
    if not points:
        return Grid("", SHAPE_WIDTH, 1, [])
    frame, height = frame_around(points, SHAPE_WIDTH)
    outline = [[frame.at(lon, lat) for lon, lat, *_ in ring] for ring in rings(geometry)]
    size = _size(frame, points)
    cells = [(row, column) for row in range(size[0]) for column in range(size[1]) if _reaches(outline, row, column)]
    squares = [_square(frame, cell, number=number, size=size) for number, cell in enumerate(cells, 1)]
    return Grid(path_of(geometry, frame), SHAPE_WIDTH, height, squares)


def square_around(geometry: Mapping[str, Any], longitude: float, latitude: float) -> Grid:
    """The outline with the one square in which a point lies; none when it lies outside the picture."""
    points = [(lon, lat) for ring in rings(geometry) for lon, lat, *_ in ring]
    if not points:
        return Grid("", SHAPE_WIDTH, 1, [])
    frame, height = frame_around(points, SHAPE_WIDTH)
    x, y = frame.at(longitude, latitude)
    size = _size(frame, points)
    row, column = _cell(x, y)
    is_inside = 0 <= row < size[0] and 0 <= column < size[1]
    found = [_square(frame, (row, column), number=0, size=size, is_chosen=True)] if is_inside else []
    return Grid(path_of(geometry, frame), SHAPE_WIDTH, height, found)


def squares_of(geometry: Mapping[str, Any], places: Sequence[Corner]) -> tuple[Grid, list[int]]:
    """The numbered squares with those marked in which a place lies, and for each place the number of its square.

    Args:
        geometry: GeoJSON Polygon or MultiPolygon in degrees.
        places: longitude and latitude of each.

    Returns:
        The grid; one number for each place, 0 where it lies in no square.
    """
    points = [(lon, lat) for ring in rings(geometry) for lon, lat, *_ in ring]
    whole = grid(geometry)
    if not points:
        return whole, [0] * len(places)
    frame, _ = frame_around(points, SHAPE_WIDTH)
    numbers = {_cell(square.middle_x, square.y + SIDE / 2): square.number for square in whole.squares}
    found = [numbers.get(_cell(*frame.at(*place)), 0) for place in places]
    marked = [replace(square, is_chosen=square.number in found) for square in whole.squares]
    return replace(whole, squares=marked), found


def _cell(x: float, y: float) -> Cell:
    """Row and column of the square in which a point of the picture lies."""
    return int((y - MAP_MARGIN) // SIDE), int((x - MAP_MARGIN) // SIDE)


def _size(frame: Frame, points: Sequence[Corner]) -> Cell:
    """How many rows and columns of squares the place covers."""
    far_x, far_y = frame.at(max(lon for lon, _ in points), min(lat for _, lat in points))
    down, across = (max(math.ceil((far - MAP_MARGIN) / SIDE - 0.01), 1) for far in (far_y, far_x))
    return down, across


def _square(frame: Frame, cell: Cell, *, number: int, size: Cell, is_chosen: bool = False) -> Square:
    row, column = cell
    x, y = MAP_MARGIN + column * SIDE, MAP_MARGIN + row * SIDE
    middle_x, middle_y = x + SIDE / 2, y + SIDE / 2
    return Square(
        number=number,
        x=round(x, 1),
        y=round(y, 1),
        middle_x=round(middle_x, 1),
        middle_y=round(middle_y + 5, 1),
        longitude=round(frame.west + (middle_x - MAP_MARGIN) / (frame.squeeze * frame.scale), 5),
        latitude=round(frame.north - (middle_y - MAP_MARGIN) / frame.scale, 5),
        where=_in_words((row + 0.5) / size[0], (column + 0.5) / size[1]),
        is_chosen=is_chosen,
    )


def _in_words(down: float, across: float) -> str:
    """`north-west`, `south`, `middle`, from how far down and across the place it lies, each between 0 and 1."""
    row, column = (0 if part < 1 / 3 else 2 if part > 2 / 3 else 1 for part in (down, across))
    return WHERE[row][column]


def _reaches(outline: Sequence[Sequence[Corner]], row: int, column: int) -> bool:
    """Whether the place has a corner, or a point that we look at, within the square."""
    left, top = MAP_MARGIN + column * SIDE, MAP_MARGIN + row * SIDE
    if any(left <= x <= left + SIDE and top <= y <= top + SIDE for ring in outline for x, y in ring):
        return True
    steps = [SIDE * (step + 0.5) / TRIES for step in range(TRIES)]
    return any(_is_inside(outline, left + across, top + down) for across in steps for down in steps)


def _is_inside(outline: Sequence[Sequence[Corner]], x: float, y: float) -> bool:
    """By the number of borders that a line to the east crosses; holes count as outside."""
    crossings = 0
    for ring in outline:
        for (x1, y1), (x2, y2) in zip(ring, ring[1:], strict=False):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                crossings += 1
    return crossings % 2 == 1
