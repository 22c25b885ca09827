"""Coarse outlines as pictures. For thumbnails and dots only, never for "is this address inside?"."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]
Ring = tuple[Point, ...]

# England, with a little sea around it; degrees east and north (WGS 84).
WEST, EAST, SOUTH, NORTH = -6.5, 2.0, 49.8, 55.9
MIDDLE_LATITUDE = 52.8
MAP_WIDTH, MAP_HEIGHT = 500, 600
THUMBNAIL_SIZE = 160
THUMBNAIL_MARGIN = 8


class OutlineError(ValueError):
    """A feature that cannot be drawn; the message names the feature and the property."""


@dataclass(frozen=True)
class Outline:
    """One place's rings in degrees (longitude, latitude), its centre, and where the drawing comes from."""

    code: str
    rings: tuple[Ring, ...]
    longitude: float
    latitude: float
    source: str


def read_outlines(content: bytes) -> list[Outline]:
    """Read a GeoJSON feature collection of polygons.

    Raises:
        OutlineError: not GeoJSON, an unknown shape, a point outside England, a code twice or missing.
    """
    try:
        features = json.loads(content.decode("utf-8-sig"))["features"]
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, KeyError, TypeError):
        raise OutlineError("The file is not a GeoJSON feature collection.") from None
    if not isinstance(features, list) or not features:
        raise OutlineError("The file holds no outlines.")
    outlines = [_read_feature(number, feature) for number, feature in enumerate(features, start=1)]
    seen: set[str] = set()
    for number, outline in enumerate(outlines, start=1):
        if outline.code in seen:
            raise OutlineError(f"Feature {number}, ward_code: {outline.code} stands in the file twice.")
        seen.add(outline.code)
    return outlines


def _read_feature(number: int, feature: Any) -> Outline:
    try:
        properties, geometry = feature["properties"], feature["geometry"]
        code, source = properties["ward_code"], properties["geometry_source"]
        longitude, latitude = properties["lon"], properties["lat"]
        kind, coordinates = geometry["type"], geometry["coordinates"]
    except (KeyError, TypeError):
        raise OutlineError(f"Feature {number}: ward_code, geometry_source, lon, lat or geometry is missing.") from None
    if not (isinstance(code, str) and isinstance(source, str) and 0 < len(source) <= 120):
        raise OutlineError(f"Feature {number}: ward_code and geometry_source must be text.")
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind)
    if not isinstance(polygons, list):
        raise OutlineError(f"Feature {number}, geometry: must be a Polygon or a MultiPolygon.")
    try:
        rings = tuple(_read_ring(number, ring) for polygon in polygons for ring in polygon)
    except TypeError:
        raise OutlineError(f"Feature {number}, geometry: coordinates must be lists of points.") from None
    _read_point(number, (longitude, latitude))
    if not rings:
        raise OutlineError(f"Feature {number}, geometry: has no ring.")
    return Outline(code, rings, float(longitude), float(latitude), source)


def _read_ring(number: int, ring: Any) -> Ring:
    points = tuple(_read_point(number, point) for point in ring)
    if len(points) < 4:
        raise OutlineError(f"Feature {number}, geometry: a ring needs at least four points.")
    return points


def _read_point(number: int, point: Any) -> Point:
    try:
        longitude, latitude = point
        inside = WEST <= longitude <= EAST and SOUTH <= latitude <= NORTH
    except (TypeError, ValueError):
        raise OutlineError(f"Feature {number}, geometry: {point!r:.40} is not a point.") from None
    if not inside:
        raise OutlineError(f"Feature {number}, geometry: {longitude}, {latitude} is not in England.")
    return float(longitude), float(latitude)


def thumbnail_path(rings: Sequence[Ring]) -> str:
    """An SVG path of the outline alone, filling a square of 160 units with a margin; fill with the even-odd rule."""
    squeeze = math.cos(math.radians(sum(y for _, y in rings[0]) / len(rings[0])))
    flat = [[(x * squeeze, -y) for x, y in ring] for ring in rings]
    xs = [x for ring in flat for x, _ in ring]
    ys = [y for ring in flat for _, y in ring]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    room = THUMBNAIL_SIZE - 2 * THUMBNAIL_MARGIN
    scale = room / (max(width, height) or 1)
    left = (THUMBNAIL_SIZE - width * scale) / 2 - min(xs) * scale
    top = (THUMBNAIL_SIZE - height * scale) / 2 - min(ys) * scale
    return "".join(_ring_path([(x * scale + left, y * scale + top) for x, y in ring]) for ring in flat)


def _ring_path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points[:-1]) + "Z"


def map_point(longitude: float, latitude: float) -> Point:
    """Where a point lies on the map of England, in units of a 500 by 600 drawing, y downwards."""
    squeeze = math.cos(math.radians(MIDDLE_LATITUDE))
    scale = min(MAP_WIDTH / ((EAST - WEST) * squeeze), MAP_HEIGHT / (NORTH - SOUTH))
    return round((longitude - WEST) * squeeze * scale, 1), round((NORTH - latitude) * scale, 1)
