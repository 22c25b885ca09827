"""Who on a voters' list may be the same person twice: found here, judged by people.

The same name, birth date and address are refused by a constraint. This finds what a slip of the pen or a move makes of
them, without knowing a birth date or an address: only their keyed hashes are compared.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import combinations

ALIKE_WITH_BIRTH_DATE = 0.8
ALIKE_AT_HOME = 0.93  # families share most of their letters
MOST_COMPARED = 200  # of one birth date or home
NEIGHBOURS = 20


class Why(StrEnum):
    """What two entries share."""

    BIRTH_DATE = "the same birth date and similar names"
    HOME = "the same address and nearly the same name"


@dataclass(frozen=True)
class Listed:
    """An entry of the list: its number, the person's name, keyed hashes of birth date and address ("" if unknown)."""

    entry: int
    name: str
    born: str
    home: str


@dataclass(frozen=True)
class NearMatch:
    """Two entries, the earlier first, that may be one person."""

    first: int
    second: int
    why: Why

    @property
    def code(self) -> str:
        """The pair as it stands in an address."""
        return f"{self.first}-{self.second}"


def near_matches(listed: Iterable[Listed]) -> list[NearMatch]:
    """Every pair that people have to judge, in the order of the entries; a pair stands once."""
    everybody = sorted(listed, key=lambda one: one.entry)
    found: dict[tuple[int, int], Why] = {}
    for why, key, least in (
        (Why.BIRTH_DATE, lambda one: one.born, ALIKE_WITH_BIRTH_DATE),
        (Why.HOME, lambda one: one.home, ALIKE_AT_HOME),
    ):
        for pair in _alike(everybody, key, least):
            found.setdefault(pair, why)
    return [NearMatch(first, second, why) for (first, second), why in sorted(found.items())]


def likeness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1, whatever the order of their parts; a name within the other is alike."""
    parts = [_parts(one), _parts(other)]
    shorter, longer = sorted(parts, key=len)
    if len(shorter) > 1 and set(shorter) <= set(longer):
        return 1.0
    return float(SequenceMatcher(a=" ".join(shorter), b=" ".join(longer), autojunk=False).ratio())


def _alike(everybody: Sequence[Listed], key: Callable[[Listed], str], least: float) -> Iterable[tuple[int, int]]:
    groups: dict[str, list[Listed]] = defaultdict(list)
    for one in everybody:
        if key(one):
            groups[key(one)].append(one)
    for group in groups.values():
        for one, other in _compared(group):
            if likeness(one.name, other.name) >= least:
                yield one.entry, other.entry


def _compared(group: Sequence[Listed]) -> Iterable[tuple[Listed, Listed]]:
    """Everybody with everybody; of a crowd only neighbours in the alphabet, by each end of the name, earlier first.

    So many on one birth date or at one address are a flood, whose judging must not cost the square of their number.
    """
    if len(group) <= MOST_COMPARED:
        yield from combinations(group, 2)
        return
    names = {one.entry: " ".join(_parts(one.name)) for one in group}
    for end in (1, -1):
        row = sorted(group, key=lambda one: (names[one.entry][::end], one.entry))
        for place, one in enumerate(row):
            for other in row[place + 1 : place + 1 + NEIGHBOURS]:
                yield (one, other) if one.entry < other.entry else (other, one)


def _parts(name: str) -> list[str]:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(sign))
    return sorted("".join(sign if sign.isalnum() else " " for sign in plain).split())
