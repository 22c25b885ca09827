"""How claims divide: worked examples, and nothing lost whatever comes in whatever parts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grants.domain.clawback import Share, divide_claim, settled_between


def test_claim_divides_as_the_sources_paid_and_the_contribution_follows() -> None:
    paid = [Share(1, 24_000_00, 1_200_00), Share(2, 16_000_00, 800_00)]

    assert divide_claim(paid, 10_000_00) == [Share(1, 6_000_00, 300_00), Share(2, 4_000_00, 200_00)]
    assert divide_claim(paid, 40_000_00) == paid


@pytest.mark.parametrize("pence", [0, -1, 101])
def test_claim_asks_for_something_and_no_more_than_was_paid(pence: int) -> None:
    with pytest.raises(ValueError, match="no more than was paid"):
        divide_claim([Share(1, 100, 5)], pence)


def test_sum_settles_no_more_than_is_open() -> None:
    with pytest.raises(ValueError, match="still open"):
        settled_between([Share(1, 100, 5)], 0, 106)


CLAIM = st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**8)), min_size=1, max_size=4)


@settings(deadline=None)
@given(CLAIM, st.lists(st.integers(0, 100), max_size=6))
def test_whatever_comes_in_parts_the_last_penny_leaves_nothing(cells: list[tuple[int, int]], cuts: list[int]) -> None:
    claim = [Share(source, *pair) for source, pair in enumerate(cells)]
    whole = sum(map(sum, cells))
    stops = sorted({0, whole, *(whole * cut // 100 for cut in cuts)})
    got = {share.source: [0, 0] for share in claim}
    for before, after in zip(stops, stops[1:], strict=False):
        parts = settled_between(claim, before, after)
        assert sum(part.place_pence + part.body_pence for part in parts) == after - before
        for part in parts:
            assert min(part.place_pence, part.body_pence) >= 0
            got[part.source][0] += part.place_pence
            got[part.source][1] += part.body_pence
    assert [tuple(got[share.source]) for share in claim] == cells
