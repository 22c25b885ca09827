"""Reading coarse outlines. They are for thumbnails and dots only, never for "is this address inside?"."""

import json
from dataclasses import dataclass
from typing import Any

# England, with a little sea around it; degrees east and north (WGS 84).
WEST, EAST, SOUTH, NORTH = -6.5, 2.0, 49.8, 55.9


class OutlineError(ValueError):
    """A feature that cannot be drawn; the message names the feature and the property."""


@dataclass(frozen=True)
class Outline:
    """One place: its outline (a GeoJSON geometry in degrees), its centre, and where the drawing comes from."""

    code: str
    geometry: dict[str, Any]
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
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(str(kind))
    if not isinstance(polygons, list):
        raise OutlineError(f"Feature {number}, geometry: must be a Polygon or a MultiPolygon.")
    try:
        rings = [_read_ring(number, ring) for polygon in polygons for ring in polygon]
    except TypeError:
        raise OutlineError(f"Feature {number}, geometry: coordinates must be lists of points.") from None
    _read_point(number, (longitude, latitude))
    if not rings:
        raise OutlineError(f"Feature {number}, geometry: has no ring.")
    return Outline(code, {"type": kind, "coordinates": coordinates}, float(longitude), float(latitude), source)


def _read_ring(number: int, ring: Any) -> int:
    """The number of points in the ring, each of them checked."""
    count = 0
    for point in ring:
        _read_point(number, point)
        count += 1
    if count < 4:
        raise OutlineError(f"Feature {number}, geometry: a ring needs at least four points.")
    return count


def _read_point(number: int, point: Any) -> None:
    try:
        longitude, latitude = point
        inside = WEST <= longitude <= EAST and SOUTH <= latitude <= NORTH
    except (TypeError, ValueError):
        raise OutlineError(f"Feature {number}, geometry: {point!r:.40} is not a point.") from None
    if not inside:
        raise OutlineError(f"Feature {number}, geometry: {longitude}, {latitude} is not in England.")
