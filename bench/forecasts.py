"""A forecast of 10,000 paths over 15 years, beside drawing as many random numbers and doing nothing with them."""

import numpy as np

from bench.measure import Row, Work, against
from grants.domain.forecast import FACTORS, Market, Plan, forecast

YEARS, PATHS = 15, 10_000
POUND = 100


def measure() -> list[Row]:
    """Forecasts per second; the floor is what the draws alone cost."""
    identity = [[float(row == column) for column in range(len(FACTORS))] for row in range(len(FACTORS))]
    market = Market(
        means=(0.02, 0.03, 0.04, 0.06, 0.025), volatilities=(0.01, 0.06, 0.08, 0.16, 0.01), correlations=identity
    )
    plan = Plan(
        opening_pence=(100_000_000 * POUND,) * 4,
        waves_pence=(0,) * YEARS,
        promised_pence=(30_000_000 * POUND,) * YEARS,
        uplift_cap=0.03,
    )
    floor = Work(
        "drawing the numbers",
        lambda: np.random.default_rng(1).standard_normal((YEARS, PATHS, len(FACTORS))),
        1,
    )
    return [against(Work("10,000 paths of 15 years", lambda: forecast(plan, market, seed=1), 1), floor, "forecasts")]
