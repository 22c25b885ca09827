"""Most votes first: projects in order of support, each funded when it still fits, skipped when it does not."""

from collections.abc import Iterable
from fractions import Fraction

from panels.domain.election import Election


def by_votes(election: Election, at_least: int = 0) -> list[int]:
    """Positions of the winners in order of selection: most votes first, with skip."""
    return complete(election, [], at_least)


def by_votes_per_cost(election: Election, at_least: int = 0) -> list[int]:
    """Positions of the winners in order of selection: most votes per unit of money first, with skip."""

    def key(place: int) -> tuple[bool, Fraction, int]:
        cost = election.projects[place].cost
        # Free projects come first: their votes per unit of money have no bound.
        return (cost > 0, Fraction(-election.votes[place], cost or 1), election.precedence[place])

    return _fill(election, [], sorted(range(len(election.projects)), key=key), at_least=at_least)


def complete(election: Election, chosen: list[int], at_least: int = 0) -> list[int]:
    """`chosen` followed by what most votes first can still fund with the money left."""
    order = sorted(range(len(election.projects)), key=election.precedence.__getitem__)
    return _fill(election, chosen, order, at_least=at_least)


def _fill(election: Election, chosen: list[int], order: Iterable[int], *, at_least: int) -> list[int]:
    """Walks `order` and adds every project that still fits and has `at_least` votes."""
    winners = list(chosen)
    left = election.budget - election.cost_of(winners)
    for place in order:
        cost = election.projects[place].cost
        if place not in winners and election.votes[place] >= at_least and cost <= left:
            winners.append(place)
            left -= cost
    return winners
