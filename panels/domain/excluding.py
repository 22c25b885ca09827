"""Which ideas exclude each other, from what was said of them two by two."""

from collections.abc import Iterable, Sequence


def exclusion_sets(standing: Sequence[int], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Ideas of which at most one is paid for: those of one pair, and those that share an idea with it.

    Args:
        standing: the ideas that stand, each for itself and for all that are joined with it.
        pairs: of which two somebody said so, each idea named by the one it is joined with. A pair counts while both
            stand; one of an idea with itself does not, since what were two are joined.

    Returns:
        Sets of two ideas or more, each in the order given; whoever is in none stands alone.
    """
    together = {key: {key} for key in standing}
    for one, other in pairs:
        if one in together and other not in (mine := together[one]) and other in together:
            both = mine | together[other]
            together |= dict.fromkeys(both, both)
    sets = {id(keys): keys for keys in together.values() if len(keys) > 1}
    return [[key for key in standing if key in keys] for keys in sets.values()]
