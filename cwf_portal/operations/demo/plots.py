"""The six places, each at its own point of the way. Every plot yields the day on which it goes on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils.timezone import localdate

from cwf_portal.core.clock import core_now
from cwf_portal.operations.acts.agreements import (
    accept,
    approve_again_and_offer,
    approve_once,
    confirm_account,
    propose_account,
)
from cwf_portal.operations.acts.places import Casting, Place, prepare_place
from cwf_portal.operations.acts.votes import (
    THEMES,
    Sketch,
    begin_points,
    begin_poll,
    begin_round,
    cost_ideas,
    decide,
    freeze,
    open_and_publish,
    put_ideas,
    vote,
    word_ideas,
)
from cwf_portal.operations.demo.certifying import certify
from cwf_portal.operations.demo.drawings import show_ideas, show_news
from cwf_portal.operations.demo.neighbours import plan_parts, take_part
from cwf_portal.operations.demo.past import Past, Plot
from cwf_portal.operations.demo.people import introduce
from cwf_portal.operations.demo.story import JOINED, REFUSED, WHY_JOINED, WHY_REFUSED, StoryPlace, story_words
from grants.domain.dates import add_months
from grants.domain.schedule import WORKING_DAYS_TO_PROCESS
from grants.domain.working_days import england_and_wales
from grants.models import Agreement, BankAccount
from panels.domain.opening import open_box as open_in_process
from panels.keys import SheetsInFolder
from panels.models import PanelMembership, Project, ProjectDelivery, Proposal, Round
from panels.models.round import CHALLENGE_WINDOW
from panels.services import DeliveryReport, end_membership, join_ideas, refuse_proposal, report_on_project

SEED = 2026
POUND = 100
TERM_YEARS = 10
ROUND_TITLE = "Our first projects"
POLL_TITLE = "What matters most here"
GRANTS_TITLE = "Small grants"
GRANTS_PENCE = 10_000 * POUND
SMALL_IDEAS = (
    Sketch("Folding Chairs", "Forty chairs that any street may borrow for a party.", 1_200, 0, "groups"),
    Sketch("Tide Choir", "A choir for all ages, one evening a week.", 300, 900, "groups"),
)
OPEN_GRANTS_PENCE = 6_000 * POUND
OPEN_SMALL_IDEAS = (
    Sketch("Band Jackets", "Thirty warm jackets for the youth band's winter dates.", 1_900, 0, "groups"),
    Sketch("Welcome Benches", "Two benches where the bus stops and people meet.", 2_600, 0, "green"),
    Sketch("Repair Nights", "Tools and tea, one evening a month, to mend things together.", 400, 500, "skills"),
    Sketch("Quiz and Supper", "A monthly evening for whoever lives alone.", 0, 900, "health"),
    Sketch("Sledge Shed", "Sledges to borrow, in a shed that the scouts build.", 1_400, 50, "groups"),
)
FIRST_GRANTS_TITLE = "Our first small grants"
FIRST_GRANTS_PENCE = 5_000 * POUND
FIRST_GRANTS_VOTERS = 30  # enough for totals to be told
FIRST_SMALL_IDEAS = (
    Sketch("Street Kit", "A gazebo, an urn and games that any street may borrow.", 900, 0, "groups"),
    Sketch("Bike Doctor", "A free repair morning on the green every month.", 300, 600, "skills"),
    Sketch("Welcome Packs", "A bag of maps and vouchers for whoever moves in.", 0, 250, "groups"),
    Sketch("Mural Corner", "Two walls by the station, painted with the school.", 3_000, 0, "green", 1_000),
    Sketch("Story Bench", "A bench on the green that plays tales of the town.", 2_100, 0, "green", 1_800),
)
CIRCLES = 12  # so that of a hundred ballots few are like no other, and all can be published
DAYS_TO_FIRST_APPROVAL = timedelta(days=10)
CHECKS_HOLD = timedelta(days=3 * 365)
DAYS_TO_ACCEPTANCE = 46  # from the first day of a round to the accepted offer
FIRST_PAYMENT_DAYS = 28
PAYMENTS_SENT = 5
PICTURES = 4  # so many ideas of each place have one


@dataclass
class Scene:
    """One place on its way."""

    story: StoryPlace
    place: Place
    account: BankAccount
    round: Round
    ideas: list[Proposal]

    @property
    def agreement(self) -> Agreement:
        return Agreement.objects.get(resolution__round=self.round.pk)


def sheerness(past: Past) -> Plot:
    """Year three: payments sent, one prepared today; one project finished, one late; ideas wanted for small grants."""
    accepted_on = _acceptance_with_a_payment_under_way(past.present, payments_sent=PAYMENTS_SENT)
    yield accepted_on - timedelta(days=DAYS_TO_ACCEPTANCE)
    scene = _begin(past, past.places["sheerness"], voters=110)
    yield from _to_acceptance(past, scene)
    past.enter_payments(scene.agreement)
    past.enter_year_ends(scene.agreement)
    yield past.machine.today() + timedelta(days=400)
    funded = Project.objects.filter(round=scene.round, delivery__isnull=False).order_by("place")
    plan_parts(scene.place, funded, past.machine.today())
    states = (
        (ProjectDelivery.State.DONE, "Finished in time; neighbours use it every week."),
        (ProjectDelivery.State.UNDER_WAY, "Four months late: the first quote was too high; a second one took time."),
    )
    for project, (state, note) in zip(funded, states, strict=False):
        report = DeliveryReport(state, str(scene.place.panel), note, spent_pence=project.capital_pence // 2)
        report_on_project(by=scene.place.chair, project=project, report=report)
        show_news(scene.place, project)
    yield past.present - timedelta(days=3)
    grants = begin_round(scene.place, title=GRANTS_TITLE, at=core_now(), budget_pence=GRANTS_PENCE, is_to_fit=True)
    put_ideas(scene.place, grants, SMALL_IDEAS)


def _small_grants(scene: Scene) -> Plot:
    """Small grants: voters shared out points, and the last of the money paid for a part.

    It goes on when the other vote does, so that no day is played for its sake.
    """
    place = replace(scene.place, voters=scene.place.voters[:FIRST_GRANTS_VOTERS])
    round = begin_points(place, title=FIRST_GRANTS_TITLE, at=core_now(), budget_pence=FIRST_GRANTS_PENCE)
    ideas = put_ideas(place, round, FIRST_SMALL_IDEAS)
    yield _day_after(round.ideas_close_at)
    cost_ideas(place, ideas, FIRST_SMALL_IDEAS, reason="Three of us asked for prices.")
    round = freeze(place, round, SheetsInFolder())
    yield _day_after(round.voting_opens_at)
    vote(place, round, seed=SEED + 2)
    yield _day_after(round.voting_closes_at)
    open_and_publish(place, round, SheetsInFolder(), opener=open_in_process)
    yield _day_after(core_now() + CHALLENGE_WINDOW) + DAYS_TO_FIRST_APPROVAL
    decide(place, round, term_years=TERM_YEARS)


def princes_end(past: Past) -> Plot:
    """A payment is held: the report of the first year is missing."""
    yield past.present - timedelta(days=396 + DAYS_TO_ACCEPTANCE)
    scene = _begin(past, past.places["princes-end"], voters=60)
    yield from _to_acceptance(past, scene)
    past.enter_payments(scene.agreement)
    introduce(
        scene.place.body.treasurer,
        slug="treasurer",
        detail="Treasurer of Princes End's organisation: a report is missing, a payment waits",
    )


def halton(past: Past) -> Plot:
    """An agreement waits for its second approval; small grants were chosen beside the large projects."""
    yield past.present - timedelta(days=55)
    scene = _begin(past, past.places["halton"], voters=60)
    past.follow(_small_grants(scene))
    yield from _to_decision(past, scene)
    introduce(
        scene.place.body.signatory,
        slug="signatory",
        detail="Signatory of Halton Lea's organisation: an offer comes after the second approval",
    )
    yield past.machine.today() + DAYS_TO_FIRST_APPROVAL
    approve_once(past.office, scene.agreement)


def gamesley(past: Past) -> Plot:
    """The result is out, but the panel has seven members, so it cannot decide. Each voter's choice had to fit."""
    yield past.present - timedelta(days=35)
    scene = _begin(past, past.places["gamesley"], voters=45, is_to_fit=True)
    yield from _to_result(past, scene)
    introduce(
        scene.place.chair, slug="panel-chair", detail="Chair of Gamesley's panel: seven members, so decisions wait"
    )
    yield past.machine.today() + timedelta(days=3)
    leaving = PanelMembership.objects.get(panel=scene.place.panel, user=scene.place.members[-1])
    end_membership(by=past.office.grants_officer, membership=leaving)


def waterlees(past: Past) -> Plot:
    """Ideas are being shaped: half of them are costed."""
    yield past.present - timedelta(days=10)
    scene = _begin(past, past.places["waterlees"], voters=24)
    introduce(
        scene.place.chair, slug="panel-member", detail="Panel member in Waterlees Village: ideas are to be worked out"
    )
    yield _day_after(scene.round.ideas_close_at)
    half = len(scene.story.sketches) // 2
    take_part(scene.place, scene.round, scene.ideas)
    _sort_ideas(scene)
    cost_ideas(scene.place, scene.ideas[:half], scene.story.sketches[:half])
    word_ideas(scene.place, scene.ideas, story_words(), unchecked=scene.story.sketches[-1].title)


def trimdon(past: Past) -> Plot:
    """Voting now, beside it a poll about what matters most, and small grants; one resident has not voted yet."""
    yield past.present - timedelta(days=19)
    scene = _begin(past, past.places["trimdon"], voters=90, voting_takes=timedelta(days=14))
    introduce(
        scene.place.voters[0],
        slug="resident",
        detail="Resident of Trimdon and Thornley: the vote is open, and they have not voted yet",
    )
    poll = begin_poll(scene.place, title=POLL_TITLE, at=core_now(), voting_takes=timedelta(days=14))
    themes = put_ideas(scene.place, poll, THEMES)
    grants = begin_round(
        scene.place,
        title=GRANTS_TITLE,
        at=core_now(),
        budget_pence=OPEN_GRANTS_PENCE,
        voting_takes=timedelta(days=14),
        is_to_fit=True,
    )
    small = put_ideas(scene.place, grants, OPEN_SMALL_IDEAS)
    yield _day_after(scene.round.ideas_close_at)
    word_ideas(scene.place, scene.ideas, story_words())
    _shape(past, scene)
    cost_ideas(scene.place, themes, THEMES, reason="Residents named it at the first meeting.")
    cost_ideas(scene.place, small, OPEN_SMALL_IDEAS, reason="Prices as the shops gave them.")
    poll, grants = (freeze(scene.place, round, SheetsInFolder()) for round in (poll, grants))
    yield _day_after(scene.round.voting_opens_at)
    vote(replace(scene.place, voters=scene.place.voters[1:64]), scene.round, seed=SEED)
    vote(replace(scene.place, voters=scene.place.voters[1:48]), poll, seed=SEED + 1)
    vote(replace(scene.place, voters=scene.place.voters[1:24]), grants, seed=SEED + 3)


def _to_acceptance(past: Past, scene: Scene) -> Plot:
    yield from _to_decision(past, scene)
    yield past.machine.today() + timedelta(days=3)
    approve_once(past.office, scene.agreement)
    yield past.machine.today() + timedelta(days=3)
    approve_again_and_offer(past.office, scene.agreement)
    yield past.machine.today() + timedelta(days=3)
    accept(scene.place.body, scene.agreement)
    certify(scene.round, by=(scene.place.chair, past.office.grants_officer))


def _to_decision(past: Past, scene: Scene) -> Plot:
    yield from _to_result(past, scene)
    yield _day_after(core_now() + CHALLENGE_WINDOW)
    decide(scene.place, scene.round, term_years=TERM_YEARS)
    past.machine.settle()


def _to_result(past: Past, scene: Scene) -> Plot:
    yield _day_after(scene.round.ideas_close_at)
    _shape(past, scene)
    yield _day_after(scene.round.voting_opens_at)
    vote(scene.place, scene.round, seed=SEED, circles=CIRCLES)
    yield _day_after(scene.round.voting_closes_at)
    open_and_publish(scene.place, scene.round, SheetsInFolder())


def _begin(
    past: Past,
    story: StoryPlace,
    *,
    voters: int,
    voting_takes: timedelta = timedelta(days=7),
    is_to_fit: bool = False,
) -> Scene:
    """Panel, organisation, residents, and a round that collects ideas, one to be joined and one to be refused."""
    casting = Casting(SEED, voters, checked_until=past.present + CHECKS_HOLD)
    place = prepare_place(past.office, story.neighbourhood, casting)
    account = propose_account(place.body)
    round = begin_round(
        place,
        title=ROUND_TITLE,
        at=core_now(),
        budget_pence=story.money_pounds * POUND,
        voting_takes=voting_takes,
        is_to_fit=is_to_fit,
    )
    ideas = put_ideas(place, round, [*story.sketches, JOINED, REFUSED])
    show_ideas(ideas[:PICTURES], story.sketches[:PICTURES])
    past.say(f"{past.machine.today()}: {story.name} begins")
    return Scene(story, place, account, round, ideas)


def _sort_ideas(scene: Scene) -> None:
    """One idea joins the first, one is refused; both reasons are published."""
    *_, joined, refused = scene.ideas
    join_ideas(by=scene.place.chair, ideas=[joined], into=scene.ideas[0], reason=WHY_JOINED)
    refuse_proposal(by=scene.place.chair, proposal=refused, reason=WHY_REFUSED)


def _shape(past: Past, scene: Scene) -> None:
    """Every idea is costed, joined or refused; the rules are frozen; the bank details are confirmed."""
    _sort_ideas(scene)
    costed: Sequence[Proposal] = scene.ideas[: len(scene.story.sketches)]
    cost_ideas(scene.place, costed, scene.story.sketches)
    scene.round = freeze(scene.place, scene.round, SheetsInFolder())
    confirm_account(past.office, scene.account)


def _acceptance_with_a_payment_under_way(present: date, *, payments_sent: int) -> date:
    """The latest day of acceptance for which the next payment has been prepared and has not arrived by today."""
    calendar = england_and_wales()
    accepted_on = add_months(present, -6 * payments_sent)
    while True:
        due_on = calendar.on_or_before(add_months(accepted_on + timedelta(days=FIRST_PAYMENT_DAYS), 6 * payments_sent))
        if calendar.shift(due_on, -WORKING_DAYS_TO_PROCESS) < present:
            return accepted_on
        accepted_on -= timedelta(days=1)


def _day_after(moment: datetime) -> date:
    return localdate(moment) + timedelta(days=1)
