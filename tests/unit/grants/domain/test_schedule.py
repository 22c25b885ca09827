"""Schedules: dates, profiles and exact pennies."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.schedule import (
    CADENCES,
    Profile,
    Terms,
    build_schedule,
    committed_through,
    first_anchor,
    running_contributions,
    weight_problems,
    year_weights,
)
from grants.domain.working_days import england_and_wales

CALENDAR = england_and_wales()
terms = st.builds(
    Terms,
    total_pence=st.integers(1, 10**9),
    starts_on=st.just(date(2026, 1, 1)),
    anchor_on=st.dates(date(2024, 1, 1), date(2045, 12, 31)),
    term_years=st.integers(1, 15),
    cadence_months=st.sampled_from(list(CADENCES)),
    profile=st.sampled_from([profile for profile in Profile if profile is not Profile.CUSTOM]),
) | st.lists(st.integers(1, 1_000), min_size=1, max_size=15).flatmap(
    lambda weights: st.builds(
        Terms,
        total_pence=st.integers(1, 10**9),
        starts_on=st.just(date(2026, 1, 1)),
        anchor_on=st.dates(date(2024, 1, 1), date(2045, 12, 31)),
        term_years=st.just(len(weights)),
        cadence_months=st.sampled_from(list(CADENCES)),
        profile=st.just(Profile.CUSTOM),
        weights=st.just(tuple(weights)),
    )
)


@given(terms=terms)
def test_schedule_is_exact_in_order_and_on_working_days(terms: Terms) -> None:
    tranches = build_schedule(terms, CALENDAR)

    assert sum(tranche.amount_pence for tranche in tranches) == terms.total_pence
    assert len(tranches) == terms.term_years * 12 // terms.cadence_months
    assert [tranche.number for tranche in tranches] == list(range(1, len(tranches) + 1))
    assert all(CALENDAR.is_working_day(tranche.due_on) for tranche in tranches)
    assert all(CALENDAR.shift(tranche.process_on, 2) == tranche.due_on for tranche in tranches)
    assert all(one.due_on < next_.due_on for one, next_ in zip(tranches, tranches[1:], strict=False))


@given(terms=terms)
def test_schedule_of_one_year_differs_by_at_most_a_penny(terms: Terms) -> None:
    by_year: dict[int, set[int]] = {}
    for tranche in build_schedule(terms, CALENDAR):
        by_year.setdefault(tranche.year, set()).add(tranche.amount_pence)

    assert all(max(amounts) - min(amounts) <= 1 for amounts in by_year.values())


def test_ties_go_to_the_earlier_payment() -> None:
    schedule = build_schedule(Terms(1_00_01, date(2026, 1, 1), date(2026, 1, 30), 1, profile=Profile.EVEN), CALENDAR)

    assert [tranche.amount_pence for tranche in schedule] == [5_001, 5_000]


def test_month_end_anchor_and_closed_banks_bring_the_money_earlier() -> None:
    schedule = build_schedule(Terms(400, date(2026, 8, 1), date(2026, 8, 31), 2, profile=Profile.EVEN), CALENDAR)

    # 31 August 2026 is a bank holiday, 28 February 2027 a Sunday, 29 February 2028 a Tuesday.
    assert [tranche.due_on for tranche in schedule] == [
        date(2026, 8, 28),
        date(2027, 2, 26),
        date(2027, 8, 31),
        date(2028, 2, 29),
    ]
    assert schedule[0].process_on == date(2026, 8, 26)


def test_ramp_rises_over_two_years_and_falls_over_two() -> None:
    half, most = Fraction(1, 2), Fraction(3, 4)

    assert year_weights(Profile.RAMPED, 6) == [half, most, 1, 1, most, half]
    assert year_weights(Profile.RAMPED, 3) == [half, most, half]
    assert year_weights(Profile.RAMPED, 1) == [half]


def test_the_plans_own_shares_count_only_in_proportion() -> None:
    plan = Terms(100_000, date(2026, 1, 1), date(2026, 1, 30), 3, profile=Profile.CUSTOM, weights=(10, 30, 10))

    assert [tranche.amount_pence for tranche in build_schedule(plan, CALENDAR)] == [
        *[10_000] * 2,
        *[30_000] * 2,
        *[10_000] * 2,
    ]


def test_shares_that_do_not_fit_are_named() -> None:
    assert weight_problems((1, 2), 3) == ["The agreement must have 3 shares, one for each year; there are 2."]
    assert weight_problems((1, 0, 1_001), 3) == ["Every share must be a whole number from 1 to 1,000."]
    assert weight_problems((1, 1_000), 2) == []


def test_monthly_payments_follow_the_anchor_and_split_a_year_in_twelve() -> None:
    """£1,000.01 over a year from 31 January: the odd penny comes first, and short months do not shift the rest."""
    terms = Terms(100_001, date(2027, 1, 1), date(2027, 1, 31), 1, cadence_months=1, profile=Profile.EVEN)

    schedule = build_schedule(terms, CALENDAR)

    assert [tranche.amount_pence for tranche in schedule] == [8_334] * 5 + [8_333] * 7
    assert [tranche.due_on for tranche in schedule][:4] == [
        date(2027, 1, 29),  # 31 January is a Sunday
        date(2027, 2, 26),  # 28 February is a Sunday
        date(2027, 3, 31),
        date(2027, 4, 30),
    ]
    assert {tranche.year for tranche in schedule} == {1}


def test_front_loaded_falls_from_one_and_a_half_to_a_half() -> None:
    assert year_weights(Profile.FRONT_LOADED, 3) == [Fraction(3, 2), 1, Fraction(1, 2)]
    assert year_weights(Profile.FRONT_LOADED, 1) == [Fraction(3, 2)]


@pytest.mark.parametrize(
    "terms",
    [
        Terms(0, date(2026, 1, 1), date(2026, 1, 1), 10),
        Terms(1, date(2026, 1, 1), date(2026, 1, 1), 0),
        Terms(1, date(2026, 1, 1), date(2026, 1, 1), 10, cadence_months=5),
        Terms(1, date(2026, 1, 1), date(2026, 1, 1), 10, cadence_months=0),
        Terms(1, date(2026, 1, 1), date(2026, 1, 1), 2, profile=Profile.CUSTOM, weights=(1,)),
    ],
)
def test_schedule_refuses_terms_that_make_no_sense(terms: Terms) -> None:
    with pytest.raises(ValueError, match="must"):
        build_schedule(terms, CALENDAR)


@given(amounts=st.lists(st.integers(1, 10**8), min_size=1, max_size=30), basis_points=st.integers(0, 2_000))
def test_contributions_are_exact_and_never_negative(amounts: list[int], basis_points: int) -> None:
    contribution = sum(amounts) * basis_points // 10_000

    spread = running_contributions(amounts, sum(amounts), contribution)

    assert sum(spread) == contribution
    assert min(spread) >= 0


def test_contributions_refuse_payments_that_do_not_make_the_agreement() -> None:
    with pytest.raises(ValueError, match="sum to the agreement"):
        running_contributions([1, 2], 4, 1)


def test_committed_window_runs_to_the_next_review_and_six_months() -> None:
    starts_on = date(2026, 8, 31)

    assert committed_through(starts_on, reviews_passed=0) == date(2028, 2, 29)
    assert committed_through(starts_on, reviews_passed=1) == date(2029, 2, 28)
    assert committed_through(starts_on, reviews_passed=0, wind_down_months=3) == date(2027, 11, 30)


def test_anchor_leaves_people_time() -> None:
    assert first_anchor(date(2026, 11, 2), 28) == date(2026, 11, 30)
