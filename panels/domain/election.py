"""What a count works on: projects with a price, ballots that name projects, and the money there is.

Money is in whole minor units (pence for our own rounds). Ballots hold positions in `projects`, ascending, one entry
per voter, so that a count never handles text.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Choice:
    """One project as it stands on the ballot. `cost` in minor units; `id` is text, also when it looks like a number."""

    id: str
    cost: int
    name: str = ""


@dataclass(frozen=True)
class Election:
    """One approval vote.

    Attributes:
        budget: money to decide, in minor units.
        projects: what stands on the ballot.
        ballots: positions in `projects` named by each voter, ascending and without repetition.
        unit: minor units in one unit of currency.
        step: minor units by which Add1 raises every voter's share; one unit of currency unless the rules say otherwise.
    """

    budget: int
    projects: tuple[Choice, ...]
    ballots: tuple[tuple[int, ...], ...]
    unit: int = 1
    step: int = 0

    @property
    def add1_step(self) -> int:
        return self.step or self.unit

    @cached_property
    def votes(self) -> list[int]:
        """Ballots that name each project, in the order of `projects`."""
        counts = Counter(place for ballot in self.ballots for place in ballot)
        return [counts[place] for place in range(len(self.projects))]

    @cached_property
    def precedence(self) -> list[int]:
        """Rank of each project in the published order of ties: more votes, lower cost, project id as text."""
        order = sorted(range(len(self.projects)), key=self._tie_key)
        ranks = [0] * len(order)
        for rank, place in enumerate(order):
            ranks[place] = rank
        return ranks

    def _tie_key(self, place: int) -> tuple[int, int, str]:
        project = self.projects[place]
        return (-self.votes[place], project.cost, project.id)

    def cost_of(self, places: Iterable[int]) -> int:
        """Price of these projects together, in minor units."""
        return sum(self.projects[place].cost for place in places)

    def is_exhaustive(self, places: Iterable[int]) -> bool:
        """True when no project outside `places` fits into the money these leave."""
        chosen = set(places)
        left = self.budget - self.cost_of(chosen)
        return all(project.cost > left for place, project in enumerate(self.projects) if place not in chosen)
