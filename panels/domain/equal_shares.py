"""Fair shares (Method of Equal Shares): every voter holds an equal share and pays for what they voted for.

Source: Peters, Pierczyński, Skowron, "Proportional Participatory Budgeting with Additive Utilities" (2021), with the
Add1 completion of equalshares.net.

Of the projects of one group at most one is bought: the moment it is, the rest of the group leaves, and their voters
keep their money for other projects. Before that each of them is a project like any other, also in ties. Each run of
Add1 begins with all of them again; whether something still fits is asked only of projects whose group has no winner.

Floating point finds the next project and keeps a bound on its own error with every
purse; wherever a decision is closer than these bounds (ties, a project that can just be paid for) the purses are
replayed in exact integers and decide.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

import numpy as np

from panels.domain.election import Election
from panels.domain.purses import Electorate, Floats, Places, Purses

EPSILON = 2.0**-52
WORST_ERROR = 1e-9  # of a full share: where a purse is known less well than this, exact integers take over


class Utility(StrEnum):
    """What a voter gains from a funded project they named: its price, or one."""

    COST = "cost"
    CARDINALITY = "cardinality"


@dataclass(frozen=True)
class Offer:
    """The most a supporter of a project would pay now, and by how much that may be wrong."""

    price: float
    error: float


@dataclass
class Sharing:
    """A project's price found among those who can pay it.

    Walks from a price that is too low to the right one: who holds less than the price pays all they have, the others
    share the rest, which raises the price, until nobody else falls behind.

    Attributes:
        owed: what those who pay in full owe together.
        wrong: by how much that may be wrong.
        blocks, money, weights, errors: those who pay in full, what each holds, how many they are, how sure that is.
    """

    owed: float
    wrong: float
    blocks: Places
    money: Floats
    weights: Floats
    errors: Floats

    def price_from(self, price: float) -> float | None:
        """The price, from one that is not above it; None when rounding leaves nobody to pay."""
        while not (has_enough := self.money >= price).all():
            behind = ~has_enough
            self.owed -= float(self.money[behind] @ self.weights[behind])
            self.wrong += float(self.errors[self.blocks[behind]] @ self.weights[behind])
            self.blocks, self.money = self.blocks[has_enough], self.money[has_enough]
            self.weights = self.weights[has_enough]
            if not len(self.blocks):
                return None
            price = max(price, self.owed / self.payers)
        return self.owed / self.payers

    @property
    def payers(self) -> float:
        return float(self.weights.sum())


@dataclass
class Count:
    """One run with a fixed share per voter."""

    electorate: Electorate
    share: Fraction
    utility: Utility
    bought: list[int] = field(default_factory=list)
    purses: Purses = field(init=False)
    rough: Floats = field(init=False)  # what each voter of a block holds
    errors: Floats = field(init=False)  # by how much that may be wrong
    bounds: dict[int, float] = field(init=False)  # the least that each project can cost per gain
    offers: dict[int, Offer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        full = float(self.share)
        self.purses = Purses(self.electorate, self.share)
        self.rough = np.full(len(self.electorate.sizes), full)
        self.errors = np.full(len(self.electorate.sizes), full * EPSILON)
        self.bound_on_errors, self.worst = full * WORST_ERROR, full * EPSILON
        projects, votes = self.electorate.election.projects, self.electorate.election.votes
        self.bounds = {
            place: projects[place].cost / votes[place] / self._gain(place) * (1 - 8 * EPSILON)
            for place in self.electorate.candidates
        }

    def run(self) -> list[int]:
        """Buys, again and again, the project that costs its supporters least per unit of what they gain."""
        projects = self.electorate.election.projects
        while (place := self._next()) is not None:
            self._pay(place)
            self.bought.append(place)
            if group := projects[place].group:
                self.bounds = {other: bound for other, bound in self.bounds.items() if projects[other].group != group}
            self.bounds.pop(place, None)
            if self.worst > self.bound_on_errors:
                self._start_again_from_exact()
        return self.bought

    def _next(self) -> int | None:
        """The affordable project with the lowest price per gain, or None."""
        best, contenders = math.inf, list[int]()
        for place in sorted(self.bounds, key=self.bounds.__getitem__):
            # Purses only shrink, so an earlier price per gain is a lower bound for this one.
            if self.bounds[place] > best:
                break
            offer = self._offer(place)
            if offer is None:
                del self.bounds[place]
                continue
            gain = self._gain(place)
            self.offers[place] = offer
            self.bounds[place] = max(0.0, (offer.price - offer.error) / gain * (1 - EPSILON))
            best = min(best, (offer.price + offer.error) / gain * (1 + EPSILON))
            contenders.append(place)
        close = [place for place in contenders if self.bounds[place] <= best]
        return close[0] if len(close) == 1 else self._settle(close)

    def _settle(self, close: list[int]) -> int | None:
        """Exact comparison of prices that floating point cannot tell apart; then the published order of ties."""
        if not close:
            return None
        self.purses.follow(self.bought)
        ranks = self.electorate.election.precedence
        prices = {place: price for place in close if (price := self.purses.price(place)) is not None}
        self.offers |= {place: self._rounded(price) for place, price in prices.items()}
        return min(prices, key=lambda place: (prices[place] / self._gain(place), ranks[place]))

    def _gain(self, place: int) -> int:
        # A free project costs nobody anything whatever the gain; one keeps the division defined.
        return (self.electorate.election.projects[place].cost or 1) if self.utility is Utility.COST else 1

    def _offer(self, place: int) -> Offer | None:
        """What a supporter would pay at most; None when the supporters cannot pay together."""
        blocks, weights = self.electorate.supporters[place], self.electorate.weights[place]
        cost = self.electorate.election.projects[place].cost
        money = self.rough[blocks]
        held, payers = float(money @ weights), float(self.electorate.election.votes[place])
        rounding = (len(blocks) + 16) * EPSILON
        doubt = payers * self.worst + rounding * (held + cost)
        if held < cost - doubt:
            return None
        if held <= cost + doubt:
            return self._exact(place)
        sharing = Sharing(float(cost), rounding * cost, blocks, money, weights, self.errors)
        lowest = max(cost / payers, self.bounds[place] * self._gain(place) - self.bound_on_errors)
        return self._certain(sharing, sharing.price_from(lowest)) or self._exact(place)

    def _certain(self, sharing: Sharing, price: float | None) -> Offer | None:
        """The price with its error, which those who pay in full share; None when it is too large to be of use."""
        if price is None:
            return None
        # A purse that holds hardly more than the price may turn out to hold less.
        nearly = float(sharing.weights[sharing.money < price + self.bound_on_errors].sum())
        certain_payers = sharing.payers - nearly
        if certain_payers <= 0:
            return None
        error = (sharing.wrong + nearly * self.worst) / certain_payers * (1 + 8 * EPSILON) + 4 * EPSILON * price
        return Offer(price, error) if error + self.worst <= self.bound_on_errors else None

    def _exact(self, place: int) -> Offer | None:
        self.purses.follow(self.bought)
        price = self.purses.price(place)
        return None if price is None else self._rounded(price)

    @staticmethod
    def _rounded(price: Fraction) -> Offer:
        return Offer(float(price), float(price) * EPSILON)

    def _pay(self, place: int) -> None:
        offer, blocks = self.offers[place], self.electorate.supporters[place]
        money, errors = self.rough[blocks], self.errors[blocks]
        has_more = money >= offer.price - self.bound_on_errors
        self.rough[blocks] = np.maximum(money - offer.price, 0.0)
        self.errors[blocks] = np.where(has_more, errors + offer.error + money * EPSILON, 0.0)
        self.worst = max(self.worst, float(self.errors[blocks].max()))

    def _start_again_from_exact(self) -> None:
        self.purses.follow(self.bought)
        self.rough = self.purses.roughly()
        self.errors = self.rough * EPSILON
        self.worst = float(self.share) * EPSILON


def equal_shares(election: Election, utility: Utility, at_least: int = 0) -> tuple[list[int], Fraction]:
    """Winners in order of selection and each voter's share; no completion, so some money is usually left."""
    share = Fraction(election.budget, max(1, len(election.ballots)))
    return Count(Electorate.of(election, at_least), share, utility).run(), share


def add1(election: Election, utility: Utility, at_least: int = 0) -> tuple[list[int], Fraction]:
    """Equal shares, raising every voter's share by one step until the next step would overspend or nothing more fits.

    A run is never half applied: the winners, and the share returned with them, are those of the last run that stayed
    within the budget. A project without a vote behind it, or with too few, never counts as one that still fits.
    """
    electorate = Electorate.of(election, at_least)
    share = Fraction(election.budget, max(1, len(election.ballots)))
    winners = Count(electorate, share, utility).run()
    while not election.is_exhaustive(winners, electorate.candidates):
        attempt = Count(electorate, share + election.add1_step, utility).run()
        if election.cost_of(attempt) > election.budget:
            break
        winners, share = attempt, share + election.add1_step
    return winners, share
