"""From what the books say and what an officer supposes to a plan and a market that can be forecast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from grants.domain.award import BASIS_POINTS
from grants.domain.dates import add_months
from grants.domain.forecast import CLASSES, Forecast, Market, Plan, forecast
from grants.domain.prices import Series
from grants.domain.schedule import Profile, year_weights
from grants.domain.shares import share_out

MONTHS_IN_YEAR = 12
LONGEST_YEARS = 30


class ScenarioError(ValueError):
    """A supposition that cannot be; the text says why, for people."""


@dataclass(frozen=True)
class Suppositions:
    """What an officer supposes. Percentages are in tenths of one per cent, so that they stay whole numbers.

    `uplift_cap_tenths` is the most by which promises rise with prices in a year; None where they do not rise.
    """

    return_shift_tenths: int
    inflation_tenths: int
    prices: Series
    wave_pence: int
    area_count: int
    spend_down_on: date
    uplift_cap_tenths: int | None = None


@dataclass(frozen=True)
class Basis:
    """What the books say of one source today, in pence; everything that a forecast needs besides suppositions.

    Attributes:
        as_of: The day of the books.
        opening_pence: Cash, gilts, bonds and equities.
        payments: Day and pence of what agreements promise and have not paid.
        allocated_pence: Set aside for places, in no agreement yet, with the contribution on top.
        area_count: Places that have something set aside.
        area_pence: What one more place would take from this source, with the contribution on top.
        wave_on: When the next wave is expected.
        term_years: Over how many years a place is paid.
        profile: How those years compare.
        market: The assumptions about markets, as their file has them.
    """

    as_of: date
    opening_pence: Sequence[int]
    payments: Sequence[tuple[date, int]]
    allocated_pence: int
    area_count: int
    area_pence: int
    wave_on: date
    term_years: int
    profile: Profile
    market: Mapping[str, Any]


def run_scenario(basis: Basis, suppositions: Suppositions, *, seed: int) -> Forecast:
    """Forecast one source under some suppositions; the same arguments always give the same result.

    Raises:
        ScenarioError: The suppositions do not fit the books.
    """
    plan = plan_of(basis, suppositions)
    return forecast(plan, market_of(basis, suppositions), seed=seed)


def plan_of(basis: Basis, suppositions: Suppositions) -> Plan:
    """What comes and goes by year from the day of the books, to the day by which all is spent.

    Raises:
        ScenarioError: The day is too near or too far, or fewer areas than have money set aside already.
    """
    years = _years(basis, suppositions)
    extra = suppositions.area_count - basis.area_count
    if extra < 0:
        raise ScenarioError(f"Money is set aside for {basis.area_count} areas already: enter that many or more.")
    promised = [0] * years
    for day, pence in basis.payments:
        promised[min(year_of(basis.as_of, day), years - 1)] += pence
    _spread(promised, basis, basis.allocated_pence, starting=0)
    _spread(promised, basis, extra * basis.area_pence, starting=1)
    waves = [0] * years
    waves[min(year_of(basis.as_of, basis.wave_on), years - 1)] = suppositions.wave_pence
    cap = None if suppositions.uplift_cap_tenths is None else suppositions.uplift_cap_tenths / 1000
    return Plan(tuple(basis.opening_pence), tuple(waves), tuple(promised), cap)


def market_of(basis: Basis, suppositions: Suppositions) -> Market:
    """The assumptions, with every class's mean shifted and the rise of prices as supposed."""
    classes, prices = basis.market["classes"], basis.market["prices"][suppositions.prices.value]
    shift = suppositions.return_shift_tenths / 1000
    return Market(
        means=(*(classes[name]["mean_pct"] / 100 + shift for name in CLASSES), suppositions.inflation_tenths / 1000),
        volatilities=(
            *(classes[name]["volatility_pct"] / 100 for name in CLASSES),
            prices["volatility_pct"] / 100,
        ),
        correlations=basis.market["correlations"],
    )


def year_of(begins_on: date, day: date) -> int:
    """In which year from the beginning a day lies; the first is 0, and what is overdue lies in it."""
    months = (day.year - begins_on.year) * MONTHS_IN_YEAR + day.month - begins_on.month
    whole = months if add_months(begins_on, months) <= day else months - 1
    return max(0, whole // MONTHS_IN_YEAR)


def with_contribution(pence: int, basis_points: int) -> int:
    """An amount for a place with the organisation's contribution on top, rounded up."""
    return -(-pence * (BASIS_POINTS + basis_points) // BASIS_POINTS)


def _years(basis: Basis, suppositions: Suppositions) -> int:
    last = suppositions.spend_down_on
    years = year_of(basis.as_of, last) + 1
    if last <= basis.as_of or years < 2:
        raise ScenarioError("The day by which all is spent must lie more than a year ahead.")
    if years > LONGEST_YEARS:
        raise ScenarioError(f"A forecast goes {LONGEST_YEARS} years ahead at most: enter an earlier day.")
    latest = max((day for day, _ in basis.payments), default=basis.as_of)
    if latest > last:
        raise ScenarioError(f"Payments are promised until {latest.day} {latest:%B %Y}: enter that day or a later one.")
    return years


def _spread(promised: list[int], basis: Basis, pence: int, *, starting: int) -> None:
    """Pay an amount over a place's term by its profile, shortened where the horizon is nearer."""
    term = min(basis.term_years, len(promised) - starting)
    weights: list[Fraction] = year_weights(basis.profile, term)
    for offset, share in enumerate(share_out(pence, weights)):
        promised[starting + offset] += share
