"""From books and suppositions to a plan and a market."""

from dataclasses import replace
from datetime import date

import pytest

from grants.domain.forecast import CLASSES
from grants.domain.prices import Series
from grants.domain.scenarios import (
    Basis,
    ScenarioError,
    Suppositions,
    market_of,
    plan_of,
    run_scenario,
    with_contribution,
    year_of,
)
from grants.domain.schedule import Profile

TODAY = date(2027, 3, 15)
MARKET = {
    "classes": {name: {"mean_pct": 2.0, "volatility_pct": 0.0} for name in CLASSES},
    "prices": {"L522": {"mean_pct": 2.7, "volatility_pct": 1.8}, "YBGB": {"mean_pct": 2.6, "volatility_pct": 1.7}},
    "correlations": [[float(row == column) for column in range(5)] for row in range(5)],
}
BASIS = Basis(
    as_of=TODAY,
    opening_pence=(1_000, 0, 0, 0),
    payments=[(date(2027, 1, 1), 5), (date(2028, 3, 14), 7), (date(2028, 3, 15), 11)],
    allocated_pence=0,
    area_count=3,
    area_pence=40,
    wave_on=date(2028, 4, 1),
    term_years=2,
    profile=Profile.EVEN,
    market=MARKET,
)
SUPPOSED = Suppositions(
    return_shift_tenths=-15,
    inflation_tenths=30,
    prices=Series.CPIH,
    wave_pence=600,
    area_count=3,
    spend_down_on=date(2030, 3, 14),
)


def test_payments_and_the_wave_fall_into_years_from_the_day_of_the_books() -> None:
    plan = plan_of(BASIS, SUPPOSED)

    assert (plan.promised_pence, plan.waves_pence, plan.uplift_cap) == ((12, 11, 0), (0, 600, 0), None)


def test_money_set_aside_is_paid_from_this_year_and_more_areas_from_the_next() -> None:
    plan = plan_of(replace(BASIS, payments=[], allocated_pence=10), replace(SUPPOSED, area_count=5))

    assert plan.promised_pence == (5, 5 + 40, 40)


def test_the_market_is_that_of_the_file_shifted_as_supposed() -> None:
    market = market_of(BASIS, replace(SUPPOSED, prices=Series.GDP_DEFLATOR))

    assert market.means == pytest.approx((0.005, 0.005, 0.005, 0.005, 0.03))
    assert market.volatilities == pytest.approx((0, 0, 0, 0, 0.017))


def test_a_scenario_is_the_forecast_of_its_plan_and_cap() -> None:
    found = run_scenario(BASIS, replace(SUPPOSED, uplift_cap_tenths=30), seed=4)

    assert found.year_count == 3
    assert found.broken_count == 0
    assert found == run_scenario(BASIS, replace(SUPPOSED, uplift_cap_tenths=30), seed=4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"area_count": 2}, "Money is set aside for 3 areas already: enter that many or more"),
        ({"spend_down_on": TODAY}, "must lie more than a year ahead"),
        ({"spend_down_on": date(2027, 12, 1)}, "must lie more than a year ahead"),
        ({"spend_down_on": date(2058, 1, 1)}, "30 years ahead at most"),
    ],
)
def test_what_cannot_be_is_said(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        plan_of(BASIS, replace(SUPPOSED, **changes))


def test_payments_after_the_last_day_are_named() -> None:
    with pytest.raises(ScenarioError, match="promised until 1 May 2031: enter that day or a later one"):
        plan_of(replace(BASIS, payments=[(date(2031, 5, 1), 1)]), SUPPOSED)


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 1, 1), 0), (TODAY, 0), (date(2028, 3, 14), 0), (date(2028, 3, 15), 1)]
)
def test_years_are_counted_from_the_day(day: date, year: int) -> None:
    assert year_of(TODAY, day) == year


def test_a_year_from_the_last_of_february_begins_on_its_day() -> None:
    assert year_of(date(2028, 2, 29), date(2029, 2, 28)) == 1
    assert with_contribution(101, 500) == 107
