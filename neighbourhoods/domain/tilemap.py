"""A map with one equal tile per place, so that a town of ten small wards can be read like a large one."""

from collections.abc import Mapping

Point = tuple[float, float]
Tile = tuple[int, int]


def tiles(points: Mapping[str, Point], *, columns: int = 22) -> dict[str, Tile]:
    """Give each place its own cell of a grid, near where it lies; (column, row) from 0, rows downwards.

    Places are set from the middle of the crowd outwards, each on the nearest free cell, so the same points always
    give the same map.
    """
    if not points:
        return {}
    xs, ys = [x for x, _ in points.values()], [y for _, y in points.values()]
    step = (max(xs) - min(xs)) / max(columns - 1, 1) or 1.0
    wanted = {code: ((x - min(xs)) / step, (y - min(ys)) / step) for code, (x, y) in points.items()}
    middle = sorted(xs)[len(xs) // 2], sorted(ys)[len(ys) // 2]
    taken: dict[Tile, str] = {}
    for code in sorted(points, key=lambda code: (_distance(points[code], middle), code)):
        taken[_nearest_free(wanted[code], taken)] = code
    left, top = min(column for column, _ in taken), min(row for _, row in taken)
    return {code: (column - left, row - top) for (column, row), code in taken.items()}


def _distance(a: Point, b: Point) -> float:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _nearest_free(wanted: Point, taken: Mapping[Tile, str]) -> Tile:
    """The free cell closest to `wanted`; rings are searched outwards until no closer cell can follow."""
    home = round(wanted[0]), round(wanted[1])
    best: tuple[float, Tile] | None = None
    radius = 0
    while best is None or (radius - 1) ** 2 <= best[0]:
        for tile in _ring(home, radius):
            found = (_distance(wanted, tile), tile)
            if tile not in taken and (best is None or found < best):
                best = found
        radius += 1
    return best[1]


def _ring(home: Tile, radius: int) -> list[Tile]:
    """The cells whose larger distance from `home`, across or down, is exactly `radius`."""
    steps = range(-radius, radius + 1)
    return [(home[0] + x, home[1] + y) for x in steps for y in steps if max(abs(x), abs(y)) == radius]
