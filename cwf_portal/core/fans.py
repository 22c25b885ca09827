"""The arithmetic of a fan: what lies between low and high year by year, with the middle in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cwf_portal.core.charts import (
    STEP_BOTTOM,
    STEP_HEIGHT,
    STEP_LEFT,
    STEP_RIGHT,
    STEP_WIDTH,
    Mark,
    nice_ceiling,
    short,
    y_of,
)

LABELS_MOST = 6
Point = tuple[str, int, int, int]


@dataclass(frozen=True)
class FanChart:
    """An area from low to high, the line of the middle, axes and table; estimates, so the table is rounded too."""

    area: str = ""
    middle: str = ""
    width: int = STEP_WIDTH
    height: int = STEP_HEIGHT
    left: int = STEP_LEFT
    levels: list[Mark] = field(default_factory=list)
    times: list[Mark] = field(default_factory=list)
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    summary: str = "Nothing to show yet"


def fan(points: Sequence[Point], *, unit: str) -> FanChart:
    """Lay out a fan.

    Args:
        points: (label, low, middle, high) in order, at least two.
        unit: "pence", "count" or "pct".
    """
    if len(points) < 2:
        return FanChart()
    top = nice_ceiling(max(high for _, _, _, high in points))
    across = (STEP_WIDTH - STEP_LEFT - STEP_RIGHT) / (len(points) - 1)
    xs = [round(STEP_LEFT + across * index, 1) for index in range(len(points))]
    lows = [y_of(low, top) for _, low, _, _ in points]
    middles = [y_of(middle, top) for _, _, middle, _ in points]
    highs = [y_of(high, top) for _, _, _, high in points]
    stride = -(-len(points) // LABELS_MOST)
    first, last = points[0], points[-1]
    return FanChart(
        area=_path([*zip(xs, highs, strict=True), *zip(xs[::-1], lows[::-1], strict=True)]) + "Z",
        middle=_path(list(zip(xs, middles, strict=True))),
        levels=[Mark(short(part * top // 4, unit), STEP_LEFT - 8, y_of(part * top // 4, top)) for part in (0, 2, 4)],
        times=[
            Mark(points[index][0], xs[index], STEP_HEIGHT - STEP_BOTTOM + 24) for index in range(0, len(points), stride)
        ],
        rows=[(label, short(low, unit), short(middle, unit), short(high, unit)) for label, low, middle, high in points],
        summary=f"From {short(first[2], unit)} in {first[0]}; in {last[0]} between {short(last[1], unit)} and "
        f"{short(last[3], unit)}, in the middle {short(last[2], unit)}",
    )


def _path(corners: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in corners)
