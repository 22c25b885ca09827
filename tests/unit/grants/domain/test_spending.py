"""Spending policies and the ladder of liquidity, by worked examples and invariants."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.spending import Hybrid, hybrid, hybrid_spending, liquidity_ladder, spend_down

TODAY = date(2027, 1, 1)


def test_what_remains_is_spread_evenly_to_the_day() -> None:
    found = spend_down(remaining_pence=1_000, begins_on=TODAY, spend_down_on=date(2029, 1, 1), payments=[])

    assert [(year.ends_on, year.allowed_pence) for year in found.years] == [
        (date(2028, 1, 1), 499),  # 365 of 731 days
        (date(2029, 1, 1), 1_000),
    ]
    assert (found.yearly_budget_pence, found.after_pence, found.first_broken) == (499, 0, None)


def test_what_one_year_leaves_the_next_may_spend() -> None:
    payments = [(date(2027, 6, 1), 100), (date(2028, 6, 1), 900)]

    found = spend_down(remaining_pence=1_000, begins_on=TODAY, spend_down_on=date(2029, 1, 1), payments=payments)

    assert found.first_broken is None


def test_spending_faster_than_the_policy_names_the_year_and_the_numbers() -> None:
    found = spend_down(
        remaining_pence=1_000, begins_on=TODAY, spend_down_on=date(2029, 1, 1), payments=[(date(2027, 12, 31), 500)]
    )

    assert found.first_broken is not None
    assert (found.first_broken.ends_on, found.first_broken.promised_pence) == (date(2028, 1, 1), 500)


def test_what_is_promised_for_after_the_day_is_counted_apart() -> None:
    found = spend_down(
        remaining_pence=1_000, begins_on=TODAY, spend_down_on=date(2028, 1, 1), payments=[(date(2028, 1, 2), 7)]
    )

    assert (found.after_pence, found.first_broken) == (7, None)


def test_a_debt_counts_as_nothing_and_a_day_that_has_passed_is_refused() -> None:
    found = spend_down(remaining_pence=-5, begins_on=TODAY, spend_down_on=date(2028, 1, 1), payments=[])

    assert found.years[-1].allowed_pence == 0
    with pytest.raises(ValueError, match="has passed"):
        spend_down(remaining_pence=1, begins_on=TODAY, spend_down_on=TODAY, payments=[])


@given(
    remaining=st.integers(0, 10**12),
    days=st.integers(1, 20_000),
    payments=st.lists(st.tuples(st.dates(date(2027, 1, 1), date(2080, 1, 1)), st.integers(1, 10**9)), max_size=20),
)
def test_years_only_grow_and_the_last_may_spend_everything(
    remaining: int, days: int, payments: list[tuple[date, int]]
) -> None:
    until = TODAY + timedelta(days=days)

    found = spend_down(remaining_pence=remaining, begins_on=TODAY, spend_down_on=until, payments=payments)

    allowed = [year.allowed_pence for year in found.years]
    assert allowed == sorted(allowed)
    assert (allowed[-1], found.years[-1].ends_on) == (remaining, until)
    assert found.years[-1].promised_pence + found.after_pence == sum(pence for _, pence in payments)


YALE = Hybrid(smoothing_basis_points=7_000, rate_basis_points=500, cap_basis_points=600, inflation_basis_points=200)
rules = st.builds(
    Hybrid,
    smoothing_basis_points=st.integers(0, 9_999),
    rate_basis_points=st.integers(1, 500),
    cap_basis_points=st.integers(500, 3_000),
    inflation_basis_points=st.integers(0, 1_000),
)


def test_a_year_follows_the_year_before_and_what_remains() -> None:
    # 0.7 × 40 × 1.02 + 0.3 × 5% × 1,000 = 28.56 + 15
    assert hybrid_spending(YALE, last_pence=40_00, value_pence=1_000_00) == 43_56
    assert hybrid_spending(YALE, last_pence=90_00, value_pence=1_000_00) == 60_00  # the cap: 6% of what remains
    assert hybrid_spending(YALE, last_pence=40_00, value_pence=0) == 0


def test_without_smoothing_what_remains_falls_by_the_rate_each_year() -> None:
    rule = Hybrid(smoothing_basis_points=0, rate_basis_points=500, cap_basis_points=500, inflation_basis_points=0)
    last = date(2037, 1, 1)

    found = hybrid(rule, remaining_pence=10**9, last_pence=7, begins_on=TODAY, payments=[(last, 1)])

    assert len(found.years) == 10
    for count, year in enumerate(found.years, start=1):
        exact = 10**9 * (1 - Fraction(95, 100) ** count)
        assert exact - count <= year.allowed_pence <= exact


def test_the_first_year_follows_the_rate_and_names_what_breaks_it() -> None:
    found = hybrid(YALE, remaining_pence=1_000_00, last_pence=0, begins_on=TODAY, payments=[(date(2027, 6, 1), 51_00)])

    # 0.7 × 50 × 1.02 + 0.3 × 50 = 50.70
    assert (found.yearly_budget_pence, found.after_pence) == (50_70, 0)
    assert found.first_broken == found.years[0]
    assert hybrid(YALE, remaining_pence=-5, last_pence=0, begins_on=TODAY, payments=[]).yearly_budget_pence == 0


@given(
    rule=rules,
    remaining=st.integers(0, 10**11),
    last=st.integers(0, 10**10),
    payments=st.lists(st.tuples(st.dates(date(2027, 1, 1), date(2045, 1, 1)), st.integers(1, 10**9)), max_size=8),
)
def test_the_rule_agrees_with_its_slow_twin(
    rule: Hybrid, remaining: int, last: int, payments: list[tuple[date, int]]
) -> None:
    found = hybrid(rule, remaining_pence=remaining, last_pence=last, begins_on=TODAY, payments=payments)

    value, before, allowed = remaining, last or remaining * rule.rate_basis_points // 10_000, 0
    for count, year in enumerate(found.years, start=1):
        smooth = Fraction(rule.smoothing_basis_points, 10_000)
        raised = before * (1 + Fraction(rule.inflation_basis_points, 10_000))
        exact = smooth * raised + (1 - smooth) * Fraction(rule.rate_basis_points, 10_000) * value
        before = int(min(exact, Fraction(rule.cap_basis_points, 10_000) * value))
        value, allowed = value - before, allowed + before
        assert (year.ends_on, year.allowed_pence) == (date(2027 + count, 1, 1), allowed)
        assert year.promised_pence == sum(pence for day, pence in payments if day <= year.ends_on)
    assert found.years[-1].promised_pence == sum(pence for _, pence in payments)
    assert allowed <= remaining


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("smoothing_basis_points", 10_000, "below 100%"),
        ("rate_basis_points", 0, "above 0%"),
        ("rate_basis_points", 601, "from the rate"),
        ("cap_basis_points", 3_001, "to 30%"),
        ("inflation_basis_points", 1_001, "from 0% to 10%"),
    ],
)
def test_a_rule_out_of_bounds_says_what_is_wrong(name: str, value: int, said: str) -> None:
    assert YALE.problems == []
    assert said in " ".join(replace(YALE, **{name: value}).problems)


def test_the_ladder_counts_each_class_from_the_rung_on_which_it_can_be_sold() -> None:
    payments = [
        (date(2026, 12, 1), 10),  # overdue
        (TODAY + timedelta(weeks=13), 20),
        (TODAY + timedelta(weeks=13, days=1), 300),
        (date(2032, 1, 1), 4_000),
        (date(2032, 1, 2), 50_000),
    ]

    rungs = liquidity_ladder(
        on=TODAY, payments=payments, assets_pence={"cash": 29, "gilts": 400, "bonds": 1_000, "equities": 100_000}
    )

    assert [(rung.due_pence, rung.due_so_far_pence, rung.available_pence) for rung in rungs] == [
        (30, 30, 29),
        (300, 330, 429),
        (4_000, 4_330, 1_379),
        (50_000, 54_330, 81_379),
    ]
    assert [rung.is_covered for rung in rungs] == [False, True, False, True]
