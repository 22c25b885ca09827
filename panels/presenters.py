"""Sentences and rows for this room's pages: plain words, no queries, no decisions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from cwf_portal.core.figures_text import moment_text, pounds
from cwf_portal.core.languages import as_code, as_written, in_this_language
from panels.ballot_presenters import facts_of_count, limits_of, notes_on, price_sentence
from panels.domain.ballot_paper import NUMBERS
from panels.domain.canonical import digest
from panels.domain.deciding import PanelRules
from panels.domain.disclosure import FULL_FROM, TOTALS_FROM, Disclosure
from panels.domain.rules_sheet import RulesSheet
from panels.domain.tally import Rule, other_rule
from panels.explained import explained
from panels.models import (
    LogHead,
    Panel,
    PanelMembership,
    Phase,
    Photo,
    Project,
    ProjectDelivery,
    ProjectResult,
    Proposal,
    Round,
    RoundResult,
)
from panels.services import challenge_ends_at
from panels.wording import rule_in_words

MONEY_BEHIND = gettext_noop(
    "What voters paid for a project from their equal shares, or had left for one that was not paid from them. "
    "Effective votes count a voter who could pay their whole part as one, and others by the part they could pay."
)
PHASE_COLOURS = {
    Phase.VOTING: "green",
    Phase.IDEAS: "blue",
    Phase.PUBLISHED: "turquoise",
    Phase.CERTIFIED: "turquoise",
    Phase.MISSED: "red",
    Phase.CLOSED: "orange",
    Phase.ANNULLED: "red",
}
STATE_COLOURS = {"done": "green", "under_way": "blue", "stopped": "red", "changed": "yellow"}
MOST_ON_POSTER, MOST_IN_PICTURE = 16, 7  # what one sheet of A4 holds
NEEDED_KEYS = 3
SO_FAR = gettext_noop(
    "{number}, to the nearest five. Those of people who must still show where they live are not counted in it."
)
PUBLICATION_IN_WORDS = gettext_noop(
    "With {full} or more votes, all ballots are published without names, unless more than a third of them are ballots"
    " that nobody else cast in the same way: then only totals. With {totals} to {below}, only totals; with fewer, only"
    " which projects won."
)
KEPT_BACK = gettext_noop("More is kept back where a number that is not told could be worked out from the others.")


@dataclass(frozen=True)
class ResultRow:
    """One project in a result."""

    title: str
    price_pence: int
    granted_pence: int
    is_funded: bool
    votes: str
    reason: str
    support: str
    money_pence: int | None = None
    effective_votes: str = ""
    points: int | None = None
    told_of: int | None = None  # the project, where it has a page of its own

    @property
    def is_part(self) -> bool:
        """Whether it gets less than its price."""
        return self.is_funded and self.granted_pence < self.price_pence

    @property
    def sum_text(self) -> str:
        """`£40,000 of £50,000` where it gets a part, else its price."""
        return part_text(self.granted_pence if self.is_part else None, self.price_pence)


@dataclass(frozen=True)
class NextStep:
    """What the panel does next with a vote: a sentence, and a button or a link when it can be done now."""

    text: str
    button: str = ""
    post_to: str = ""
    link: str = ""


def part_text(part_pence: int | None, price_pence: int) -> str:
    """`£40,000 of £50,000`, or the price where it is paid whole."""
    if part_pence is None:
        return pounds(price_pence)
    return _("{part} of {price}").format(part=pounds(part_pence), price=pounds(price_pence))


def member_sentence(member: PanelMembership) -> str:
    """`chair, lives here. Interests: trustee of the hall. Until 3 May 2027`, as far as it applies."""
    seat = [word for word, applies in (("chair", member.is_chair), ("lives here", member.is_resident)) if applies]
    parts = [", ".join(seat), f"Interests: {member.interests}" if member.interests else ""]
    parts.append(f"Until {member.ends_on.day} {member.ends_on:%B %Y}" if member.ends_on else "")
    return ". ".join(part for part in parts if part)


def member_rows(members: Iterable[PanelMembership]) -> list[tuple[PanelMembership, str]]:
    """Members with what their seat says."""
    return [(member, member_sentence(member)) for member in members]


def seal_data(sheet: RulesSheet) -> dict[str, Any]:
    """What the voter's browser needs to seal a ballot: from the signed rules, the same for every voter."""
    return {
        "keepers": " ".join(sheet.content["keepers"]),
        "info": sheet.context.prefix.hex(),
        "codes": " ".join(sheet.project_ids),
        "count": len(sheet.project_ids),
        "kind": sheet.ballot.kind.value,
        "number": NUMBERS[sheet.ballot.kind],
        "most": sheet.ballot.most_choices,
        "points": sheet.ballot.points,
        "most_points": sheet.ballot.most_points,
        "budget": sheet.ballot.budget,
        "prices": " ".join(map(str, sheet.ballot.prices)),
    }


def dates_of(round: Round) -> list[tuple[str, str]]:
    return [
        (_("Ideas"), _from_to(round.ideas_open_at, round.ideas_close_at)),
        (_("Working out what ideas cost"), _from_to(round.ideas_close_at, round.voting_opens_at)),
        (_("When to vote"), _from_to(round.voting_opens_at, round.voting_closes_at)),
    ]


def _from_to(start: datetime, end: datetime) -> str:
    return _("{start} to {end}").format(start=moment_text(start), end=moment_text(end))


def who_may_vote(round: Round) -> str:
    place, age = as_written(round.panel.neighbourhood.name), round.minimum_age
    if not round.needs_shown:
        return format_html(_("People of {age} and over who tell us that they live in {place}"), age=age, place=place)
    said = _(
        "People of {age} and over who show that they live in {place}; you can vote first, and show it until {until}"
    )
    return format_html(said, age=age, place=place, until=moment_text(round.show_by))


def why_over(round: Round, at: datetime) -> str:
    """What a poster says once nobody can vote any more; empty before."""
    phase = round.phase_at(at)
    if phase is Phase.ANNULLED:
        return _("This vote was annulled. Nobody can vote in it any more.")
    return "" if phase in {Phase.FROZEN, Phase.VOTING} else _("This vote is over. Nobody can vote in it any more.")


def facts_of(round: Round, head: LogHead | None) -> list[tuple[str, str]]:
    """What a voter should know, as keys and values."""
    facts = [
        *([] if round.is_poll else [(_("Money for this vote"), pounds(round.budget_pence))]),
        *dates_of(round),
        (_("Who may vote"), who_may_vote(round)),
        (_("Your ballot"), limits_of(round)),
    ]
    if head:
        facts.append((_("Ballots so far"), _(SO_FAR).format(number=f"{head.turnout_shown:,}")))
    return facts


def rules_of(round: Round) -> list[tuple[str, str]]:
    """What a voter may want to know besides: how ballots are counted, and what is published of them."""
    published = _(PUBLICATION_IN_WORDS).format(full=FULL_FROM, totals=TOTALS_FROM, below=FULL_FROM - 1)
    return [*facts_of_count(round), (_("What is published"), f"{published} {_(KEPT_BACK)}")]


def result_rows(lines: Iterable[ProjectResult], result: RoundResult) -> list[ResultRow]:
    """Rows that give away no more than the publication rule allows.

    Where only the winners may be known, neither order nor reason is told: both say who had more votes than whom.
    """
    disclosure, lines = Disclosure(result.disclosure), list(lines)
    names = [line.project.named for line in lines]
    if disclosure is Disclosure.WINNERS:
        lines = sorted(lines, key=lambda line: (line.order is None, line.project.place))
    return [
        ResultRow(
            title=line.project.named,
            price_pence=line.project.price_pence,
            granted_pence=line.granted_pence,
            is_funded=line.order is not None,
            told_of=line.project_id if hasattr(line.project, "delivery") else None,
            votes=explained(result.told_votes(line)),
            reason="" if disclosure is Disclosure.WINNERS else explained(line.reason, names),
            support=explained(line.support, names) if disclosure is Disclosure.FULL else "",
            points=line.points if result.told_votes(line).replace(",", "").isdigit() else None,
            **(_backing_of(line) if disclosure is Disclosure.FULL else {}),
        )
        for line in lines
    ]


def poster_of(rows: Sequence[ResultRow], budget_pence: int) -> dict[str, Any]:
    """The result in the words of a poster: what was chosen, as many rows as a sheet holds, and the picture of both."""
    funded = [row for row in rows if row.is_funded]
    if not budget_pence:
        return {
            "finding": "This is what matters most to residents." if funded else "Nothing was ranked.",
            "funded": funded[:MOST_ON_POSTER],
            "bars": [],
        }
    spent = sum(row.granted_pence for row in funded)
    number = "1 project" if len(funded) == 1 else f"{len(funded)} projects"
    more = len(funded) - MOST_ON_POSTER
    return {
        "finding": f"Residents chose {number} for {pounds(spent)} of the {pounds(budget_pence)} there is.",
        "funded": funded[:MOST_ON_POSTER],
        "not_listed": f"And {more} more." if more > 0 else "",
        "bars": [("Chosen by residents", spent), ("Left over", budget_pence - spent)]
        if len(funded) > MOST_IN_PICTURE
        else budget_bars(rows, budget_pence),
    }


def _backing_of(line: ProjectResult) -> dict[str, Any]:
    if line.effective_votes is None:
        return {}
    return {"money_pence": line.money_pence, "effective_votes": f"{line.effective_votes:,.1f}".removesuffix(".0")}


def points_bars(rows: Sequence[ResultRow]) -> list[tuple[str, int]]:
    """Points of each project, the most first; empty unless all may be told."""
    told = [(in_this_language(row.title), row.points) for row in rows if row.points is not None]
    return sorted(told, key=lambda bar: -bar[1]) if len(told) == len(rows) else []


def money_bars(rows: Sequence[ResultRow]) -> list[tuple[str, int]]:
    """Money behind each project in fair shares, the most first; empty where it is not published."""
    behind = [(in_this_language(row.title), row.money_pence) for row in rows if row.money_pence is not None]
    return sorted(behind, key=lambda bar: -bar[1])


def budget_bars(rows: Sequence[ResultRow], budget_pence: int) -> list[tuple[str, int]]:
    """The funded projects with what each gets, and what is left, for the picture of the money."""
    part = _("{title} (part)")
    funded = [
        (part.format(title=title) if row.is_part else title, row.granted_pence)
        for row in rows
        if row.is_funded
        for title in [in_this_language(row.title)]
    ]
    left = budget_pence - sum(granted for _title, granted in funded)
    return [*funded, (_("Left over"), left)]


def next_step(round: Round, at: datetime, *, unworked: int, has_decision: bool, keys: int) -> NextStep:
    """What the panel does next, in words that need no training."""
    phase = round.phase_at(at)
    steps = {
        Phase.PREPARING: NextStep(f"Ideas open on {moment_text(round.ideas_open_at)}."),
        Phase.IDEAS: NextStep(
            f"Residents can put ideas forward until {moment_text(round.ideas_close_at)}.",
            link=reverse("panels:round-shaping", args=[round.pk]),
            button="Look at the ideas",
        ),
        Phase.FROZEN: NextStep(f"Everything is fixed. Voting opens on {moment_text(round.voting_opens_at)}."),
        Phase.VOTING: NextStep(f"People are voting until {moment_text(round.voting_closes_at)}. Nobody sees a count."),
        Phase.ANNULLED: NextStep("This vote was annulled. It does not count."),
        Phase.MISSED: NextStep("This vote was not fixed in time. Set up another one."),
        Phase.CLOSED: NextStep(
            "Voting has closed. Two of the three keepers open the box together, with their key sheets.",
            button="Open the box",
            link=reverse("panels:round-open-box", args=[round.pk]),
        ),
        Phase.OPENED: NextStep(
            "The ballots are counted. Publish the result for everybody.",
            button="Publish the result",
            post_to=reverse("panels:round-publish", args=[round.pk]),
        ),
    }
    if round.has_result_at(at):
        return _step_after_the_result(round, at, has_decision=has_decision)
    return steps[phase] if phase in steps else _shaping_step(round, unworked, keys)


def _step_after_the_result(round: Round, at: datetime, *, has_decision: bool) -> NextStep:
    if not (round.is_poll or has_decision):
        return NextStep(
            "The result is published. Now the panel decides who looks after the money.",
            button="Put the decision to the panel",
            link=reverse("panels:decision-new", args=[round.pk]),
        )
    ends_at = challenge_ends_at(round)
    if round.certified_at is None and ends_at is not None and ends_at <= at:
        return NextStep(
            "Nobody can object any more. Two people certify the vote; then its sealed ballots are deleted.",
            button="Certify the vote",
            link=reverse("panels:round-certify", args=[round.pk]),
        )
    if round.is_poll:
        return NextStep("The result is published. A poll shares out no money, so nothing is left to decide.")
    return NextStep("The result is published, and the decision is before the panel.")


def _shaping_step(round: Round, unworked: int, keys: int) -> NextStep:
    if unworked:
        ideas = "1 idea waits" if unworked == 1 else f"{unworked} ideas wait"
        link = reverse("panels:round-shaping", args=[round.pk])
        return NextStep(f"{ideas} to be worked out before the vote can be fixed.", button="Go to the ideas", link=link)
    if keys < NEEDED_KEYS:
        made = "No key is made yet" if not keys else f"{keys} of {NEEDED_KEYS} keys {'is' if keys == 1 else 'are'} made"
        link = reverse("panels:round-keepers", args=[round.pk])
        return NextStep(f"{made}. Three people each make one.", button="Go to the keepers", link=link)
    return NextStep(
        "All ideas are worked out, and three keys are made. "
        "Fix the vote: from then on projects, prices and rules cannot change.",
        button="Fix the vote",
        post_to=reverse("panels:round-freeze", args=[round.pk]),
    )


def decision_rules(panel: Panel, member_count: int) -> str:
    """What it takes to decide, in a sentence."""
    rules = PanelRules()
    return (
        f"At least {rules.quorum(member_count)} of {member_count} members must vote, "
        f"{rules.residents_pct} of 100 votes by people who live here. A tie is not enough."
    )


def round_rows(rounds: Iterable[Round], at: datetime) -> list[dict[str, Any]]:
    """Votes with the words and the colour of where they stand."""
    return [
        {"round": round, "phase": phase.label, "colour": PHASE_COLOURS.get(phase, "")}
        for round in rounds
        for phase in [round.phase_at(at)]
    ]


def project_rows(
    projects: Iterable[Project], photos: Mapping[int, Photo], *, counts: bool = True
) -> list[dict[str, Any]]:
    """Projects with their price in words, where the vote counts what became of them, and `photos` by their ideas."""
    listed = list(projects)
    return [
        _project_row(project, note, getattr(project, "delivery", None) if counts else None)
        | {"photo": photos.get(project.proposal_id)}
        for project, note in zip(listed, notes_on(listed), strict=True)
    ]


def _project_row(project: Project, note: str, delivery: ProjectDelivery | None) -> dict[str, Any]:
    part_pence = delivery.part_pence if delivery else None
    return {
        "project": project,
        "sum": part_text(part_pence, project.price_pence) if project.price_pence else "",
        "price": price_sentence(project, project.years_covered),
        "note": note,
        "delivery": delivery,
        "colour": STATE_COLOURS.get(delivery.state if delivery else "", "grey"),
    }


def rules_hash(round: Round) -> str:
    """SHA-256 of the frozen rules as hexadecimal text; empty before they are frozen."""
    return digest(bytes(round.rules)).hex() if round.rules is not None else ""


def rule_words(round: Round) -> str:
    return rule_in_words(round.rule, round.kind)


def other_rule_words(round: Round) -> str:
    """The rule shown for comparison; empty for a poll."""
    other = other_rule(Rule(round.rule), round.kind)
    return rule_in_words(other.value, round.kind) if other else ""


def changed_words(count: int) -> str:
    """That somebody changed ballots in the database; empty where nobody did."""
    said = ngettext(
        "{number} ballot in the box was not put there by this site: somebody changed it in the database. It was set"
        " aside unopened, and the voter told.",
        "{number} ballots in the box were not put there by this site: somebody changed them in the database. They were"
        " set aside unopened, and the voters told.",
        count,
    )
    return said.format(number=count) if count else ""


def opening_facts(round: Round, head: LogHead | None) -> list[tuple[str, str]]:
    """What lets anybody check the result."""
    opening = round.opening
    facts = [
        (_("Fingerprint of the rules"), as_code(rules_hash(round))),
        (_("Opened on"), moment_text(opening.opened_at)),
        (_("Keys used"), _("{keys} of 3").format(keys=_(" and ").join(opening.keepers.split(",")))),
    ]
    if round.result.disclosure == Disclosure.FULL:
        # Of few ballots a fingerprint gives them away: whoever tries all that are possible finds the one that fits.
        facts.append((_("Fingerprint of the ballots"), as_code(opening.contents_digest)))
    if round.result.disclosure != Disclosure.WINNERS:
        facts.append((_("Ballots that could not be counted"), str(opening.invalid_count)))
        facts.append((_("Entries in the public list"), f"{head.size:,}" if head else ""))
    return facts


def assessment_of(proposal: Proposal) -> dict[str, Any]:
    """What was decided about an idea before, to change it."""
    outcomes = {"accepted": "accept", "merged": "merge", "refused": "refuse"}
    return {
        "outcome": outcomes.get(proposal.state, ""),
        "capital_pence": proposal.capital_pence,
        "yearly_pence": proposal.yearly_pence,
        "least_pence": proposal.least_pence,
        "into": proposal.merged_into_id,
        "reason": proposal.reason,
    }


def delivery_of(project: Project) -> dict[str, Any]:
    """What was reported last."""
    delivery = project.delivery
    return {
        "state": delivery.state,
        "owner": delivery.owner,
        "spent_pence": delivery.spent_pence,
        "note": delivery.note,
    }
