"""What people do in a share of the places, start by start. One of these acts in each process of the troupe."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from cwf_portal.core.clock import core_now
from cwf_portal.operations.acts.agreements import (
    accept,
    approve_again_and_offer,
    approve_once,
    confirm_account,
    propose_account,
)
from cwf_portal.operations.acts.office import Office
from cwf_portal.operations.acts.oversight import close_year
from cwf_portal.operations.acts.places import Casting, Place, prepare_place
from cwf_portal.operations.acts.votes import (
    SKETCHES,
    begin_round,
    cost_ideas,
    decide,
    freeze,
    open_and_publish,
    put_ideas,
    vote,
)
from grants.models import Agreement, BankAccount, Report, Review
from neighbourhoods.models import Neighbourhood
from panels.keys import KeysInMemory
from panels.models import Proposal, Round
from panels.services.openers import StandingOpener

POUND = 100
ROUND_TITLE = "What should we do first?"
ROUND_PENCE = 250_000 * POUND


@dataclass
class Scene:
    """One place on its way through a start."""

    place: Place
    account: BankAccount
    round: Round
    ideas: list[Proposal]

    @cached_property
    def agreement(self) -> Agreement:
        """The agreement that the panel's decision asked for; services read it anew under its lock."""
        return Agreement.objects.get(resolution__round=self.round.pk)


class Ensemble:
    """People of every `size`-th place, counted from `number`."""

    def __init__(self, office: Office, *, number: int, size: int, seed: int) -> None:
        self.office = office
        self.number = number
        self.size = size
        self.seed = seed
        self.keys = KeysInMemory()
        self.scenes: list[Scene] = []

    def begin(self, codes: list[str], casting: Casting) -> datetime:
        """Prepare our share of the places of a start and begin their rounds; returns when the last ideas close."""
        ours = Neighbourhood.objects.filter(code__in=codes[self.number :: self.size]).order_by("code")
        self.scenes = [self._begin(neighbourhood, casting) for neighbourhood in ours]
        return max((scene.round.ideas_close_at for scene in self.scenes), default=core_now())

    def _begin(self, neighbourhood: Neighbourhood, casting: Casting) -> Scene:
        place = prepare_place(self.office, neighbourhood, casting)
        account = propose_account(place.body)
        round = begin_round(place, title=ROUND_TITLE, at=core_now(), budget_pence=ROUND_PENCE)
        return Scene(place, account, round, put_ideas(place, round, SKETCHES))

    def shape(self) -> None:
        """Cost the ideas, freeze the rules, and confirm the bank details after their waiting time."""
        for scene in self.scenes:
            cost_ideas(scene.place, scene.ideas, SKETCHES)
            scene.round = freeze(scene.place, scene.round, self.keys)
            confirm_account(self.office, scene.account)

    def vote(self) -> int:
        """Every voter votes; returns the ballots cast."""
        return sum(vote(scene.place, scene.round, seed=self.seed) for scene in self.scenes)

    def publish(self) -> datetime:
        """Open the boxes and publish; returns until when people can object."""
        with StandingOpener() as opener:
            return max(
                (open_and_publish(scene.place, scene.round, self.keys, opener=opener) for scene in self.scenes),
                default=core_now(),
            )

    def decide(self, term_years: int) -> None:
        """Let the panels take their decisions."""
        for scene in self.scenes:
            decide(scene.place, scene.round, term_years=term_years)

    def approve_once(self) -> None:
        for scene in self.scenes:
            approve_once(self.office, scene.agreement)

    def approve_again(self) -> None:
        for scene in self.scenes:
            approve_again_and_offer(self.office, scene.agreement)

    def accept(self) -> None:
        for scene in self.scenes:
            accept(scene.place.body, scene.agreement)

    def close_year(self, day: date) -> int:
        """Reports and reviews of our share of the agreements that are due by a day; returns how many."""
        ours = {"agreement__allocation__pk__in": self._allocations()}
        reports = list(
            Report.objects.filter(submitted_at=None, due_on__lte=day, **ours).select_related("agreement").order_by("pk")
        )
        reviews = list(Review.objects.due(day).filter(**ours).order_by("pk"))
        close_year(self.office, reports, reviews)
        return len(reports) + len(reviews)

    def _allocations(self) -> list[int]:
        standing = Agreement.objects.order_by("reference").values_list("allocation", flat=True)
        return list(standing)[self.number :: self.size]
