"""Sentences and rows for the pages of a polling day."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from cwf_portal.core.addresses import address_of
from cwf_portal.core.figures_text import moment_text, pounds
from cwf_portal.core.languages import Language, in_this_language, offered, sentences
from cwf_portal.core.qr import qr_code
from panels.ballot_presenters import WHICH_ONE, either_or, limit_text, notes_on, price_sentence, starting_with
from panels.domain import crockford
from panels.domain.rules_sheet import RulesSheet, draw_order
from panels.models import PaperBatch, PaperCount, PaperEnvelope, Project, Round
from panels.services.casting import Choices

ROUND_CODE_BYTES = 5
State = PaperEnvelope.State
COUNTED = (State.BLANK, State.ISSUED, State.RECEIVED, State.OPENED, State.ASIDE, State.SPOILT, State.LATE)
WHAT_TO_DO = {
    State.BLANK: "Nobody has this envelope yet.",
    State.ISSUED: "Somebody has this envelope. Do not open it when it comes back: drop it into the ballot bag, closed. "
    "Whoever handed it out does not receive it: another person does.",
    State.SPOILT: "Noted as spoilt or lost. If it turns up, keep it apart, closed.",
    State.RECEIVED: "Received, and the list is marked. It waits in the ballot bag, closed.",
    State.ASIDE: "Set aside: a ballot of the same person is in the box on this site, or it was not certain in time who "
    "they are. Keep it apart, closed. It counts if they withdraw that ballot before voting closes.",
    State.LATE: "It came after voting had closed. Keep it apart, closed.",
    State.OPENED: "Opened together with others.",
}
HOW_TO_FILL_IN = {
    "approval": gettext_noop("Put a cross in the box of each project you want. You can choose up to {most}."),
    "knapsack": gettext_noop(
        "Put a cross in the box of each project you want. Together they must not cost more than there is.{up_to}"
    ),
    "ranked": gettext_noop(
        "Write 1 in the box of the project that matters most to you, 2 for the next, and so on, up to {most}."
    ),
    "points": gettext_noop(
        "Write points in the boxes of the projects you want: {points} in all, up to {most_points} for one.{up_to}"
    ),
}


def round_code(round: Round) -> str:
    """The code that stands on every paper of a round, the same on all."""
    return crockford.grouped(crockford.encode(round.code.bytes[:ROUND_CODE_BYTES]))


def envelope_rows(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Every state with its number."""
    return [(state.label, f"{counts[state]:,}") for state in COUNTED]


def label_rows(envelopes: Iterable[PaperEnvelope]) -> list[dict[str, Any]]:
    """Labels with a picture that opens the envelope's page on a phone."""
    return [
        {"serial": one.serial, "picture": qr_code(_address(one), f"Envelope {one.serial}")}
        for one in sorted(envelopes, key=lambda one: one.serial)
    ]


def paper_of(round: Round, sheet: RulesSheet, projects: Iterable[Project]) -> dict[str, Any]:
    """The ballot as it is printed, in the order of the rules and without anything that tells two papers apart."""
    listed = list(projects)
    return {
        "round": round,
        "code": round_code(round),
        "instructions": instructions_of(round, sheet),
        "rows": list(
            zip(listed, zip(*(_prices_in(each, listed) for each in offered().values()), strict=True), strict=True)
        ),
        "fingerprint": sheet.hash.hex()[:16],
    }


def _prices_in(language: Language, projects: Sequence[Project]) -> list[dict[str, Any]]:
    """For each project its price, what it excludes and with how much it can start, in one language.

    Before them, in another than English, what it is called there and what it is, if it was put into that.
    """
    with override(language.code):
        prices = [price_sentence(project, project.years_covered) for project in projects]
        return [
            {"language": language, "text": " ".join(filter(None, (*_called(project, language), text)))}
            for project, price, note in zip(projects, prices, notes_on(projects), strict=True)
            for text in [f"{sentences(price, '')}{note}".strip() if price else note]
        ]


def _called(project: Project, language: Language) -> Iterable[str]:
    if language.code in project.in_languages:
        yield f"{in_this_language(project.named)}:"
        yield in_this_language(project.described)


def instructions_of(round: Round, sheet: RulesSheet) -> list[dict[str, Any]]:
    """What to do with the paper, in every language of the portal, English first.

    All stand on the one paper that everybody gets: a paper in one's own language would tell whoever opens it, where
    few read that language, whose it is.
    """
    return [_instructions_in(language, round, sheet) for language in offered().values()]


def _instructions_in(language: Language, round: Round, sheet: RulesSheet) -> dict[str, Any]:
    with override(language.code):
        money = "" if round.is_poll else _("There is {money} to decide.").format(money=pounds(round.budget_pence))
        nothing_else = _("Write nothing else on this paper, and not your name.")
        until = moment_text(round.voting_closes_at)
        return {
            "language": language,
            "how": how_to_fill_in(sheet),
            "besides": f"{money} {nothing_else}".strip(),
            "return": _("Put it into the envelope, close it, and hand it in until {until}.").format(until=until),
            "secrecy": _(
                "The number on the envelope says who voted. It is not on this paper, so nobody can tell what you chose."
            ),
        }


def how_to_fill_in(sheet: RulesSheet) -> str:
    """What a box of this ballot may hold, in the language of the page."""
    ballot = sheet.ballot
    how = _(HOW_TO_FILL_IN[ballot.kind.value])
    up_to = limit_text(ballot.most_choices, ballot.project_count)
    return how.format(up_to=up_to, most=ballot.most_choices, points=ballot.points, most_points=ballot.most_points)


def excluding_text(sheet: RulesSheet) -> str:
    """Which projects exclude each other or can start with less, for whoever fills a ballot in with help."""
    excluding, has_parts = either_or(sheet.projects), any(project.least_pence for project in sheet.projects)
    only_one = f"Only one can be paid for: {excluding}. {WHICH_ONE}." if excluding else ""
    parts = f"{starting_with(sheet.projects)}." if has_parts else ""
    return f"{only_one} {parts}".strip()


def drawn_options(sheet: RulesSheet, projects: Iterable[Project], voter: int) -> list[tuple[str, str]]:
    """Projects with their prices, where they have one, in the order drawn for this voter."""
    listed = list(projects)
    order = draw_order(sheet.content["order_seed"], voter, len(listed))
    return [(listed[place].code, _with_price(listed[place])) for place in order]


def chosen_on_paper(choices: Choices, options: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was entered, read back: each project with its cross or number."""
    marks = choices if isinstance(choices, Mapping) else dict.fromkeys(choices, "Chosen")
    return [(title, str(marks[code])) for code, title in options if code in marks]


def _with_price(project: Project) -> str:
    """In a poll nothing has a price."""
    return f"{project.title}: {pounds(project.price_pence)}" if project.price_pence else project.title


def _address(envelope: PaperEnvelope) -> str:
    return address_of("panels:polling-envelope", envelope.round_id, envelope.serial)


def batch_facts(batch: PaperBatch, entered: Mapping[int, int]) -> list[tuple[str, str]]:
    """Where a batch stands: counts, and how far each of the two is."""
    facts = [("Opened by", str(batch.opened_by)), ("Envelopes", str(batch.envelopes_count))]
    if batch.counted_by and not batch.confirmed_by:
        facts.append(("Counted by", f"{batch.counted_by}, not by another yet"))
    if batch.counted_by and batch.confirmed_by:
        facts.append(("Counted by", f"{batch.counted_by} and {batch.confirmed_by}"))
        facts += [("Papers", str(batch.papers_count)), ("Without one paper", str(batch.empty_count))]
    for keyer in (batch.first_keyer, batch.second_keyer):
        if keyer:
            done = batch.papers_count if batch.is_sealed else entered.get(keyer.pk, 0)
            facts.append((f"Entered by {keyer}", f"{done} of {batch.papers_count}"))
    if batch.differences_count:
        facts.append(("Entered again because they differed", str(batch.differences_count)))
    return facts


def batch_state(batch: PaperBatch) -> str:
    """A few words on where a batch stands."""
    if batch.is_sealed:
        return "sealed"
    return "to be counted" if batch.confirmed_by_id is None else "to be entered"


def paper_options(projects: Iterable[Project]) -> list[tuple[str, str]]:
    """Projects in the order in which they are printed, with the number they have there."""
    return [(project.code, f"{project.place + 1}. {project.title}") for project in projects]


def envelope_sums(count: PaperCount | None) -> list[tuple[str, str]]:
    """What became of every envelope, as a sum that anybody can check; empty where there were none."""
    if count is None:
        return []
    return [
        (_("Envelopes handed out"), f"{count.issued_count:,}"),
        (_("Spoilt or lost, and replaced"), f"{count.spoilt_count:,}"),
        (_("Not returned"), f"{count.not_returned_count:,}"),
        (_("Too late, unopened"), f"{count.late_count:,}"),
        (_("Set aside unopened"), f"{count.aside_count:,}"),
        (_("Opened"), f"{count.opened_count:,}"),
        (_("Of those, papers"), f"{count.papers_count:,}"),
        (_("Of those, without one paper"), f"{count.empty_count:,}"),
    ]
