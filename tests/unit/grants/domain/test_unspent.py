"""What may go while money is unspent: worked examples and what always holds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grants.domain.unspent import Decided, Part, left_by_plan, most_payable_pence, set_apart

PENCE = st.integers(0, 10**10)


@pytest.mark.parametrize(
    ("plan", "unspent", "most"),
    [(40_000_00, 0, 44_000_00), (40_000_00, 4_000_00, 40_000_00), (40_000_00, 30_000_00, 14_000_00), (100, 500, 0)],
)
def test_the_plan_and_a_tenth_less_what_is_left(plan: int, unspent: int, most: int) -> None:
    assert most_payable_pence(plan_pence=plan, unspent_pence=unspent, margin_basis_points=1000) == most


def test_the_margin_is_rounded_down_to_the_penny() -> None:
    assert most_payable_pence(plan_pence=19, unspent_pence=0, margin_basis_points=1000) == 20


def test_what_is_left_falls_by_each_plan_and_never_below_nothing() -> None:
    assert left_by_plan(100, []) == 100
    assert left_by_plan(100, [Decided(plan_pence=60, pay_pence=0)]) == 40
    assert left_by_plan(100, [Decided(60, 0), Decided(60, 26)]) == 6
    assert left_by_plan(100, [Decided(400, 50), Decided(10, 20)]) == 10


@settings(deadline=None)
@given(PENCE, PENCE, st.integers(0, 5000))
def test_after_the_period_no_more_than_the_margin_is_left(plan: int, unspent: int, margin: int) -> None:
    pay = most_payable_pence(plan_pence=plan, unspent_pence=unspent, margin_basis_points=margin)
    if pay:
        assert left_by_plan(unspent, [Decided(plan, pay)]) == plan * margin // 10_000


@st.composite
def payments(draw: st.DrawFn) -> tuple[list[Part], int]:
    """A payment whose uplift is no more than half of each source's base, and what of it moves."""
    parts = []
    for source in range(draw(st.integers(1, 4))):
        amount = draw(st.integers(2, 10**9))
        parts.append(Part(source, amount, draw(st.integers(0, amount // 2)), draw(st.integers(0, amount // 10))))
    whole = sum(part.amount_pence + part.uplift_pence for part in parts)
    return parts, draw(st.integers(1, whole - 1) | st.sampled_from([1, whole - 1]))


@settings(deadline=None)
@given(payments())
def test_dividing_loses_nothing_and_leaves_a_base_on_both_sides(case: tuple[list[Part], int]) -> None:
    parts, later = case
    moved = set_apart(parts, later)
    assert sum(part.amount_pence + part.uplift_pence for part in moved) == later
    assert [part.source for part in moved] == [part.source for part in parts]
    for whole, part in zip(parts, moved, strict=True):
        assert 0 <= part.amount_pence <= whole.amount_pence
        assert 0 <= part.uplift_pence <= whole.uplift_pence
        assert 0 <= part.contribution_pence <= whole.contribution_pence
    assert 0 < sum(part.amount_pence for part in moved) < sum(part.amount_pence for part in parts)


@pytest.mark.parametrize("later", [0, 30, -1])
def test_part_must_stay_and_part_must_move(later: int) -> None:
    with pytest.raises(ValueError, match="must stay"):
        set_apart([Part(1, 20, 10, 1)], later)
