"""Who stands behind what in fair shares, and the exact money in every purse."""

import math
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain

import numpy as np
import numpy.typing as npt

from panels.domain.election import Election

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Electorate:
    """Voters with the same ballot are one block; they hold and pay the same throughout.

    Attributes:
        election: what they vote on.
        sizes: voters in each block.
        supporters: for each project, the blocks that name it.
        weights: for each project, the voters in these blocks.
        candidates: projects that may be bought: with a voter behind them, and as many as the rules ask.
    """

    election: Election
    sizes: list[int]
    supporters: list[Places]
    weights: list[Floats]
    candidates: tuple[int, ...]

    @classmethod
    def of(cls, election: Election, at_least: int = 0) -> "Electorate":
        blocks = Counter(election.ballots)
        sizes = list(blocks.values())
        owners = np.repeat(np.arange(len(blocks)), list(map(len, blocks)))
        named = np.fromiter(chain.from_iterable(blocks), dtype=np.intp, count=len(owners))
        by_project = owners[np.argsort(named, kind="stable")]
        ends = np.cumsum(np.bincount(named, minlength=len(election.projects)))
        supporters = np.split(by_project, ends[:-1])
        weights = np.array(sizes, dtype=np.float64)
        return cls(
            election=election,
            sizes=sizes,
            supporters=supporters,
            weights=[weights[blocks_of] for blocks_of in supporters],
            candidates=tuple(place for place, votes in enumerate(election.votes) if votes >= max(1, at_least)),
        )


@dataclass
class Purses:
    """Money of every block in exact integers; follows the purchases when asked.

    A purse is stated over the common denominator of the moment it was last touched, and brought up to date when it is
    looked at: most purchases touch few purses.
    """

    electorate: Electorate
    share: Fraction
    denominator: int = field(init=False)
    amounts: list[int] = field(init=False)
    stated_over: list[int] = field(init=False)
    prices: list[Fraction] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.denominator = self.share.denominator
        self.amounts = [self.share.numerator] * len(self.electorate.sizes)
        self.stated_over = [self.denominator] * len(self.electorate.sizes)

    def follow(self, bought: list[int]) -> None:
        """Pays for the purchases not yet replayed; `prices` then has what a supporter paid at most for each."""
        for place in bought[len(self.prices) :]:
            self._pay(place)

    def price(self, place: int) -> Fraction | None:
        """The most a supporter pays when the project is bought now; None when they cannot afford it together."""
        sizes = self.electorate.sizes
        owed = self.electorate.election.projects[place].cost * self.denominator
        purses = sorted((self._held(block), sizes[block]) for block in self.electorate.supporters[place].tolist())
        payers = sum(size for _, size in purses)
        for amount, size in purses:
            if owed <= amount * payers:
                return Fraction(owed, payers * self.denominator)
            owed -= amount * size
            payers -= size
        return None

    def money(self, block: int) -> Fraction:
        """What each voter of this block holds."""
        return Fraction(self.amounts[block], self.stated_over[block])

    def roughly(self) -> Floats:
        """All purses, each rounded to the nearest floating-point number."""
        pairs = zip(self.amounts, self.stated_over, strict=True)
        return np.fromiter((amount / over for amount, over in pairs), dtype=np.float64, count=len(self.amounts))

    def _held(self, block: int) -> int:
        """The purse over the common denominator of now."""
        if (over := self.stated_over[block]) != self.denominator:
            self.amounts[block] *= self.denominator // over
            self.stated_over[block] = self.denominator
        return self.amounts[block]

    def _pay(self, place: int) -> None:
        price = self.price(place)
        if price is None:
            raise ArithmeticError(f"project {place} was bought but cannot be paid for")
        self.denominator = math.lcm(self.denominator, price.denominator)
        most = price.numerator * (self.denominator // price.denominator)
        for block in self.electorate.supporters[place].tolist():
            self.amounts[block] = max(0, self._held(block) - most)
        self.prices.append(price)
