"""How many more votes would have been enough in fair shares: found by counting again.

Every vote there moves all shares, so no sum over the purses of one count can tell it. And more votes do not always
help: with many more, another project may fall out and let something else in. What is found is a number with which the
project is funded and with one fewer is not.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from panels.domain.election import Election
from panels.domain.rules_sheet import add1_step_pence
from panels.domain.tally import Method, Outcome, count

MOST_TIMES = 10  # as many voters as there were: beyond that a number says nothing any more


@dataclass(frozen=True)
class Recount:
    """One election, counted again with more voters who name one project and nothing else."""

    election: Election
    method: Method

    def fewest(
        self, place: int, guess: int, is_enough: Callable[[Outcome], bool], *, below: int | None = None
    ) -> int | None:
        """More voters with whom it is enough, and with one fewer not; None where no sensible number is.

        Args:
            place: of the project that they name.
            guess: where to look first.
            is_enough: of the outcome; false of the one that was counted.
            below: larger numbers are of no interest; None for no such limit.
        """
        most = MOST_TIMES * max(1, len(self.election.ballots)) if below is None else below - 1
        if most < 1 or (below and not self._holds(place, most, is_enough)):
            return None
        too_few, stride = 0, 1
        enough = min(max(1, guess), most)
        if self._holds(place, enough, is_enough):
            while (fewer := enough - stride) > 0 and self._holds(place, fewer, is_enough):
                enough, stride = fewer, 2 * stride
            too_few = max(0, fewer)
        else:
            while True:
                too_few, enough, stride = enough, min(enough + stride, most), 2 * stride
                if too_few == most:
                    return None
                if self._holds(place, enough, is_enough):
                    break
        while enough - too_few > 1:
            middle = (enough + too_few) // 2
            if self._holds(place, middle, is_enough):
                enough = middle
            else:
                too_few = middle
        return enough

    def _holds(self, place: int, more: int, is_enough: Callable[[Outcome], bool]) -> bool:
        return is_enough(count(with_more(self.election, place, more), self.method))


def with_more(election: Election, place: int, more: int) -> Election:
    """The election with this many voters more who name this project and nothing else, as the rules would count it."""
    ballots = election.ballots + ((place,),) * more
    step = add1_step_pence(election.budget, len(ballots)) if election.step else 0
    return replace(election, ballots=ballots, step=step)
