"""Most votes first: projects in order of support, each funded when it still fits, skipped when it does not.

Of the projects of one group at most one is funded: the first in that order that still fits. The others are passed over
from then on, whatever is left.

What is left in the end, too little for anything whole, goes to the first project, in the same order, that can start
with it. The order goes by the price, also where that is per unit of money: a part makes no project cheaper.
"""

from collections.abc import Iterable
from fractions import Fraction

from panels.domain.election import Election


def by_votes(election: Election, at_least: int = 0) -> list[int]:
    """Positions of the winners in order of selection: most support first, with skip."""
    return complete(election, [], at_least)


def by_votes_per_cost(election: Election, at_least: int = 0) -> list[int]:
    """Positions of the winners in order of selection: most support per unit of money first, with skip."""
    return _fill(election, [], order_per_cost(election), at_least=at_least)


def complete(election: Election, chosen: list[int], at_least: int = 0) -> list[int]:
    """`chosen` followed by what most votes first can still fund with the money left."""
    return _fill(election, chosen, order(election), at_least=at_least)


def order(election: Election) -> list[int]:
    """All projects, most support first."""
    return sorted(range(len(election.projects)), key=election.precedence.__getitem__)


def order_per_cost(election: Election) -> list[int]:
    """All projects, most support per unit of money first; free ones before all, for theirs has no bound."""

    def key(place: int) -> tuple[bool, Fraction, int]:
        cost = election.projects[place].cost
        return (cost > 0, Fraction(-election.support[place], cost or 1), election.precedence[place])

    return sorted(range(len(election.projects)), key=key)


def by_priority(election: Election, at_least: int = 0) -> list[int]:
    """All projects with enough support, most first: a poll about what matters, which spends nothing."""
    return [place for place in order(election) if election.support[place] >= at_least]


def part_funded(
    election: Election, winners: list[int], walk: Iterable[int], *, at_least: int = 0
) -> tuple[int, int] | None:
    """The project that gets what is left although that is less than its cost, and how much; None when there is none.

    It is the first of `walk`, the order of the rule, whose smallest useful part is there. It takes all that is left, so
    there is never a second.
    """
    left, taken = election.budget - election.cost_of(winners), election.groups_of(winners)
    for place in walk:
        project = election.projects[place]
        is_open = place not in winners and project.group not in taken and election.support[place] >= at_least
        if is_open and 0 < project.least <= left < project.cost:
            return place, left
    return None


def _fill(election: Election, chosen: list[int], walk: Iterable[int], *, at_least: int) -> list[int]:
    """Follows `walk` and adds every project that still fits, has `at_least` support and no winner in its group."""
    winners, taken = list(chosen), election.groups_of(chosen)
    left = election.budget - election.cost_of(winners)
    for place in walk:
        project = election.projects[place]
        fits = project.cost <= left and project.group not in taken
        if fits and place not in winners and election.support[place] >= at_least:
            winners.append(place)
            left -= project.cost
            taken |= election.groups_of((place,))
    return winners
