"""What may become of one source's money: thousands of paths drawn by a seed, and what they have in common.

The order of a year: a wave arrives as cash; promised payments leave, from cash first, then gilts, bonds, equities; then
everything left grows and prices rise. Payments leave before the year's growth, which is the cautious order. Estimates
are floating numbers inside and whole pence outside; nothing here is ever posted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

VERSION = "forecast-1"
CLASSES = ("cash", "gilts", "bonds", "equities")
FACTORS = (*CLASSES, "prices")
PERCENTILES = (5, 50, 95)
HALF_A_PENNY = 0.5
MOST_YEARS, MOST_PATHS = 60, 100_000


@dataclass(frozen=True)
class Market:
    """Yearly means and volatilities of the returns of each class and of the rise of prices, as fractions of one.

    All three are in the order of `FACTORS`. Growth is lognormal: `means` are the means of the growth itself.
    """

    means: Sequence[float]
    volatilities: Sequence[float]
    correlations: Sequence[Sequence[float]]


@dataclass(frozen=True)
class Plan:
    """What one source has, expects and has promised, in pence.

    Attributes:
        opening_pence: By class, in the order of `CLASSES`.
        waves_pence: What arrives at the beginning of each year.
        promised_pence: What is promised for each year at today's prices; as many years as `waves_pence`.
        uplift_cap: The most by which promises rise with prices in a year; None where they do not.
    """

    opening_pence: Sequence[int]
    waves_pence: Sequence[int]
    promised_pence: Sequence[int]
    uplift_cap: float | None = None


@dataclass(frozen=True)
class Band:
    """Of a hundred paths, 5 lie below `low_pence`, 50 below `middle_pence`, 95 below `high_pence`."""

    low_pence: int
    middle_pence: int
    high_pence: int


@dataclass(frozen=True)
class Forecast:
    """What the paths have in common. Bands begin today and end with the last year.

    `nominal` is in the money of each day, `real` in the money of today. `broken_by_year` counts the paths on which a
    payment promised for that year, the first being year 1, cannot be met whole; `broken_count` those with any such.
    """

    seed: int
    path_count: int
    nominal: Sequence[Band]
    real: Sequence[Band]
    broken_count: int
    broken_by_year: Sequence[int]

    @property
    def year_count(self) -> int:
        """How many years ahead."""
        return len(self.broken_by_year)


@dataclass(frozen=True)
class Paths:
    """Every path: values and price levels at the end of each year (years + 1 rows), payments not met (years rows)."""

    values: Floats
    price_levels: Floats
    short: npt.NDArray[np.bool_]


def forecast(plan: Plan, market: Market, *, seed: int, path_count: int = 10_000) -> Forecast:
    """Draw the paths and sum them up; the same arguments always give the same result.

    Raises:
        ValueError: The plan or the market contradicts itself.
    """
    paths = walk(plan, market, draw(seed, years=len(plan.promised_pence), path_count=path_count))
    return Forecast(
        seed=seed,
        path_count=path_count,
        nominal=_bands(paths.values),
        real=_bands(paths.values / paths.price_levels),
        broken_count=int(paths.short.any(axis=0).sum()),
        broken_by_year=[int(count) for count in paths.short.sum(axis=1)],
    )


def draw(seed: int, *, years: int, path_count: int) -> Floats:
    """Independent standard normal numbers by year, factor and path.

    Raises:
        ValueError: No years or paths, or more than anybody needs.
    """
    if not 1 <= years <= MOST_YEARS or not 1 <= path_count <= MOST_PATHS:
        raise ValueError(f"{years} years and {path_count} paths cannot be drawn.")
    return np.random.Generator(np.random.PCG64(seed)).standard_normal((years, len(FACTORS), path_count))


def walk(plan: Plan, market: Market, normals: Floats) -> Paths:
    """Take every path through its years.

    Args:
        plan: Money in and out.
        market: How returns and prices move.
        normals: What `draw` gave, for as many years as the plan has.

    Raises:
        ValueError: The plan or the market contradicts itself.
    """
    _require_whole(plan, market)
    years, _, path_count = normals.shape
    growth = growth_factors(market, normals)
    holdings = np.repeat(np.array(plan.opening_pence, dtype=np.float64)[:, None], path_count, axis=1)
    uplift = np.ones(path_count)
    values = np.empty((years + 1, path_count))
    levels = np.ones((years + 1, path_count))
    short = np.zeros((years, path_count), dtype=np.bool_)
    values[0] = holdings.sum(axis=0)
    for year in range(years):
        holdings[0] += plan.waves_pence[year]
        short[year] = pay(holdings, plan.promised_pence[year] * uplift)
        holdings *= growth[year, : len(CLASSES)]
        rise = growth[year, len(CLASSES)]
        if plan.uplift_cap is not None:
            uplift *= 1 + np.clip(rise - 1, 0, plan.uplift_cap)
        levels[year + 1] = levels[year] * rise
        values[year + 1] = holdings.sum(axis=0)
    return Paths(values, levels, short)


def growth_factors(market: Market, normals: Floats) -> Floats:
    """By what each class and prices are multiplied in a year: lognormal, correlated as the market says."""
    means, volatilities = np.asarray(market.means), np.asarray(market.volatilities)
    try:
        mixing = np.linalg.cholesky(np.asarray(market.correlations, dtype=np.float64))
    except np.linalg.LinAlgError:
        raise ValueError("These correlations contradict each other.") from None
    # The spread of the logarithm that gives the growth itself this mean and this volatility.
    spread = np.sqrt(np.log1p((volatilities / (1 + means)) ** 2))
    drift = np.log1p(means) - spread**2 / 2
    mixed = np.einsum("ij,yjp->yip", mixing, normals)
    grown: Floats = np.exp(drift[:, None] + spread[:, None] * mixed)
    return grown


def pay(holdings: Floats, needed: Floats) -> npt.NDArray[np.bool_]:
    """Take what is needed out of the holdings, class after class, and say on which paths it did not suffice."""
    left = needed.copy()
    for held in holdings:
        taken = np.minimum(held, left)
        held -= taken
        left -= taken
    lacking: npt.NDArray[np.bool_] = left > HALF_A_PENNY
    return lacking


def _bands(values: Floats) -> list[Band]:
    low, middle, high = np.percentile(values, PERCENTILES, axis=1)
    return [Band(round(a), round(b), round(c)) for a, b, c in zip(low, middle, high, strict=True)]


def _require_whole(plan: Plan, market: Market) -> None:
    sizes = {len(market.means), len(market.volatilities), len(market.correlations)}
    if sizes != {len(FACTORS)} or len(plan.opening_pence) != len(CLASSES):
        raise ValueError(f"A market has {len(FACTORS)} factors and a plan {len(CLASSES)} classes.")
    if len(plan.waves_pence) != len(plan.promised_pence):
        raise ValueError("Waves and promises must be of the same years.")
    if min(*plan.opening_pence, *plan.waves_pence, *plan.promised_pence) < 0:
        raise ValueError("A plan has no amounts below zero.")
    if not all(mean > -1 and spread >= 0 for mean, spread in zip(market.means, market.volatilities, strict=True)):
        raise ValueError("A mean lies above -100% and a volatility is not below zero.")
    if not all(map(isfinite, (*market.means, *market.volatilities))):
        raise ValueError("Means and volatilities are numbers.")
