"""One round of one place: ideas, costs, sealed ballots, the box opened by two keepers, the panel's decision."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cwf_portal.core.clock import core_now
from cwf_portal.core.languages import besides_english
from cwf_portal.operations.acts.places import Place
from cwf_portal.operations.people import NAMESPACE, choose
from panels.domain.ballot_paper import Kind
from panels.domain.deciding import Vote
from panels.domain.tally import Rule
from panels.keys import KeepersKeys, SampleKeys
from panels.models import Project, Proposal, Resolution, Round
from panels.models.round import CHALLENGE_WINDOW
from panels.services import (
    Costs,
    Idea,
    RoundPlan,
    assess_proposal,
    cast_ballot,
    close_resolution,
    create_round,
    freeze_round,
    move_resolution,
    open_box,
    publish_result,
    submit_proposal,
    vote_on_resolution,
)
from panels.services.idea_words import Wording, check_words, fingerprint_of, write_words
from panels.services.opening import Opener, run_opener
from panels.services.sample import create_sample_keepers

POUND = 100
MOST_CHOICES = 5
POINTS_GIVEN = (5, 3, 2)  # by a voter, to the first three projects of their choice
QUORUM = 5  # of the eight members of every panel that plays here
IDEAS_TAKE, SHAPING_TAKES, VOTING_TAKES = timedelta(days=7), timedelta(days=7), timedelta(days=7)


@dataclass(frozen=True)
class Sketch:
    """One project of a story, in pounds; where it can start with less than its price, with how much."""

    title: str
    what: str
    capital_pounds: int
    yearly_pounds: int
    kind: str
    least_pounds: int = 0


SKETCHES = (
    Sketch("Front Room", "An empty shop becomes a warm shared front room.", 150_000, 22_000, "meet"),
    Sketch("Hall Repairs", "A new roof, heating and a ramp for a tired hall.", 110_000, 6_000, "meet"),
    Sketch("Street Pot", "£500 grants for neighbours' events and clubs.", 0, 15_000, "groups"),
    Sketch("Pocket Garden", "A paved corner gains trees, seats and planters.", 27_000, 2_500, "green"),
)


THEMES = (
    Sketch("Somewhere to meet", "Warm rooms that are open to everybody.", 0, 0, "meet"),
    Sketch("Getting about", "Buses, lifts and safe paths between the villages.", 0, 0, "connect"),
    Sketch("Getting online", "Help at home, and a signal that holds.", 0, 0, "connect"),
    Sketch("Things for the young", "Evenings, trips and someone to talk to.", 0, 0, "groups"),
    Sketch("Work and skills", "Courses near home, and a first step into a job.", 0, 0, "skills"),
    Sketch("Health and company", "Walks, lunches and nobody left alone.", 0, 0, "health"),
)


def begin_round(
    place: Place,
    *,
    title: str,
    at: datetime,
    budget_pence: int,
    voting_takes: timedelta = VOTING_TAKES,
    is_to_fit: bool = False,
) -> Round:
    """The chair sets up a round that starts collecting ideas now.

    Where it `is_to_fit`, whatever each voter chooses must fit the money.
    """
    plan = _plan(title, at, budget_pence, voting_takes=voting_takes)
    return _set_up(place, replace(plan, kind=Kind.KNAPSACK, rule=Rule.GREEDY) if is_to_fit else plan)


def begin_poll(place: Place, *, title: str, at: datetime, voting_takes: timedelta = VOTING_TAKES) -> Round:
    """The same for a poll in which residents put in order what matters most."""
    plan = _plan(title, at, 0, voting_takes=voting_takes)
    return _set_up(place, replace(plan, kind=Kind.RANKED, rule=Rule.PRIORITY))


def begin_points(place: Place, *, title: str, at: datetime, budget_pence: int) -> Round:
    """The same for small things among which voters share out points; the last of the money can pay for a part."""
    plan = _plan(title, at, budget_pence, voting_takes=VOTING_TAKES)
    given, most = sum(POINTS_GIVEN), max(POINTS_GIVEN)
    points = replace(plan, kind=Kind.POINTS, points=given, most_points=most, rule=Rule.GREEDY, gives_parts=True)
    return _set_up(place, points)


def _plan(title: str, at: datetime, budget_pence: int, *, voting_takes: timedelta) -> RoundPlan:
    ideas_close_at = at + IDEAS_TAKE
    voting_opens_at = ideas_close_at + SHAPING_TAKES
    return RoundPlan(
        title=title,
        budget_pence=budget_pence,
        ideas_open_at=at,
        ideas_close_at=ideas_close_at,
        voting_opens_at=voting_opens_at,
        voting_closes_at=voting_opens_at + voting_takes,
        most_choices=MOST_CHOICES,
    )


def _set_up(place: Place, plan: RoundPlan) -> Round:
    code = uuid.uuid5(NAMESPACE, f"{place.neighbourhood.code}:{plan.title}")
    return create_round(by=place.chair, panel=place.panel, plan=plan, code=code, is_sample=True)


def put_ideas(place: Place, round: Round, sketches: Sequence[Sketch]) -> list[Proposal]:
    """Residents put ideas forward, one each while there are enough residents."""
    return [
        submit_proposal(
            by=place.voters[-1 - number % len(place.voters)],
            round=round,
            idea=Idea(sketch.title, sketch.what, sketch.kind, uuid.uuid5(round.code, sketch.title)),
            is_sample=True,
        )
        for number, sketch in enumerate(sketches)
    ]


def cost_ideas(
    place: Place,
    proposals: Sequence[Proposal],
    sketches: Sequence[Sketch],
    *,
    reason: str = "Costed with a local builder.",
) -> None:
    """The panel works out what each idea costs; in a poll, nothing."""
    for proposal, sketch in zip(proposals, sketches, strict=True):
        least_pence = sketch.least_pounds * POUND or None
        costs = Costs(sketch.capital_pounds * POUND, sketch.yearly_pounds * POUND, least_pence)
        assess_proposal(by=place.chair, proposal=proposal, costs=costs, reason=reason)


def word_ideas(
    place: Place,
    proposals: Iterable[Proposal],
    words: Mapping[str, Mapping[str, Wording]],
    *,
    unchecked: str = "",
) -> None:
    """One member puts ideas into other languages, another checks all but one of them; `words` by title and language."""
    for proposal in proposals:
        for language, wording in words.get(proposal.title, {}).items():
            if language in besides_english():
                written = write_words(by=place.members[1], proposal=proposal, language=language, wording=wording)
                if proposal.title != unchecked:
                    check_words(by=place.members[2], words=written, seen=fingerprint_of(written))


def freeze(place: Place, round: Round, keys: SampleKeys) -> Round:
    """Keepers make their keys; rules, prices and keys are fixed; everybody who may vote is put on the list."""
    create_sample_keepers(by=place.chair, round=round, users=place.keepers, public_keys=keys.create(round.code))
    return freeze_round(by=place.chair, round=round)


def vote(place: Place, round: Round, *, seed: int, circles: int = 0) -> int:
    """Every voter casts one sealed ballot; every tenth changes their mind and casts again. Returns the votes cast.

    Where there are `circles` of neighbours who talked about it, three voters of four choose as their circle does.
    """
    prices = dict(Project.objects.filter(round=round).order_by("place").values_list("code", "price_pence"))
    cast = 0
    for number, voter in enumerate(place.voters):
        for version in range(2 if number % 10 == 9 else 1):
            mind = _mind(circles, seed, number) if circles else number
            choices = ballot(list(prices), seed, place.neighbourhood.code, mind, version)
            cast_ballot(by=voter, round=round, choices=_filled_in(round, choices, prices), seen_version=version)
            cast += 1
    return cast


def _mind(circles: int, seed: int, number: int) -> int | str:
    """Whose choice a voter makes: their own, or that of their circle."""
    if choose(4, seed, number, "own mind") == 0:
        return number
    return f"circle {choose(circles, seed, number, 'circle')}"


def _filled_in(round: Round, choices: Sequence[str], prices: Mapping[str, int]) -> Sequence[str] | dict[str, int]:
    """What somebody writes who wants these, the first most: points for the first three, or those that fit the money."""
    if round.kind is Kind.POINTS:
        return dict(zip(choices, POINTS_GIVEN, strict=False))
    if round.kind is not Kind.KNAPSACK:
        return choices
    left, fitting = round.budget_pence, []
    for code in choices:
        if prices[code] <= left:
            fitting.append(code)
            left -= prices[code]
    return fitting


def ballot(codes: Sequence[str], *natural_key: str | int) -> list[str]:
    """Between one and `MOST_CHOICES` projects; the first on the paper are somewhat more popular."""
    wanted = 1 + choose(min(MOST_CHOICES, len(codes)), *natural_key, "count")
    drawn = sorted(codes, key=lambda code: choose(1000, *natural_key, code) + 60 * codes.index(code))
    return drawn[:wanted]


def open_and_publish(place: Place, round: Round, keys: KeepersKeys, *, opener: Opener = run_opener) -> datetime:
    """Two keepers open the box in a process of its own; the chair publishes. Returns until when people can object."""
    open_box(by=place.chair, round=round, keys=keys, opener=opener)
    publish_result(by=place.chair, round=round)
    return core_now() + CHALLENGE_WINDOW


def decide(place: Place, round: Round, *, term_years: int) -> Resolution:
    """The panel takes the decision that asks for the agreement."""
    resolution = move_resolution(
        by=place.chair,
        panel=place.panel,
        kind=Resolution.Kind.ENDORSE_RESULT,
        round=round,
        accountable_body=place.body.accountable_body.organisation,
        term_years=term_years,
    )
    for member in place.members[:QUORUM]:
        vote_on_resolution(by=member, resolution=resolution, vote=Vote.FOR)
    return close_resolution(by=place.chair, resolution=resolution)
