"""The yearly rise of consumer prices from the published table, worked out apart, as it was known at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

RATE, INDEX = "L55O", "L522"
MONTHS = 12
MONTHS_BACK = 4

PRICES = """
SELECT series, period_starts_on, version, value, base, released_on, loaded_at FROM grants_priceindex
 WHERE frequency = 'M' AND series IN ('L522', 'L55O') ORDER BY series, period_starts_on, version
"""


@dataclass(frozen=True)
class Figure:
    """One published figure of one month, and since when this portal holds it."""

    value: Decimal
    base: str
    released_on: date
    loaded_at: datetime


class Prices:
    """Every version of every figure, by index and month."""

    def __init__(self, rows: Iterable[tuple[Any, ...]] = ()) -> None:
        self._figures: dict[tuple[str, date], dict[int, Figure]] = {}
        for series, month, version, *figure in rows:
            self._figures.setdefault((series, month), {})[version] = Figure(*figure)

    def rise(self, anniversary: date, *, known_at: datetime) -> Fraction | None:
        """What counts at an anniversary: the rate of the fourth month before it as first published, else what the
        index says; None where this portal did not hold it by then."""
        month = _earlier(anniversary.replace(day=1), MONTHS_BACK)
        rate = self._first(RATE, month, known_at)
        if rate is not None:
            return Fraction(rate.value) / 100
        now = self._first(INDEX, month, known_at)
        before = self._as_it_stood(_earlier(month, MONTHS), now, known_at) if now else None
        if now is None or before is None:
            return None
        tenths = Fraction(now.value) / Fraction(before.value) * 1000 - 1000
        return Fraction(_nearest(tenths), 1000)

    def _first(self, series: str, month: date, known_at: datetime) -> Figure | None:
        found = self._figures.get((series, month), {}).get(1)
        return found if found is not None and found.loaded_at <= known_at else None

    def _as_it_stood(self, month: date, now: Figure, known_at: datetime) -> Figure | None:
        """The newest figure of the month that was out when `now` came out, of the same base year."""
        versions = self._figures.get((INDEX, month), {})
        fitting = [
            version
            for version, one in versions.items()
            if one.base == now.base and one.released_on <= now.released_on and one.loaded_at <= known_at
        ]
        return versions[max(fitting)] if fitting else None


def _earlier(month: date, months: int) -> date:
    year, index = divmod(month.year * MONTHS + month.month - 1 - months, MONTHS)
    return date(year, index + 1, 1)


def _nearest(tenths: Fraction) -> int:
    """To the whole, halves away from nothing."""
    whole, rest = divmod(abs(tenths), 1)
    rounded = int(whole) + (1 if 2 * rest >= 1 else 0)
    return rounded if tenths >= 0 else -rounded
