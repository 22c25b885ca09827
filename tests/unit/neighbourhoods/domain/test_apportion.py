import pytest
from hypothesis import given
from hypothesis import strategies as st

from neighbourhoods.domain.apportion import largest_remainder


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [52, 48], [52, 48]),
        (1, [1, 1, 1], [1, 0, 0]),
        (10, [1, 1, 1], [4, 3, 3]),
        (101, [519, 481], [52, 49]),
        (-10, [1, 1, 1], [-4, -3, -3]),
        (7, [0, 3], [0, 7]),
        (0, [0, 0], [0, 0]),
        (0, [], []),
    ],
)
def test_worked_examples(total, weights, parts):
    assert largest_remainder(total, weights) == parts


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any))
def test_parts_add_up_and_are_within_one_of_the_exact_share(total, weights):
    parts = largest_remainder(total, weights)
    assert sum(parts) == total
    assert all(
        abs(part * sum(weights) - total * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True)
    )


@pytest.mark.parametrize(("total", "weights"), [(5, []), (5, [0, 0]), (5, [2, -1])])
def test_weights_that_cannot_carry_the_total_are_refused(total, weights):
    with pytest.raises(ValueError, match="weight"):
        largest_remainder(total, weights)
