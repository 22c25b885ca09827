"""What a forecast says, in words, bands and rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from cwf_portal.core.fans import Point
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.templatetags.cwf import pence, pounds_short
from grants.domain.forecast import Band, Forecast
from grants.domain.prices import SERIES_LABELS
from grants.domain.scenarios import Suppositions

CSV_HEADER = (
    "Year",
    "5 of 100 below, pence",
    "Middle, pence",
    "5 of 100 above, pence",
    "5 of 100 below, money of today, pence",
    "Middle, money of today, pence",
    "5 of 100 above, money of today, pence",
    "Paths with a broken promise in this year",
)


@dataclass(frozen=True)
class ScenarioResult:
    """Everything the page shows of one forecast."""

    promise: str
    left: str
    nominal_title: str
    nominal: list[Point]
    real_title: str
    real: list[Point]
    rows: list[tuple[str, str]]


def scenario_result(found: Forecast, suppositions: Suppositions, first_year: int) -> ScenarioResult:
    """The result of one forecast; `first_year` is the calendar year of its beginning."""
    last, real = found.nominal[-1], found.real[-1]
    until = first_year + found.year_count
    return ScenarioResult(
        promise=promise_sentence(found, first_year),
        left=(
            f"In the middle {pounds_short(last.middle_pence)} is left in {until}, "
            f"{pounds_short(real.middle_pence)} in money of today; 5 paths in 100 leave less than "
            f"{pounds_short(last.low_pence)}."
        ),
        nominal_title="Value in the money of each year",
        nominal=points(found.nominal, first_year),
        real_title="Value in the money of today",
        real=points(found.real, first_year),
        rows=supposition_rows(suppositions, found.seed),
    )


def promise_sentence(found: Forecast, first_year: int) -> str:
    """How often a promised payment cannot be met, and from when on."""
    if not found.broken_count:
        return f"On none of {found.path_count:,} paths does the money fall short of a promised payment."
    first = next(index for index, count in enumerate(found.broken_by_year) if count)
    per_hundred = found.broken_count * 100 / found.path_count
    shown = f"{per_hundred:.0f}" if per_hundred >= 1 else "fewer than 1"
    return (
        f"On {found.broken_count:,} of {found.path_count:,} paths ({shown} in 100) a promised payment cannot be met "
        f"whole, on the earliest of them in the year from {first_year + first}."
    )


def points(bands: Sequence[Band], first_year: int) -> list[Point]:
    """Bands as a fan has them."""
    return [
        (str(first_year + index), band.low_pence, band.middle_pence, band.high_pence)
        for index, band in enumerate(bands)
    ]


def supposition_rows(suppositions: Suppositions, seed: int) -> list[tuple[str, str]]:
    """What was supposed, for a summary list."""
    cap = suppositions.uplift_cap_tenths
    return [
        ("Returns", f"{suppositions.return_shift_tenths / 10:+g} percentage points on the assumptions"),
        ("Rise of prices", f"{suppositions.inflation_tenths / 10:g}% a year, {SERIES_LABELS[suppositions.prices]}"),
        ("Promises rise", "Not at all" if cap is None else f"With prices, at most {cap / 10:g}% a year"),
        ("Next wave", pence(suppositions.wave_pence)),
        ("Areas", f"{suppositions.area_count:,}"),
        ("All is spent by", day_text(suppositions.spend_down_on)),
        ("Seed", str(seed)),
    ]


def csv_rows(found: Forecast, first_year: int) -> list[list[object]]:
    """One row a year, the first being today."""
    broken = [0, *found.broken_by_year]
    return [
        [
            first_year + index,
            *(nominal.low_pence, nominal.middle_pence, nominal.high_pence),
            *(real.low_pence, real.middle_pence, real.high_pence),
            count,
        ]
        for index, (nominal, real, count) in enumerate(zip(found.nominal, found.real, broken, strict=True))
    ]
