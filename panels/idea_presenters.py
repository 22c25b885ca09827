"""Sentences and rows for the pages of ideas."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cwf_portal.core.figures_text import pounds
from cwf_portal.core.grids import Grid, squares_of
from cwf_portal.core.languages import Language, as_written, in_words, is_english, told
from cwf_portal.core.said import Named
from panels.ballot_presenters import only_one_sentence
from panels.models import IdeaStep, IdeaWords, Photo, Proposal
from panels.selectors.ideas import SHOWN_FROM
from panels.wording import square_text

NO_PHOTOS: Mapping[int, Photo] = MappingProxyType({})
NO_OTHERS: Mapping[int, list[str]] = MappingProxyType({})


def idea_rows(
    proposals: Iterable[Proposal],
    photos: Mapping[int, Photo] = NO_PHOTOS,
    excluded: Mapping[int, list[str]] = NO_OTHERS,
) -> list[dict[str, Any]]:
    """Ideas with what became of them, what they exclude and, where somebody asked for photos, the first one of each."""
    return [
        {
            "proposal": proposal,
            "colour": {"accepted": "green", "refused": "red", "merged": "grey"}.get(proposal.state, "blue"),
            "joined": None if getattr(proposal, "other_is_hidden", False) else proposal.merged_into,
            "support": support_words(proposal),
            "costs": _costs_of(proposal) if proposal.state == Proposal.State.ACCEPTED else "",
            "photo": photos.get(proposal.pk),
            "excludes": only_one_sentence(excluded.get(proposal.pk, ())),
        }
        for proposal in proposals
    ]


def ideas_by_square(ideas: Sequence[Proposal], outline: Mapping[str, Any]) -> tuple[Grid, list[dict[str, Any]]]:
    """The outline with the squares that ideas chose, and the ideas of each square; last those that chose none."""
    placed = [idea for idea in ideas if idea.longitude is not None and idea.latitude is not None]
    grid, numbers = squares_of(outline, [(float(idea.longitude or 0), float(idea.latitude or 0)) for idea in placed])
    rows: list[dict[str, Any]] = [
        {"title": square_text(square), "ideas": here}
        for square in grid.squares
        if (here := [idea for idea, number in zip(placed, numbers, strict=True) if number == square.number])
    ]
    shown = {idea.pk for row in rows for idea in row["ideas"]}
    others = [idea for idea in ideas if idea.pk not in shown]
    return grid, [*rows, {"title": _("Anywhere, or in words only"), "ideas": others}] if others else rows


def support_words(proposal: Proposal) -> str:
    """How many people support an idea, as exactly as may be said; empty for one that does not stand."""
    number = getattr(proposal, "supporters", None)
    if number is None or proposal.state in {Proposal.State.MERGED, Proposal.State.REFUSED}:
        return ""
    if number < SHOWN_FROM:
        return _("Fewer than {number} people support it so far.").format(number=SHOWN_FROM)
    return ngettext("{number} person supports it.", "{number} people support it.", number).format(number=f"{number:,}")


def language_rows(languages: Mapping[str, Language], words: Iterable[IdeaWords]) -> list[dict[str, Any]]:
    """Every language with what stands in it and whether somebody checked that."""
    written = {one.language: one for one in words}
    return [
        {"language": language, "words": one, "state": state, "colour": colour}
        for code, language in languages.items()
        for one in [written.get(code)]
        for state, colour in [_state_of(one)]
    ]


def _state_of(words: IdeaWords | None) -> tuple[str, str]:
    if words is None:
        return "Not written yet", "grey"
    return ("Checked", "green") if words.read_by_id else ("To be checked", "yellow")


def count_text(number: int) -> str:
    """`1 idea`, `12 ideas`."""
    return ngettext("{number} idea", "{number} ideas", number).format(number=f"{number:,}")


def spot_text(place: str, grid: Grid | None) -> SafeString | str:
    """The square of a place in which an idea would be, in words; empty where none was chosen."""
    chosen = grid.squares[0] if grid and grid.squares else None
    if chosen is None:
        return ""
    return told("{place}: the square in the {where}.", place=Named(place), where=_(chosen.where))


def idea_facts(proposal: Proposal) -> list[tuple[str, SafeString | str]]:
    """Kind, place and costs of an idea."""
    facts: list[tuple[str, SafeString | str]] = [(_("Kind"), in_words(proposal.get_kind_display()))]
    if proposal.where:
        facts.append((_("Where"), as_written(proposal.where)))
    if proposal.state == Proposal.State.ACCEPTED:
        facts.append((_("To set it up"), pounds(proposal.capital_pence or 0)))
        facts.append((_("To run it for a year"), pounds(proposal.yearly_pence or 0)))
        if proposal.least_pence is not None:
            facts.append((_("It can start with"), pounds(proposal.least_pence)))
    support = support_words(proposal)
    return [*facts, (_("Support"), support)] if support else facts


def step_rows(steps: QuerySet[IdeaStep]) -> list[dict[str, Any]]:
    """Every step in words; members of the panel by name, officers and residents by what they are."""
    return [
        {
            "step": step,
            "other": None if getattr(step, "other_is_hidden", False) else step.other,
            "who": _who(step),
            "costs": _costs_of(step),
        }
        for step in steps
    ]


def _who(step: IdeaStep) -> SafeString | str:
    role, name = step.get_role_display(), step.taken_by.full_name
    if step.role != IdeaStep.Role.PANEL or not name:
        return in_words(role)
    return format_html("{}, {}", as_written(name), role.lower() if is_english() else in_words(role))


def _costs_of(costed: IdeaStep | Proposal) -> str:
    if costed.capital_pence is None:
        return ""
    said = _("{money} to set up, {yearly} a year.")
    costs = said.format(money=pounds(costed.capital_pence), yearly=pounds(costed.yearly_pence or 0))
    if costed.least_pence is None:
        return costs
    return f"{costs} {_('It can start with {money}.').format(money=pounds(costed.least_pence))}"
