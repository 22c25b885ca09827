"""Fair shares (Method of Equal Shares): every voter holds an equal share and pays for what they voted for.

Source: Peters, Pierczyński, Skowron, "Proportional Participatory Budgeting with Additive Utilities" (2021), with the
Add1 completion of equalshares.net. Floating point finds the next project; wherever the decision is closer than its
error could be (ties, a project that can just be paid for) the purses are replayed in exact integers and decide.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from panels.domain.election import Election

Floats = npt.NDArray[np.float64]

RELATIVE_ERROR = 1e-9  # far above what some hundred double-precision steps can lose
PURSE_ERROR = 1e-11  # of a full purse: what subtraction can leave in a nearly empty one


class Utility(StrEnum):
    """What a voter gains from a funded project they named: its price, or one."""

    COST = "cost"
    CARDINALITY = "cardinality"


@dataclass(frozen=True)
class Electorate:
    """Voters with the same ballot are one block; they hold and pay the same throughout."""

    election: Election
    sizes: list[int]
    weights: Floats
    supporters: list[npt.NDArray[np.intp]]
    candidates: tuple[int, ...]

    @classmethod
    def of(cls, election: Election, at_least: int = 0) -> "Electorate":
        blocks = Counter(election.ballots)
        supporters: list[list[int]] = [[] for _ in election.projects]
        for block, ballot in enumerate(blocks):
            for place in ballot:
                supporters[place].append(block)
        sizes = list(blocks.values())
        return cls(
            election=election,
            sizes=sizes,
            weights=np.array(sizes, dtype=np.float64),
            supporters=[np.array(blocks_of, dtype=np.intp) for blocks_of in supporters],
            candidates=tuple(place for place, votes in enumerate(election.votes) if votes >= max(1, at_least)),
        )


@dataclass
class Purses:
    """Money of every block in exact integers over one common denominator; follows the purchases when asked."""

    electorate: Electorate
    amounts: list[int]
    denominator: int
    paid_for: int = 0

    @classmethod
    def filled(cls, electorate: Electorate, share: Fraction) -> "Purses":
        return cls(electorate, [share.numerator] * len(electorate.sizes), share.denominator)

    def follow(self, bought: list[int]) -> None:
        """Pays for the purchases not yet replayed."""
        for place in bought[self.paid_for :]:
            self._pay(place)
        self.paid_for = len(bought)

    def price(self, place: int) -> Fraction | None:
        """The most a supporter pays when the project is bought now; None when they cannot afford it together."""
        sizes, amounts = self.electorate.sizes, self.amounts
        owed = self.electorate.election.projects[place].cost * self.denominator
        blocks = sorted(self.electorate.supporters[place].tolist(), key=amounts.__getitem__)
        payers = sum(sizes[block] for block in blocks)
        for block in blocks:
            if owed <= amounts[block] * payers:
                return Fraction(owed, payers * self.denominator)
            owed -= amounts[block] * sizes[block]
            payers -= sizes[block]
        return None

    def _pay(self, place: int) -> None:
        price = self.price(place)
        if price is None:
            raise ArithmeticError(f"project {place} was bought but cannot be paid for")
        stretch = math.lcm(self.denominator, price.denominator) // self.denominator
        if stretch > 1:
            self.amounts = [amount * stretch for amount in self.amounts]
            self.denominator *= stretch
        most = price.numerator * (self.denominator // price.denominator)
        for block in self.electorate.supporters[place].tolist():
            self.amounts[block] = max(0, self.amounts[block] - most)


@dataclass
class Count:
    """One run with a fixed share per voter."""

    electorate: Electorate
    share: Fraction
    utility: Utility
    bought: list[int] = field(default_factory=list)
    rough: Floats = field(init=False)
    purses: Purses = field(init=False)
    bounds: dict[int, float] = field(init=False)

    def __post_init__(self) -> None:
        self.rough = np.full(len(self.electorate.sizes), float(self.share))
        self.purses = Purses.filled(self.electorate, self.share)
        self.bounds = {place: 0.0 for place in self.electorate.candidates}

    def run(self) -> list[int]:
        """Buys, again and again, the project that costs its supporters least per unit of what they gain."""
        while (place := self._next()) is not None:
            price, _ = self._rough_price(place)
            blocks = self.electorate.supporters[place]
            self.rough[blocks] -= np.minimum(self.rough[blocks], price)
            self.bought.append(place)
            del self.bounds[place]
        return self.bought

    def _next(self) -> int | None:
        """The affordable project with the lowest price per gain, or None."""
        best, contenders = math.inf, list[tuple[float, int]]()
        for place in sorted(self.bounds, key=self.bounds.__getitem__):
            # Purses only shrink, so an earlier price per gain is a lower bound for this one.
            if self.bounds[place] > best:
                break
            price, is_affordable = self._rough_price(place)
            if not is_affordable:
                del self.bounds[place]
                continue
            gain = self._gain(place)
            slack = (RELATIVE_ERROR * price + PURSE_ERROR * float(self.share)) / gain
            self.bounds[place] = max(0.0, price / gain - slack)
            best = min(best, price / gain + slack)
            contenders.append((self.bounds[place], place))
        close = [place for bound, place in contenders if bound <= best]
        return close[0] if len(close) == 1 else self._settle(close)

    def _settle(self, close: list[int]) -> int | None:
        """Exact comparison of prices that floating point cannot tell apart; then the published order of ties."""
        self.purses.follow(self.bought)
        prices = {place: self.purses.price(place) for place in close}
        ranks = self.electorate.election.precedence
        offers = [
            (price / self._gain(place), ranks[place], place) for place, price in prices.items() if price is not None
        ]
        return min(offers)[2] if offers else None

    def _gain(self, place: int) -> int:
        # A free project costs nobody anything whatever the gain; one keeps the division defined.
        return (self.electorate.election.projects[place].cost or 1) if self.utility is Utility.COST else 1

    def _rough_price(self, place: int) -> tuple[float, bool]:
        """The most a supporter would pay, and whether the supporters can pay at all."""
        blocks = self.electorate.supporters[place]
        cost = self.electorate.election.projects[place].cost
        order = np.argsort(self.rough[blocks], kind="stable")
        money, weights = self.rough[blocks][order], self.electorate.weights[blocks][order]
        held = money * weights
        total = float(held.sum())
        if abs(total - cost) <= RELATIVE_ERROR * cost:
            self.purses.follow(self.bought)
            return float(money[-1]), self.purses.price(place) is not None
        if total < cost:
            return math.inf, False
        paid_by_poorer = np.cumsum(held) - held
        payers = np.cumsum(weights[::-1])[::-1]
        prices = (cost - paid_by_poorer) / payers
        enough = prices <= money
        return float(prices[int(np.argmax(enough))]) if enough.any() else float(money[-1]), True


def equal_shares(election: Election, utility: Utility, at_least: int = 0) -> tuple[list[int], Fraction]:
    """Winners in order of selection and each voter's share; no completion, so some money is usually left."""
    share = Fraction(election.budget, max(1, len(election.ballots)))
    return Count(Electorate.of(election, at_least), share, utility).run(), share


def add1(election: Election, utility: Utility, at_least: int = 0) -> tuple[list[int], Fraction]:
    """Equal shares, raising every voter's share by one step until the next step would overspend or nothing more fits.

    A run is never half applied: the winners, and the share returned with them, are those of the last run that stayed
    within the budget.
    """
    winners, share = equal_shares(election, utility, at_least)
    electorate = Electorate.of(election, at_least)
    ceiling = max((project.cost for project in election.projects), default=0)
    while election.ballots and not election.is_exhaustive(winners) and share < ceiling:
        attempt = Count(electorate, share + election.add1_step, utility).run()
        if election.cost_of(attempt) > election.budget:
            break
        winners, share = attempt, share + election.add1_step
    return winners, share
