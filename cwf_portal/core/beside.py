"""The arithmetic of a picture that sets areas beside wider ones: a group of bars for each measure."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, BAR_HEIGHT, LINE_HEIGHT = 480, 14, 26
LONGEST_BAR = WIDTH - 2  # a pixel of its edge stands on either side
ABOVE_GROUP, BELOW_BAR = 14, 12
# On a phone the words are larger than the picture's units: as many letters fit beside a number there.
LETTERS_ACROSS, LETTERS_BESIDE_NUMBER = 36, 28


@dataclass(frozen=True)
class Row:
    """One area: its name, its number in words and as it is drawn (None: not known), and if the page is about it."""

    label: str
    text: str
    value: Decimal | None
    is_own: bool


@dataclass(frozen=True)
class Line:
    """A line of words and how far down it stands."""

    text: str
    y: int


@dataclass(frozen=True)
class BesideBar:
    """One bar under its label; `value_y` is the line on which its number stands."""

    label: list[Line]
    value: str
    value_y: int
    bar_y: int
    width: float
    is_own: bool


@dataclass(frozen=True)
class Group:
    """One measure: its title and its bars."""

    title: list[Line]
    bars: list[BesideBar]


@dataclass(frozen=True)
class BesideChart:
    """The whole picture and the same in a sentence."""

    groups: list[Group]
    height: int
    summary: str
    width: int = WIDTH
    bar_height: int = BAR_HEIGHT


def beside(measures: Sequence[tuple[str, Sequence[Row]]]) -> BesideChart:
    """Lay out groups of bars one under another.

    Args:
        measures: (title, rows) pairs. Each group has a scale of its own: its largest number fills the picture. What is
            not known or below zero has no bar.
    """
    groups: list[Group] = []
    down = 0
    for title, rows in measures:
        heading, down = _lines(title, LETTERS_ACROSS, down + (ABOVE_GROUP if groups else 0))
        largest = max((row.value for row in rows if row.value is not None), default=Decimal(0))
        bars: list[BesideBar] = []
        for row in rows:
            bar, down = _bar(row, largest, down)
            bars.append(bar)
        groups.append(Group(heading, bars))
    said = (f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows) for title, rows in measures)
    return BesideChart(groups, max(down, 1), "; ".join(said))


def _bar(row: Row, largest: Decimal, down: int) -> tuple[BesideBar, int]:
    label, below = _lines(row.label, LETTERS_BESIDE_NUMBER, down)
    width = round(float(LONGEST_BAR * max(row.value or Decimal(0), Decimal(0)) / largest), 1) if largest > 0 else 0.0
    bar = BesideBar(label, row.text, label[-1].y, below, width, row.is_own)
    return bar, below + BAR_HEIGHT + BELOW_BAR


def _lines(text: str, letters: int, down: int) -> tuple[list[Line], int]:
    """The text broken into lines from `down` on, and where what follows begins."""
    broken = textwrap.wrap(text, letters) or [""]
    lines = [Line(line, down + LINE_HEIGHT * (place + 1) - 6) for place, line in enumerate(broken)]
    return lines, down + LINE_HEIGHT * len(broken)
