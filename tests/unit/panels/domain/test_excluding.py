"""Which ideas exclude each other, from what was said two by two."""

from hypothesis import given
from hypothesis import strategies as st

from panels.domain.excluding import exclusion_sets

IDEAS = range(6)
PAIRS = st.lists(st.tuples(st.sampled_from(IDEAS), st.sampled_from(IDEAS)), max_size=7)


def test_a_pair_counts_while_both_stand_and_are_two():
    pairs = [(1, 2), (2, 3), (4, 4), (5, 6)]

    assert exclusion_sets([1, 2, 3, 4, 5, 6], pairs) == [[1, 2, 3], [5, 6]]
    assert exclusion_sets([1, 3, 4, 5], pairs) == []
    assert exclusion_sets([6, 3, 5, 2], pairs) == [[6, 5], [3, 2]]
    assert exclusion_sets([], pairs) == exclusion_sets([1, 2], []) == []


def reached_from(idea: int, standing: list[int], pairs: list[tuple[int, int]]) -> set[int]:
    """The definition, step by step: itself, and whatever a pair leads to."""
    found, steps = {idea}, 1
    while steps:
        near = {end for pair in pairs if found & set(pair) and set(pair) <= set(standing) for end in pair} - found
        found, steps = found | near, len(near)
    return found


@given(standing=st.lists(st.sampled_from(IDEAS), unique=True), pairs=PAIRS)
def test_ideas_stand_in_a_set_with_all_that_pairs_lead_to(standing, pairs):
    sets = exclusion_sets(standing, pairs)
    of = {idea: set(keys) for keys in sets for idea in keys}

    for idea in standing:
        assert of.get(idea, {idea}) == reached_from(idea, standing, pairs)
    for keys in [*sets, [keys[0] for keys in sets]]:
        assert keys == sorted(keys, key=standing.index)


@given(pairs=PAIRS, into=st.lists(st.sampled_from(IDEAS), min_size=6, max_size=6))
def test_joining_and_parting_leave_what_was_said(pairs, into):
    """Pairs are read through what is joined with what; nothing of that is kept, so parting brings all of it back."""
    joined = [(into[one], into[other]) for one, other in pairs]
    for keys in exclusion_sets(sorted(set(into)), joined):
        for idea in keys:
            near = {end for pair in joined if idea in pair for end in pair} - {idea}
            assert near
            assert near <= set(keys)
