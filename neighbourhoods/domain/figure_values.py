"""From totals to what is published: a number, or the reason why there is none."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from neighbourhoods.domain.rollup import Amount, RolledUp

SIX_PLACES = Decimal("0.000001")
FigureKey = tuple[int, date, date]


@dataclass(frozen=True)
class FigureValue:
    """What is said of one area and period; `value` is None unless the state is "ok"."""

    state: str
    value: Decimal | None = None


def number_of(amount: Amount, *, unit: str) -> Decimal:
    """A total as it is, a ratio to six decimals half up; a ratio in per cent is multiplied by 100."""
    if amount.denominator is None:
        return Decimal(amount.numerator)
    factor = 100 if unit == "pct" else 1
    return (Decimal(factor * amount.numerator) / amount.denominator).quantize(SIX_PLACES, ROUND_HALF_UP)


def figure_values(
    rolled: RolledUp, *, unit: str, withheld: AbstractSet[int], period: tuple[date, date]
) -> dict[FigureKey, FigureValue]:
    """One value per area of the roll-up: withheld first, then missing, then the number.

    A ratio whose denominator came out as zero for an area (a sliver of a place) is missing there.
    """
    values: dict[FigureKey, FigureValue] = {}
    for area, amount in rolled.totals.items():
        known = amount.denominator != 0
        values[area, *period] = FigureValue("ok", number_of(amount, unit=unit)) if known else FigureValue("missing")
    for area in rolled.unknown:
        values[area, *period] = FigureValue("missing")
    for area in withheld & {area for area, _, _ in values}:
        values[area, *period] = FigureValue("suppressed")
    return values
