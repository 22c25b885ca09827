"""Where the names of regions stand on a map of dots: near their places, beside each other, over as few dots as can be.

Coordinates are in the units of the picture's view box, as in `charts`.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

Point = tuple[float, float]
LARGEST_TYPE = 18  # on a narrow screen, where the picture is small; see .cwf-map__region
LETTER = 0.57  # of the height of the type, on average
LONGEST_LINE = 16  # letters
CELL = 8
STEPS, TURNS = 9, 12
COVERED = 14  # a dot under a name is as bad as standing so much further away


@dataclass(frozen=True)
class Label:
    """A name of one line or two: the middle of its lines, and the foot of the first."""

    lines: tuple[str, ...]
    x: float
    y: float

    @property
    def text(self) -> str:
        return " ".join(self.lines)

    @property
    def feet(self) -> list[tuple[str, float]]:
        """Each line and its foot."""
        return [(line, round(self.y + row * LARGEST_TYPE, 1)) for row, line in enumerate(self.lines)]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom at the largest type."""
        half = max(len(line) for line in self.lines) * LETTER * LARGEST_TYPE / 2
        top = self.y - LARGEST_TYPE
        return self.x - half, top, self.x + half, top + len(self.lines) * LARGEST_TYPE + LARGEST_TYPE / 3

    def meets(self, other: "Label") -> bool:
        left, top, right, bottom = self.box
        its_left, its_top, its_right, its_bottom = other.box
        return left < its_right and its_left < right and top < its_bottom and its_top < bottom


def place_labels(groups: Mapping[str, Sequence[Point]], size: tuple[float, float]) -> Sequence[Label]:
    """One label for each group of dots, the larger groups first; `size` is the picture's width and height."""
    return _placed(tuple((name, tuple(points)) for name, points in groups.items()), size)


@lru_cache(maxsize=8)  # of nine regions and 225 dots it takes 20 ms, and they stay where they are
def _placed(groups: tuple[tuple[str, tuple[Point, ...]], ...], size: tuple[float, float]) -> tuple[Label, ...]:
    dots = Counter((int(x // CELL), int(y // CELL)) for _, points in groups for x, y in points)
    placed: list[Label] = []
    for name, points in sorted(groups, key=lambda group: (-len(group[1]), group[0])):
        middle = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
        tried = list(_candidates(_lines(name), middle))
        free = [label for label in tried if not any(label.meets(other) for other in placed)]
        placed.append(min(free or tried, key=lambda label: _cost(label, middle, dots=dots, size=size)))
    return tuple(placed)


def _lines(name: str) -> tuple[str, ...]:
    """Two lines of about the same length where one would be long."""
    words = name.split()
    if len(name) <= LONGEST_LINE or len(words) == 1:
        return (name,)
    halves = ((" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words)))
    return min(halves, key=lambda pair: max(map(len, pair)))


def _candidates(lines: tuple[str, ...], middle: Point) -> Iterable[Label]:
    """In the middle, and on rings around it, wider than high as names are."""
    x, y = middle
    yield Label(lines, round(x, 1), round(y, 1))
    for step in range(1, STEPS):
        for turn in range(TURNS):
            angle = 2 * math.pi * turn / TURNS
            across, down = 18 * step * math.cos(angle), 12 * step * math.sin(angle)
            yield Label(lines, round(x + across, 1), round(y + down, 1))


def _cost(label: Label, middle: Point, *, dots: Counter[tuple[int, int]], size: tuple[float, float]) -> float:
    """How bad it is for a name to stand here; outside the picture it is worse than anywhere else."""
    left, top, right, bottom = label.box
    outside = max(0, -left) + max(0, -top) + max(0, right - size[0]) + max(0, bottom - size[1])
    across, down = range(int(left // CELL), int(right // CELL) + 1), range(int(top // CELL), int(bottom // CELL) + 1)
    covered = sum(dots[column, row] for column in across for row in down)
    return outside * 100 + covered * COVERED + math.dist(((left + right) / 2, (top + bottom) / 2), middle)
