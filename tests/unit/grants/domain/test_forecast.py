"""The forecast against closed forms, against a slow twin in plain Python, and against itself by seed."""

import time
from dataclasses import replace
from math import exp, log, log1p, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grants.domain.forecast import CLASSES, FACTORS, Market, Plan, draw, forecast, growth_factors, walk

POUND = 100
ALONE = tuple(tuple(float(row == column) for column in range(len(FACTORS))) for row in range(len(FACTORS)))
TOGETHER = (
    (1.0, 0.2, 0.1, 0.0, 0.3),
    (0.2, 1.0, 0.7, 0.1, -0.2),
    (0.1, 0.7, 1.0, 0.4, -0.2),
    (0.0, 0.1, 0.4, 1.0, -0.1),
    (0.3, -0.2, -0.2, -0.1, 1.0),
)
STILL = Market(means=(0.03, 0.035, 0.045, 0.065, 0.02), volatilities=(0.0,) * 5, correlations=ALONE)
MOVING = Market(
    means=(0.03, 0.035, 0.045, 0.065, 0.027), volatilities=(0.01, 0.06, 0.075, 0.16, 0.018), correlations=TOGETHER
)
PLAN = Plan(
    opening_pence=(10_000 * POUND, 20_000 * POUND, 30_000 * POUND, 40_000 * POUND),
    waves_pence=(0, 5_000 * POUND, 0, 0, 0),
    promised_pence=(20_000 * POUND, 25_000 * POUND, 25_000 * POUND, 20_000 * POUND, 20_000 * POUND),
    uplift_cap=0.03,
)


def only(asset: str, pence: int, years: int, **changes: object) -> Plan:
    """Everything in one class, nothing coming and nothing promised."""
    opening = tuple(pence if name == asset else 0 for name in CLASSES)
    return replace(Plan(opening, (0,) * years, (0,) * years), **changes)


@pytest.mark.parametrize(("asset", "rate"), list(zip(CLASSES, STILL.means[:4], strict=True)))
def test_without_volatility_money_earns_compound_interest(asset: str, rate: float) -> None:
    found = forecast(only(asset, 1_000_000, 15), STILL, seed=1, path_count=10)

    assert [band.middle_pence for band in found.nominal] == [round(1_000_000 * (1 + rate) ** n) for n in range(16)]
    assert all(band.low_pence == band.high_pence for band in found.nominal)
    assert found.real[15].middle_pence == round(1_000_000 * ((1 + rate) / 1.02) ** 15)


def test_without_volatility_an_annuity_is_the_sum_of_its_payments() -> None:
    plan = replace(only("cash", 1_000_000, 10), promised_pence=(90_000,) * 10, uplift_cap=None)

    found = forecast(plan, STILL, seed=1, path_count=3)

    left = 1_000_000 * 1.03**10 - 90_000 * 1.03 * (1.03**10 - 1) / 0.03
    assert found.nominal[10].middle_pence == round(left)
    assert found.broken_count == 0


def test_promises_rise_with_prices_up_to_the_cap_from_the_second_year() -> None:
    market = replace(STILL, means=(0.0, 0.0, 0.0, 0.0, 0.05))
    plan = replace(only("cash", 1_000_000, 3), promised_pence=(100_000,) * 3, uplift_cap=0.03)

    capped = forecast(plan, market, seed=1, path_count=3)
    loose = forecast(replace(plan, uplift_cap=1.0), market, seed=1, path_count=3)
    falling = forecast(plan, replace(market, means=(0.0, 0.0, 0.0, 0.0, -0.05)), seed=1, path_count=3)

    assert capped.nominal[3].middle_pence == 1_000_000 - round(100_000 * (1 + 1.03 + 1.03**2))
    assert loose.nominal[3].middle_pence == 1_000_000 - round(100_000 * (1 + 1.05 + 1.05**2))
    assert falling.nominal[3].middle_pence == 700_000


def test_payments_leave_cash_first_and_then_the_next_class() -> None:
    market = replace(STILL, means=(0.0, 0.0, 0.0, 1.0, 0.0))
    plan = Plan((100, 100, 100, 100), (0,), (250,))

    left = forecast(plan, market, seed=1, path_count=1).nominal[1].middle_pence

    assert left == 50 + 200  # 50 of the bonds, and the shares doubled


def test_a_wave_arrives_before_the_payments_of_its_year() -> None:
    plan = replace(only("cash", 0, 2), waves_pence=(0, 500), promised_pence=(0, 500))

    assert forecast(plan, STILL, seed=1, path_count=5).broken_count == 0


@pytest.mark.parametrize(("promised", "broken"), [(1_000_000, 0), (1_000_001, 200)])
def test_certain_ruin_and_certain_safety(promised: int, broken: int) -> None:
    plan = replace(only("equities", 1_000_000, 1), promised_pence=(promised,))

    found = forecast(plan, MOVING, seed=1, path_count=200)

    assert (found.broken_count, found.broken_by_year) == (broken, [broken])


def test_the_chance_of_ruin_in_the_second_year_is_the_closed_form() -> None:
    # Ruin in year 2 means that growth in year 1 stayed below what is promised.
    plan = replace(only("equities", 1_000_000, 2), promised_pence=(0, 1_000_000), uplift_cap=None)
    spread = sqrt(log1p((0.16 / 1.065) ** 2))
    expected = NormalDist(log(1.065) - spread**2 / 2, spread).cdf(0.0)

    found = forecast(plan, MOVING, seed=5, path_count=20_000)

    assert found.broken_count / 20_000 == pytest.approx(expected, abs=4 * sqrt(expected * (1 - expected) / 20_000))


def test_one_period_quantiles_are_lognormal() -> None:
    spread = sqrt(log1p((0.16 / 1.065) ** 2))
    normal = NormalDist(log(1.065) - spread**2 / 2, spread)

    band = forecast(only("equities", 10**9, 1), MOVING, seed=7, path_count=50_000).nominal[1]

    for pence, quantile in ((band.low_pence, 0.05), (band.middle_pence, 0.5), (band.high_pence, 0.95)):
        assert pence == pytest.approx(10**9 * exp(normal.inv_cdf(quantile)), rel=0.01)


def test_growth_has_the_means_volatilities_and_signs_of_correlation_of_the_market() -> None:
    grown = growth_factors(MOVING, draw(3, years=1, path_count=100_000))[0]

    assert np.mean(grown, axis=1) == pytest.approx(1 + np.array(MOVING.means), abs=0.003)
    assert np.std(grown, axis=1) == pytest.approx(np.array(MOVING.volatilities), rel=0.02)
    assert np.corrcoef(grown) == pytest.approx(np.array(TOGETHER), abs=0.02)


def slow_twin(
    plan: Plan, market: Market, normals: np.ndarray
) -> tuple[list[list[float]], list[list[float]], list[int]]:
    """The same in plain Python: values and price levels by path and year, and paths with a broken promise."""
    size = len(FACTORS)
    mixing = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row + 1):
            known = sum(mixing[row][k] * mixing[column][k] for k in range(column))
            rest = market.correlations[row][column] - known
            mixing[row][column] = sqrt(rest) if row == column else rest / mixing[column][column]
    years, _, paths = normals.shape
    values, levels, broken = [], [], []
    for path in range(paths):
        held, level, uplift, is_broken = [float(pence) for pence in plan.opening_pence], 1.0, 1.0, False
        seen, prices = [sum(held)], [1.0]
        for year in range(years):
            held[0] += plan.waves_pence[year]
            left = plan.promised_pence[year] * uplift
            for asset in range(len(CLASSES)):
                taken = min(held[asset], left)
                held[asset] -= taken
                left -= taken
            is_broken = is_broken or left > 0.5
            grown = []
            for row in range(size):
                mixed = sum(mixing[row][k] * float(normals[year, k, path]) for k in range(size))
                spread = sqrt(log1p((market.volatilities[row] / (1 + market.means[row])) ** 2))
                grown.append(exp(log1p(market.means[row]) - spread**2 / 2 + spread * mixed))
            held = [pence * grown[asset] for asset, pence in enumerate(held)]
            if plan.uplift_cap is not None:
                uplift *= 1 + min(max(grown[-1] - 1, 0), plan.uplift_cap)
            level *= grown[-1]
            seen.append(sum(held))
            prices.append(level)
        values.append(seen)
        levels.append(prices)
        broken.append(int(is_broken))
    return values, levels, broken


amounts = st.integers(0, 10**9)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    opening=st.tuples(*[amounts] * 4),
    years=st.integers(1, 6).flatmap(lambda n: st.tuples(*[st.lists(amounts, min_size=n, max_size=n)] * 2)),
    cap=st.none() | st.floats(0, 0.1),
)
def test_every_path_is_that_of_the_slow_twin(
    seed: int, opening: tuple[int, ...], years: tuple[list[int], list[int]], cap: float | None
) -> None:
    plan = Plan(opening, years[0], years[1], cap)
    normals = draw(seed, years=len(years[0]), path_count=8)

    fast = walk(plan, MOVING, normals)
    values, levels, broken = slow_twin(plan, MOVING, normals)

    np.testing.assert_allclose(fast.values.T, values, rtol=1e-9, atol=1e-3)
    np.testing.assert_allclose(fast.price_levels.T, levels, rtol=1e-12)
    assert fast.short.any(axis=0).astype(int).tolist() == broken


def test_the_same_seed_gives_these_numbers_for_ever() -> None:
    found = forecast(PLAN, MOVING, seed=2026)

    assert forecast(PLAN, MOVING, seed=2026) == found
    assert forecast(PLAN, MOVING, seed=2027) != found
    assert (found.broken_count, list(found.broken_by_year)) == GOLDEN_BROKEN
    last = found.nominal[5], found.real[5]
    assert [(band.low_pence, band.middle_pence, band.high_pence) for band in last] == GOLDEN_BANDS


GOLDEN_BROKEN = (4939, [0, 0, 0, 218, 4939])
GOLDEN_BANDS = [(0, 22040, 3353632), (0, 18886, 2952344)]


def test_ten_thousand_paths_of_fifteen_years_take_less_than_two_seconds() -> None:
    plan = replace(only("equities", 10**9, 15), promised_pence=(50_000_000,) * 15, uplift_cap=0.03)
    begins = time.process_time()

    found = forecast(plan, MOVING, seed=1)

    assert found.year_count == 15
    assert time.process_time() - begins < 2


@pytest.mark.parametrize(
    ("plan", "market", "said"),
    [
        (replace(PLAN, opening_pence=(1, 2, 3)), MOVING, "5 factors and a plan 4 classes"),
        (replace(PLAN, waves_pence=(0,)), MOVING, "of the same years"),
        (replace(PLAN, promised_pence=(0, 0, -1, 0, 0)), MOVING, "no amounts below zero"),
        (PLAN, replace(MOVING, means=(0.0,) * 4), "5 factors"),
        (PLAN, replace(MOVING, means=(-1.0,) * 5), "above -100%"),
        (PLAN, replace(MOVING, volatilities=(-0.1,) * 5), "not below zero"),
        (PLAN, replace(MOVING, means=(float("inf"),) * 5), "are numbers"),
        (PLAN, replace(MOVING, correlations=((1.0,) * 5,) * 5), "contradict each other"),
    ],
)
def test_what_contradicts_itself_is_refused(plan: Plan, market: Market, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        forecast(plan, market, seed=1, path_count=10)


@pytest.mark.parametrize(("years", "path_count"), [(0, 1), (61, 1), (1, 0), (1, 100_001)])
def test_nobody_draws_nothing_or_too_much(years: int, path_count: int) -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        draw(1, years=years, path_count=path_count)
