"""From exact observations of places to figures of areas: one join, whole pennies, nothing counted twice."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from neighbourhoods.domain.apportion import largest_remainder


class Share(NamedTuple):
    """That a place lies in an area. `weight` residents of the place live there; None when the source does not say."""

    place: int
    area: int
    kind: str
    weight: int | None


@dataclass(frozen=True)
class Amount:
    """A numerator, with a denominator where the measure is a ratio."""

    numerator: int
    denominator: int | None = None


@dataclass(frozen=True)
class RolledUp:
    """Totals by area, and the areas whose total nobody can know because a share in them is unknown."""

    totals: dict[int, Amount]
    unknown: frozenset[int]


def split_groups(shares: Iterable[Share]) -> dict[int, list[list[Share]]]:
    """Each place's shares, one group per kind of area: the parts of a group add up to the place."""
    groups: dict[tuple[int, str], list[Share]] = defaultdict(list)
    for share in shares:
        groups[share.place, share.kind].append(share)
    by_place: dict[int, list[list[Share]]] = defaultdict(list)
    for (place, _), group in groups.items():
        by_place[place].append(sorted(group, key=lambda share: share.area))
    return dict(by_place)


def roll_up(amounts: Mapping[int, Amount], groups: Mapping[int, list[list[Share]]]) -> RolledUp:
    """Add up places' amounts by area; a place split between areas is split by residents, to the last unit."""
    numerators: dict[int, int] = defaultdict(int)
    denominators: dict[int, int | None] = {}
    unknown: set[int] = set()
    for place, amount in amounts.items():
        for group in groups.get(place, []):
            weights = [share.weight for share in group if share.weight is not None]
            if len(weights) < len(group):
                unknown.update(share.area for share in group)
                continue
            parts = _parts(amount.numerator, weights)
            lower = None if amount.denominator is None else _parts(amount.denominator, weights)
            for index, share in enumerate(group):
                numerators[share.area] += parts[index]
                if lower is None:
                    denominators.setdefault(share.area, None)
                else:
                    denominators[share.area] = (denominators.get(share.area) or 0) + lower[index]
    totals = {
        area: Amount(numerator, denominators[area]) for area, numerator in numerators.items() if area not in unknown
    }
    return RolledUp(totals, frozenset(unknown))


def _parts(total: int, weights: Sequence[int]) -> Sequence[int]:
    """By residents; most places lie in one area of a kind, which has all."""
    return [total] if len(weights) == 1 and weights[0] > 0 else largest_remainder(total, weights)
