"""Which ideas exclude each other, when some were joined: whatever excluded one of them excludes all."""

from collections.abc import Collection, Hashable, Mapping


def exclusion_sets(groups: Mapping[int, Collection[Hashable]]) -> list[list[int]]:
    """Ideas of which at most one is paid for: those that share a group, and those that share one with these.

    Args:
        groups: of each idea that stands, its own group and those of the ideas joined with it.

    Returns:
        Sets of two ideas or more, each in the order given; whoever is in none stands alone.
    """
    found: list[tuple[set[Hashable], list[int]]] = []
    for key, own in groups.items():
        if not own:
            continue
        apart = [one for one in found if one[0].isdisjoint(own)]
        together = [one for one in found if not one[0].isdisjoint(own)]
        names = set(own).union(*(names for names, _ in together))
        found = [*apart, (names, [*(each for _, keys in together for each in keys), key])]
    order = {key: place for place, key in enumerate(groups)}
    sets = [sorted(keys, key=order.__getitem__) for _, keys in found if len(keys) > 1]
    return sorted(sets, key=lambda keys: order[keys[0]])
