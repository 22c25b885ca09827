"""What a count works on: projects with a price, ballots that name projects, and the money there is.

Money is in whole minor units (pence for our own rounds). Ballots hold positions in `projects`, ascending, one entry
per voter, so that a count never handles text.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from panels.domain.ballot_paper import Kind

Ballots = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One project as it stands on the ballot.

    Attributes:
        id: text, also when it looks like a number.
        cost: in minor units.
        name: for people.
        group: of the projects of one group at most one is funded; empty when the project stands alone.
        least: the smallest part of the cost that is of use; 0 when only the whole is.
    """

    id: str
    cost: int
    name: str = ""
    group: str = ""
    least: int = 0


@dataclass(frozen=True)
class Election:
    """One vote.

    Attributes:
        budget: money to decide, in minor units.
        projects: what stands on the ballot.
        ballots: positions in `projects` named by each voter, ascending and without repetition.
        unit: minor units in one unit of currency.
        step: minor units by which Add1 raises every voter's share; one unit of currency unless the rules say otherwise.
        points: beside each ballot, the points it gives to each project it names; empty where a ballot only names.
        most_ranks: where the points come from ranks, how many a ballot may rank; the first gets as many points.
    """

    budget: int
    projects: tuple[Choice, ...]
    ballots: tuple[tuple[int, ...], ...]
    unit: int = 1
    step: int = 0
    points: tuple[tuple[int, ...], ...] = ()
    most_ranks: int = 0

    @property
    def add1_step(self) -> int:
        return self.step or self.unit

    @cached_property
    def votes(self) -> list[int]:
        """Ballots that name each project, in the order of `projects`."""
        counts = Counter(chain.from_iterable(self.ballots))
        return [counts[place] for place in range(len(self.projects))]

    @cached_property
    def support(self) -> list[int]:
        """What decides the order of projects: their points where ballots give points, else their votes."""
        if not self.points:
            return self.votes
        totals = [0] * len(self.projects)
        for ballot, given in zip(self.ballots, self.points, strict=True):
            for place, points in zip(ballot, given, strict=True):
                totals[place] += points
        return totals

    @cached_property
    def precedence(self) -> list[int]:
        """Rank of each project in the published order of ties: more support, lower cost, project id as text."""
        order = sorted(range(len(self.projects)), key=self._tie_key)
        ranks = [0] * len(order)
        for rank, place in enumerate(order):
            ranks[place] = rank
        return ranks

    def _tie_key(self, place: int) -> tuple[int, int, str]:
        project = self.projects[place]
        return (-self.support[place], project.cost, project.id)

    def cost_of(self, places: Iterable[int]) -> int:
        """Price of these projects together, in minor units."""
        return sum(self.projects[place].cost for place in places)

    def groups_of(self, places: Iterable[int]) -> set[str]:
        """Groups of which these projects are the one that may be funded."""
        return {group for place in places if (group := self.projects[place].group)}

    def is_exhaustive(self, places: Iterable[int], among: Iterable[int] | None = None) -> bool:
        """True when none of `among` (all projects unless given) can be added to `places` with the money left."""
        chosen = set(places)
        taken, left = self.groups_of(chosen), self.budget - self.cost_of(chosen)
        rest = (self.projects[p] for p in (range(len(self.projects)) if among is None else among) if p not in chosen)
        return all(project.cost > left or project.group in taken for project in rest)


def borda(rankings: Sequence[Sequence[int]], most: int) -> tuple[Ballots, Ballots]:
    """Ballots and points of ranked ballots: `most` points for the first project named, one fewer for each next.

    Raises:
        ValueError: a ballot ranks more than `most` projects.
    """
    ballots, points = [], []
    for ranking in rankings:
        if len(ranking) > most:
            raise ValueError(f"a ballot ranks {len(ranking)} projects, and at most {most} may be ranked")
        pairs = sorted((place, most - rank) for rank, place in enumerate(ranking))
        ballots.append(tuple(place for place, _ in pairs))
        points.append(tuple(given for _, given in pairs))
    return tuple(ballots), tuple(points)


def read_contents(kind: Kind, contents: Sequence[tuple[int, ...]], most: int) -> tuple[Ballots, Ballots]:
    """Ballots and points of what was in a box (`ballot_paper.content_of`); no points where ballots only name.

    Args:
        kind: of all ballots of the round.
        contents: one tuple per ballot.
        most: how many projects a ranked ballot may rank.
    """
    if kind is Kind.RANKED:
        return borda(contents, most)
    if kind is Kind.POINTS:
        named = [tuple(place for place, given in enumerate(ballot) if given) for ballot in contents]
        return tuple(named), tuple(tuple(given for given in ballot if given) for ballot in contents)
    return tuple(contents), ()
