"""What waits for residents and panel members, in plain words; and what a place's page offers from this room."""

from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.timezone import localdate

from cwf_portal.core.clock import core_now
from cwf_portal.core.figures_text import day_text, moment_text, pounds
from cwf_portal.core.languages import as_written, besides_english, in_words, told
from cwf_portal.core.models import User
from cwf_portal.core.navigation import NavigationItem, register_navigation
from cwf_portal.core.permissions import ROLE_PERMISSIONS, AnyUser, Permission, Role, has_permission
from cwf_portal.core.said import Named
from cwf_portal.core.waiting import WaitingItem, register_waiting
from neighbourhoods.hooks import PlaceLink, register_place_panel
from neighbourhoods.models import Neighbourhood
from panels import selectors
from panels.models import Panel, Phase, Residence, Round
from panels.selectors.corrections import corrections_to_judge
from panels.selectors.ideas import ideas_put_forward_by, words_to_check
from panels.selectors.moderation import cases_waiting_for
from panels.selectors.objections import annulments_to_answer, objections_to_answer, withholdings_to_answer
from panels.selectors.projects import followed_by

Found = TypeVar("Found", bound=Model)
MOST_IDEAS = 5
MOST_ROUNDS = 10
LATE_AFTER = timedelta(days=14)  # a box left closed, a result left unpublished

# What residents, panels and those who act for an organisation may do; whoever may do more is here for their work.
OF_NEIGHBOURS = frozenset[Permission]().union(
    *(ROLE_PERMISSIONS[role] for role in (Role.RESIDENT, Role.PANEL_MEMBER, Role.SIGNATORY, Role.TREASURER))
)


@register_waiting
def waiting(user: User) -> list[WaitingItem]:
    """For everybody: open votes, ideas, showing where one lives, receipts; for members, what their panel must do."""
    at = core_now()
    items = _residence(user, at) + _votes(user, at) + _own_ideas(user, at) + _receipts(user) + _keys(user, at)
    panels = list(selectors.panels_of(user, at))
    for panel in panels:
        items += _panel(user, panel, at)
    items += _followed(user) + _objections(user, at) + _withheld(user, at) + _annulled(user, at) + _to_end(user, at)
    return items + _ideas_to_check(user, at) + _places_to_judge(user, panels) + _corrections(user, at) + _letters(user)


@register_navigation
def navigation(user: User) -> list[NavigationItem]:
    return [NavigationItem("Your votes", "panels:vote-history", 30)]


@register_place_panel
def place_links(neighbourhood: Neighbourhood, user: AnyUser) -> list[PlaceLink]:
    """The panel and its latest votes, the open one first."""
    at = core_now()
    panel = selectors.panels().filter(neighbourhood=neighbourhood).first()
    if panel is None:
        return _to_set_up(neighbourhood, user)
    links = [_round_link(round, user, at) for round in selectors.rounds_of(panel)[:5]]
    url = reverse("panels:panel-detail", args=[panel.pk])
    how = told("Who decides here, and how")
    return [*links, PlaceLink(as_written(panel.name), url, how, is_sample=panel.is_sample)]


def _to_set_up(neighbourhood: Neighbourhood, user: AnyUser) -> list[PlaceLink]:
    if not has_permission(user, Permission.MANAGE_PANEL):
        return []
    url = f"{reverse('panels:panel-new')}?place={neighbourhood.code}"
    return [PlaceLink("Set up the panel", url, "Residents decide through it", is_main=True)]


def _subject_of(round: Round) -> str:
    return told("What matters most") if round.is_poll else told("{money} to decide", money=pounds(round.budget_pence))


def _round_link(round: Round, user: AnyUser, at: datetime) -> PlaceLink:
    """Whoever has not signed in sees first what the vote is about, and that they can vote before they sign in."""
    phase = round.phase_at(at)
    page = reverse("panels:round-detail", args=[round.pk])
    if phase is Phase.VOTING:
        url = reverse("panels:vote-start", args=[round.pk]) if user.is_authenticated else page
        detail = told("{what}, until {closes}", what=_subject_of(round), closes=moment_text(round.voting_closes_at))
        title = told("Vote: {title}", title=Named(round.title))
        return PlaceLink(title, url, detail, is_main=True, is_sample=round.is_sample)
    if phase is Phase.IDEAS:
        until = moment_text(round.ideas_close_at)
        detail = told("{what}; ideas until {closes}", what=_subject_of(round), closes=until)
        title = told("Put an idea forward: {title}", title=Named(round.title))
        return PlaceLink(title, page, detail, is_main=True, is_sample=round.is_sample)
    url = reverse("panels:round-result", args=[round.pk]) if round.has_result_at(at) else page
    return PlaceLink(as_written(round.title), url, in_words(phase.label), is_sample=round.is_sample)


def _residence(user: User, at: datetime) -> list[WaitingItem]:
    residence = selectors.residence_of(user)
    url = reverse("panels:living-here")
    sent = selectors.first_votes_to_answer(user, at).first()
    if sent:
        round = sent.roll_entry.round
        detail = told(
            "A ballot in “{title}” was sent with your email address. It counts only if it is yours.",
            title=Named(round.title),
        )
        return [WaitingItem(told("Is this your vote?"), detail, url, "do", due_at=round.show_by)]
    if residence is None and user.permissions - OF_NEIGHBOURS:
        return []  # somebody at work: the page stays open to them, but nobody waits for it
    if residence is None:
        detail = told("Then you can vote there and put ideas forward.")
        return [WaitingItem(told("Tell us where you live"), detail, url, "know")]
    place = residence.neighbourhood
    page = reverse("neighbourhoods:place-detail", args=[place.code])
    title = told("Your place: {place}", place=Named(place.name))
    own = WaitingItem(title, told("What is going on, and what was decided."), page, "know")
    if residence.level == Residence.Level.DECLARED:
        return [_to_show(place, url, selectors.vote_that_waits(user, at)), own]
    return [own]


def _to_show(place: Neighbourhood, url: str, vote: Round | None) -> WaitingItem:
    """That somebody must still show where they live, and by when where a vote of theirs waits for it."""
    title = told("Show that you live in {place}", place=Named(place.name))
    if vote is None:
        return WaitingItem(title, told("By two people, a letter, a card or a document."), url, "do")
    until = moment_text(vote.show_by)
    detail = told(
        "By two people, a letter, a card or a document. Your vote in “{title}” counts if you do it by {until}.",
        title=Named(vote.title),
        until=until,
    )
    return WaitingItem(title, detail, url, "do", due_at=vote.show_by)


def _letters(user: User) -> list[WaitingItem]:
    """For officers: letters for the post, and the other ways to show where one lives."""
    if not has_permission(user, Permission.CHECK_RESIDENCE):
        return []
    number = selectors.letters_waiting_count(user)
    url = reverse("panels:letter-list")
    if number:
        title = "Post 1 letter" if number == 1 else f"Post {number} letters"
        return [WaitingItem(title, "Residents wait for them.", url, "do", number)]
    return [WaitingItem("Letters, cards and documents", "How residents show where they live.", url, "know")]


def _places_to_judge(user: User, panels: list[Panel]) -> list[WaitingItem]:
    if not has_permission(user, Permission.JUDGE_ROLL):
        return []
    everywhere = has_permission(user, Permission.MANAGE_PANEL)
    number = selectors.place_questions(None if everywhere else panels).count()
    if not number:
        return []
    title = "Judge where 1 home lies" if number == 1 else f"Judge where {number} homes lie"
    url = reverse("panels:place-question-list")
    return [WaitingItem(title, "Their postcodes do not say it. Two people do.", url, "do", number)]


def _corrections(user: User, at: datetime) -> list[WaitingItem]:
    """For the panel and the fund: people whose confirmed details are wrong or have changed."""
    number = corrections_to_judge(user, at).count()
    if not number:
        return []
    title = "Look at 1 person\u2019s new details" if number == 1 else f"Look at the new details of {number} people"
    detail = "Somebody had confirmed other ones. Two people meet them, one of them of the fund."
    return [WaitingItem(title, detail, reverse("panels:correction-list"), "do", number)]


def _votes(user: User, at: datetime) -> list[WaitingItem]:
    items = []
    for vote in selectors.open_votes_for(user, at):
        round = vote.round
        url, until = reverse("panels:vote-start", args=[round.pk]), moment_text(round.voting_closes_at)
        if vote.has_voted:
            title = told("You have voted: {title}", title=Named(round.title))
            items.append(WaitingItem(title, told("You can change it until {until}.", until=until), url, "know"))
        else:
            title, place = told("Vote: {title}", title=Named(round.title)), Named(round.panel.neighbourhood.name)
            detail = told("{what} in {place}, until {until}.", what=_subject_of(round), place=place, until=until)
            items.append(WaitingItem(title, detail, url, "do", due_at=round.voting_closes_at))
    for round in selectors.rounds_taking_ideas_for(user, at):
        until, place = moment_text(round.ideas_close_at), Named(round.panel.neighbourhood.name)
        detail, url = (
            told("Until {until}, in {place}.", until=until, place=place),
            reverse("panels:proposal-new", args=[round.pk]),
        )
        items.append(WaitingItem(told("Put an idea forward: {title}", title=Named(round.title)), detail, url, "know"))
    return items


def _own_ideas(user: User, at: datetime) -> list[WaitingItem]:
    """What became of one's own ideas, until the vote on them is over."""
    return [
        WaitingItem(
            told("Your idea: {title}", title=Named(idea.title)),
            told("{state}.", state=in_words(idea.get_state_display())),
            reverse("panels:proposal-detail", args=[idea.pk]),
            "know",
        )
        for idea in ideas_put_forward_by(user).filter(round__voting_closes_at__gt=at)[:MOST_IDEAS]
    ]


def _followed(user: User) -> list[WaitingItem]:
    """Projects that somebody follows, and where each stands."""
    return [
        WaitingItem(
            told("You follow: {title}", title=project.named),
            told(
                "{state}, told on {day}.",
                state=in_words(project.delivery.get_state_display()),
                day=day_text(localdate(project.delivery.reported_at)),
            ),
            reverse("panels:project-detail", args=[project.pk]),
            "know",
        )
        for project in followed_by(user)[:MOST_IDEAS]
    ]


def _ideas_to_check(user: User, at: datetime) -> list[WaitingItem]:
    if not has_permission(user, Permission.SHAPE_PROPOSAL):
        return []
    number = cases_waiting_for(user, at).count()
    if not number:
        return []
    title = "Look at 1 idea, comment or photo" if number == 1 else f"Look at {number} ideas, comments and photos"
    detail = "Somebody says it should not be shown, or that it should be shown again."
    return [WaitingItem(title, detail, reverse("panels:case-list"), "do", number)]


def _keys(user: User, at: datetime) -> list[WaitingItem]:
    """For keepers: a key to make before the vote is fixed, a box to open after it has closed."""
    items = []
    for keeper in selectors.keepers_waiting(user):
        round = keeper.round
        phase = round.phase_at(at)
        if phase in {Phase.PREPARING, Phase.IDEAS, Phase.SHAPING} and not keeper.public_key:
            url = reverse("panels:key-detail", args=[round.pk])
            detail = "You are one of three keepers. It takes ten minutes."
            items.append(
                WaitingItem(f"Make your key: {_named(round)}", detail, url, "do", due_at=round.voting_opens_at)
            )
        if phase is Phase.CLOSED:
            url = reverse("panels:round-open-box", args=[round.pk])
            detail = "Two keepers do it together, with their key sheets."
            items.append(WaitingItem(f"Open the box: {_named(round)}", detail, url, "do"))
    for keeper in selectors.keepers_to_check(user):
        url = reverse("panels:key-detail", args=[keeper.round_id])
        detail = "Once more, off this site, and type in what you found. Until then nobody can certify the vote."
        items.append(WaitingItem(f"Check the box: {_named(keeper.round)}", detail, url, "do"))
    return items


def _named(round: Round) -> str:
    """A vote for those who have to do with several: many places call theirs the same."""
    return f"{round.title}, {round.panel.neighbourhood.name}"


def _objections(user: User, at: datetime) -> list[WaitingItem]:
    """For the panel and the fund: objections that hold a vote up."""
    found, more = _first(objections_to_answer(user, at), "objections to answer")
    return [
        WaitingItem(
            f"Answer an objection: {objection.round.title}",
            f"Made on {day_text(localdate(objection.objected_at))}. Until it is answered nobody can certify the vote.",
            reverse("panels:objection-answer", args=[objection.pk]),
            "do",
        )
        for objection in found
    ] + more


def _withheld(user: User, at: datetime) -> list[WaitingItem]:
    """For the panel and the fund: objections whose text the other side does not want published."""
    found, more = _first(withholdings_to_answer(user, at), "objections whose text may not be published")
    return [
        WaitingItem(
            f"Must an objection not be published? {asked.objection.round.title}",
            "Somebody of the other side says so. It takes both.",
            reverse("panels:objection-withhold", args=[asked.objection_id]),
            "do",
        )
        for asked in found
    ] + more


def _annulled(user: User, at: datetime) -> list[WaitingItem]:
    """For the panel and the fund: votes that one side finds must be annulled; for officers, decisions on such votes."""
    calls, more = _first(annulments_to_answer(user, at), "votes that may have to be annulled")
    items = [
        WaitingItem(
            f"Must this vote be annulled? {call.round.title}",
            f"{call.get_side_display()} says so. It takes somebody of the other side.",
            reverse("panels:round-annul", args=[call.round_id]),
            "do",
        )
        for call in calls
    ] + more
    if not has_permission(user, Permission.MANAGE_PANEL):
        return items
    carried, more = _first(selectors.carried_on_annulled_votes(), "decisions on annulled votes")
    items += [
        WaitingItem(
            f"Stop what was decided on an annulled vote: {decision.round.title}",
            f"{decision.accountable_body} may have money by it. Two people end the vote once that is settled.",
            reverse("panels:decision-detail", args=[decision.pk]),
            "late",
        )
        for decision in carried
    ]
    return items + more


def _to_end(user: User, at: datetime) -> list[WaitingItem]:
    """For the panel and the fund: votes to certify. Until two do, sealed ballots and receipts are still here."""
    found, more = _first(selectors.rounds_to_certify(user, at), "votes to certify")
    return [
        WaitingItem(
            f"Certify the vote: {_named(round)}",
            f"{_why_it_can_end(round)} Then its sealed ballots are deleted, and keepers destroy their sheets.",
            reverse("panels:round-certify", args=[round.pk]),
            "do",
        )
        for round in found
    ] + more


def _why_it_can_end(round: Round) -> str:
    if hasattr(round, "certification"):
        return f"{round.certification.asked_by} asked for it; you can be the second person."
    if hasattr(round, "annulment"):
        return "It is annulled, and two people end it."
    return "Nobody can object any more, and two people end it."


def _first(found: QuerySet[Found], what: str) -> tuple[list[Found], list[WaitingItem]]:
    """The first of these, and a line that counts the others where there are any."""
    some = list(found[: MOST_IDEAS + 1])
    if len(some) <= MOST_IDEAS:
        return some, []
    more = found.count() - MOST_IDEAS
    return some[:MOST_IDEAS], [
        WaitingItem(f"And {more} more {what}", "They follow here, the oldest first.", "", "do", more)
    ]


def _receipts(user: User) -> list[WaitingItem]:
    number = selectors.votes_cast_by(user).count()
    if not number:
        return []
    title = told("Your receipt") if number == 1 else told("Your {number} receipts", number=number)
    detail = told("Proof that your ballots are in the box.")
    return [WaitingItem(title, detail, reverse("panels:vote-history"), "know", number)]


def _panel(user: User, panel: Panel, at: datetime) -> list[WaitingItem]:
    rounds = list(selectors.rounds_of(panel)[:MOST_ROUNDS])
    unworked, decided = selectors.ideas_to_work_out(rounds), selectors.decisions_standing_on(rounds)
    items = [
        item
        for round in rounds
        for item in _round(round, at, unworked=unworked.get(round.pk, 0), has_decision=round.pk in decided)
    ]
    decisions = list(selectors.resolutions_of(panel).open())
    voted = selectors.voted_on(decisions, user)
    for decision in decisions:
        url = reverse("panels:decision-detail", args=[decision.pk])
        if decision.pk in voted:
            items.append(WaitingItem(decision.title, "You have voted; other members have not yet.", url, "know"))
        else:
            items.append(WaitingItem(f"Vote on the decision: {decision.title}", panel.name, url, "do"))
    people = selectors.residences_to_confirm([panel]).count()
    if people:
        title = "1 person waits" if people == 1 else f"{people} people wait"
        url = reverse("panels:living-confirm")
        items.append(WaitingItem(f"{title} to have it confirmed that they live here", panel.name, url, "do", people))
    return items + _words(user, panel, at) + _standing(panel, at)


def _words(user: User, panel: Panel, at: datetime) -> list[WaitingItem]:
    """Ideas in other languages that wait for a second person: what nobody checked is not on the ballot."""
    words, spoken = list(words_to_check(panel, user, at)), besides_english()
    if not words:
        return []
    named = ", ".join(sorted({spoken[one.language].name for one in words if one.language in spoken}))
    title = "Check 1 idea in another language" if len(words) == 1 else f"Check {len(words)} ideas in other languages"
    url = reverse("panels:proposal-words-in", args=[words[0].proposal_id, words[0].language])
    return [WaitingItem(title, f"For whoever reads {named}. {panel.name}.", url, "do", len(words))]


HOW_TO_MEND = "Find people who would sit on it, and ask the fund to seat them."


def _standing(panel: Panel, at: datetime) -> list[WaitingItem]:
    url = reverse("panels:panel-detail", args=[panel.pk])
    standing = selectors.standing_of(panel, at)
    items = (
        []
        if standing.is_lawful
        else [WaitingItem("The panel cannot take decisions", " ".join([*standing.problems, HOW_TO_MEND]), url, "late")]
    )
    envelope = selectors.envelope_of(panel)
    if envelope:
        title = f"Money you can decide: {pounds(envelope.amount_pence)}"
        items.append(WaitingItem(title, panel.name, url, "know"))
    return items


def _round(round: Round, at: datetime, *, unworked: int, has_decision: bool) -> list[WaitingItem]:
    """What the panel must do with this vote now."""
    manage = reverse("panels:round-manage", args=[round.pk])
    phase = round.phase_at(at)
    if phase in {Phase.IDEAS, Phase.SHAPING} and unworked:
        shaping = reverse("panels:round-shaping", args=[round.pk])
        title = f"Work out ideas: {round.title}"
        return [WaitingItem(title, f"{unworked} waiting.", shaping, "do", unworked, round.voting_opens_at)]
    if phase is Phase.SHAPING:
        detail = "Projects, prices and rules are fixed before voting opens."
        return [WaitingItem(f"Fix the vote: {round.title}", detail, manage, "do", due_at=round.voting_opens_at)]
    if phase is Phase.CLOSED:
        is_late = round.voting_closes_at + LATE_AFTER < at
        detail = f"Voting closed on {moment_text(round.voting_closes_at)}. Check the voters’ list first."
        return [WaitingItem(f"Open the box: {round.title}", detail, manage, "late" if is_late else "do")]
    if phase is Phase.OPENED:
        return [WaitingItem(f"Publish the result: {round.title}", "The ballots are counted.", manage, "do")]
    if round.has_result_at(at) and not round.is_poll and not has_decision:
        return [
            WaitingItem(f"Put the decision to the panel: {round.title}", "Who looks after the money?", manage, "do")
        ]
    return []
