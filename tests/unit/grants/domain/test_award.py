"""What a place gets, and how a wave divides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.award import AwardRule, Strand, award_pence, contribution_pence, is_eligible, split_wave

CAMPAIGN = AwardRule(200_000_000, 32_500, 250_000_000, 1_000_000_000, 1_000_000)
POLICY_2025 = AwardRule(100_000_000, 10_000, 100_000_000, 250_000_000, 1_000_000, 5_000, 15_000)
SPLIT = {
    Strand.PLACE: 80,
    Strand.BODY_CONTRIBUTION: 4,
    Strand.CAPACITY: 8,
    Strand.RUNNING: 5,
    Strand.CONTINGENCY: 3,
}


@pytest.mark.parametrize(
    ("residents", "pounds"),
    [(1_000, 2_500_000), (10_000, 5_250_000), (10_001, 5_250_000), (10_016, 5_260_000), (40_000, 10_000_000)],
)
def test_award_of_the_campaign_is_base_and_rate_to_ten_thousand_pounds_within_bounds(
    residents: int, pounds: int
) -> None:
    assert award_pence(CAMPAIGN, residents) == pounds * 100


@given(residents=st.integers(5_000, 15_000))
def test_award_of_2025_stays_within_its_bounds_in_whole_steps(residents: int) -> None:
    amount = award_pence(POLICY_2025, residents)

    assert 100_000_000 <= amount <= 250_000_000
    assert amount % 1_000_000 == 0


@given(first=st.integers(1, 100_000), more=st.integers(0, 100_000))
def test_award_never_falls_as_residents_rise(first: int, more: int) -> None:
    assert award_pence(CAMPAIGN, first) <= award_pence(CAMPAIGN, first + more)


@pytest.mark.parametrize(("residents", "eligible"), [(4_999, False), (5_000, True), (15_000, True), (15_001, False)])
def test_band_of_2025_counts_both_ends(residents: int, eligible: bool) -> None:
    assert is_eligible(POLICY_2025, residents) is eligible


@pytest.mark.parametrize("residents", [0, -5, 4_999])
def test_award_refuses_a_place_without_residents_or_outside_the_band(residents: int) -> None:
    with pytest.raises(ValueError, match="residents"):
        award_pence(POLICY_2025, residents)


@given(amount=st.integers(0, 10**13))
def test_wave_splits_to_the_penny(amount: int) -> None:
    parts = split_wave(amount, SPLIT)

    assert sum(parts.values()) == amount
    assert all(abs(parts[strand] * 100 - amount * pct) < 100 for strand, pct in SPLIT.items())


def test_wave_refuses_percentages_that_do_not_sum_to_a_hundred() -> None:
    with pytest.raises(ValueError, match="100 per cent"):
        split_wave(100, {Strand.PLACE: 99})


def test_contribution_is_five_per_cent_with_halves_up() -> None:
    assert contribution_pence(4_000_000, 500) == 200_000
    assert contribution_pence(10, 500) == 1
