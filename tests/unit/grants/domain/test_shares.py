"""Whole pence divided without loss."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.shares import round_half_up, share_out, split_cumulatively

weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any)


@given(total=st.integers(0, 10**15), weights=weights)
def test_share_out_loses_nothing_and_stays_within_a_penny(total: int, weights: list[int]) -> None:
    shares = share_out(total, weights)

    assert sum(shares) == total
    assert all(
        abs(share * sum(weights) - total * weight) < sum(weights) for share, weight in zip(shares, weights, strict=True)
    )


def test_share_out_gives_equal_remainders_to_the_earlier_share() -> None:
    assert share_out(2, [1, 1, 1, 1]) == [1, 1, 0, 0]


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, [1, -1]), (1, [0, 0])])
def test_share_out_refuses_what_it_cannot_divide(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="must not be negative|all zero"):
        share_out(total, weights)


def test_share_out_of_nothing_is_nothing() -> None:
    assert share_out(0, [0, 0]) == [0, 0]


def test_round_half_up_takes_halves_upwards() -> None:
    assert [round_half_up(Fraction(value, 2)) for value in (0, 1, 2, 3)] == [0, 1, 1, 2]


@given(
    amounts=st.lists(st.integers(0, 10**7), min_size=1, max_size=30),
    weights=st.lists(st.integers(0, 100), min_size=1, max_size=4).filter(any),
)
def test_cumulative_split_is_exact_by_row_and_by_column_and_never_negative(
    amounts: list[int], weights: list[int]
) -> None:
    totals = share_out(sum(amounts), weights)

    rows = split_cumulatively(amounts, totals)

    assert [sum(row) for row in rows] == amounts
    assert [sum(column) for column in zip(*rows, strict=True)] == totals
    assert min(min(row) for row in rows) >= 0


@given(amounts=st.lists(st.integers(1, 10**7), min_size=1, max_size=30), part=st.integers(1, 99))
def test_cumulative_split_between_two_sources_stays_within_half_a_penny(amounts: list[int], part: int) -> None:
    total = sum(amounts)
    first = total * part // 100

    rows = split_cumulatively(amounts, [first, total - first])

    running = given = 0
    for amount, (share, _) in zip(amounts, rows, strict=True):
        running, given = running + amount, given + share
        assert abs(2 * (given * total - running * first)) <= total


def test_cumulative_split_of_the_worked_example() -> None:
    assert split_cumulatively([4_000_000], [2_400_000, 1_600_000]) == [[2_400_000, 1_600_000]]
    assert split_cumulatively([200_000], [120_000, 80_000]) == [[120_000, 80_000]]


@pytest.mark.parametrize(("amounts", "totals"), [([10], [9]), ([-1, 2], [1]), ([1], [2, -1])])
def test_cumulative_split_refuses_sums_that_differ_and_negative_amounts(amounts: list[int], totals: list[int]) -> None:
    with pytest.raises(ValueError, match="must"):
        split_cumulatively(amounts, totals)
