"""The arithmetic of a picture of columns: one for each year, in two parts that stand on each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from cwf_portal.core.charts import Mark, in_words, nice_ceiling, short

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 480, 250, 116, 8, 16, 40
BASE = HEIGHT - BOTTOM
FILLED = 0.72  # of the room that a column has
LABELS_AT_MOST = 5
Row = tuple[str, int, int]


@dataclass(frozen=True)
class Column:
    """One column: the full part below, the hollow part on it; `y` and `height` in picture units."""

    x: float
    width: float
    full_y: float
    full_height: float
    hollow_y: float
    hollow_height: float


@dataclass(frozen=True)
class ColumnChart:
    """Columns side by side with their axis, and the same as rows of words."""

    columns: list[Column]
    levels: list[Mark]
    labels: list[Mark]
    rows: list[tuple[str, str, str]]
    summary: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = BASE


def columns(rows: Sequence[Row], *, unit: str) -> ColumnChart:
    """Lay out columns of two parts.

    Args:
        rows: (label, full part, hollow part) in order; whole numbers. What is below zero is drawn as nothing.
        unit: "pence", "count" or "pct".
    """
    top = nice_ceiling(max((max(full, 0) + max(hollow, 0) for _, full, hollow in rows), default=0))
    room = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    stride = -(-len(rows) // LABELS_AT_MOST) or 1
    said = [(label, in_words(full, unit), in_words(hollow, unit)) for label, full, hollow in rows]
    return ColumnChart(
        columns=[_column(LEFT + room * place, room, row, top=top) for place, row in enumerate(rows)],
        levels=[Mark(short(part * top // 4, unit), LEFT - 10, _up(part * top // 4, top)) for part in (0, 2, 4)],
        labels=[
            Mark(label, round(LEFT + room * (place + 0.5), 1), HEIGHT - 12)
            for place, (label, _, _) in enumerate(rows)
            if place % stride == 0
        ],
        rows=said,
        summary="; ".join(f"{label}: {full}, {hollow}" for label, full, hollow in said),
    )


def _column(left: float, room: float, row: Row, *, top: int) -> Column:
    _, full, hollow = row
    middle, upper = _up(full, top), _up(max(full, 0) + max(hollow, 0), top)
    return Column(
        x=round(left + room * (1 - FILLED) / 2, 1),
        width=round(room * FILLED, 1),
        full_y=middle,
        full_height=round(BASE - middle, 1),
        hollow_y=upper,
        hollow_height=round(middle - upper, 1),
    )


def _up(value: int, top: int) -> float:
    return round(BASE - (BASE - TOP) * max(value, 0) / top, 1)
