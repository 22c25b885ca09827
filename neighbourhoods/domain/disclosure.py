"""No published table lets a count of people under ten be derived.

A count under ten of one place is withheld. A roll-up that contains withheld places is published only when what it
reveals, taken together with everything else published, is at most the sum over blocks of three or more withheld
places, and no place of a block is pinned down by such a sum. The blocks partition the withheld places, and every
published roll-up holds whole blocks only; so nothing finer than a block's sum can be derived, by any subtraction.
Where part of a withheld place lies in an area, the area is withheld too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

THRESHOLD = 10
BLOCK_SIZE = 3

Cell = int
AreaKey = int


@dataclass(frozen=True)
class RollUp:
    """One area's total: the places that lie in it whole, and those of which only a part does."""

    area: AreaKey
    places: frozenset[Cell]
    partial: frozenset[Cell] = frozenset()


@dataclass
class Disclosure:
    """What is withheld: places (first by size, then to protect another) and areas."""

    places: set[Cell] = field(default_factory=set)
    areas: set[AreaKey] = field(default_factory=set)


def withhold(counts: Mapping[Cell, int], roll_ups: Sequence[RollUp]) -> Disclosure:
    """Decide which counts and totals of one table are withheld.

    Args:
        counts: place to number of people (0 included: nobody is a count under ten).
        roll_ups: the areas' totals in the order in which they should be kept, the most wanted first.
    """
    found = Disclosure(places={place for place, count in counts.items() if count < THRESHOLD})
    if not found.places:
        return found
    small = frozenset(found.places)
    for place in _helpers(counts, small):
        found.places.add(place)
    blocks: list[frozenset[Cell]] = []
    for roll_up in roll_ups:
        hidden = roll_up.places & found.places
        refined = _refine(blocks, hidden)
        if roll_up.partial & found.places or not all(_is_safe(block, counts, small) for block in refined):
            found.areas.add(roll_up.area)
        else:
            blocks = refined
    return found


def _helpers(counts: Mapping[Cell, int], small: frozenset[Cell]) -> list[Cell]:
    """The smallest other places, withheld too so that one or two small ones do not stand alone in a total."""
    others = sorted((count, place) for place, count in counts.items() if place not in small)
    return [place for _, place in others[: max(0, BLOCK_SIZE - len(small))]]


def _refine(blocks: Iterable[frozenset[Cell]], hidden: frozenset[Cell]) -> list[frozenset[Cell]]:
    """The coarsest partition in which every old block and the new set are unions of blocks."""
    refined: list[frozenset[Cell]] = []
    rest = hidden
    for block in blocks:
        refined += [part for part in (block & hidden, block - hidden) if part]
        rest -= block
    return [*refined, rest] if rest else refined


def _is_safe(block: frozenset[Cell], counts: Mapping[Cell, int], small: frozenset[Cell]) -> bool:
    """True when the block is large enough and its sum leaves every small place more than one possible count."""
    if len(block) < BLOCK_SIZE:
        return False
    total = sum(counts[place] for place in block)
    least = {place: 0 if place in small else THRESHOLD for place in block}
    most = {place: THRESHOLD - 1 if place in small else total for place in block}
    for place in block & small:
        lowest = max(least[place], total - (sum(most.values()) - most[place]))
        highest = min(most[place], total - (sum(least.values()) - least[place]))
        if lowest >= highest:
            return False
    return True
