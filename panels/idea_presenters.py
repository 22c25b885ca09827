"""Sentences and rows for the pages of ideas."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet

from cwf_portal.core.figures_text import pounds
from cwf_portal.core.grids import Grid, squares_of
from panels.ballot_presenters import only_one_sentence
from panels.models import IdeaStep, Photo, Proposal
from panels.selectors.ideas import SHOWN_FROM

FEW_IN_WORDS = f"Fewer than {SHOWN_FROM} people support it so far."
NO_PHOTOS: Mapping[int, Photo] = MappingProxyType({})
NO_OTHERS: Mapping[int, list[str]] = MappingProxyType({})
STEP_ROLES = {IdeaStep.Role.PANEL: "the panel", IdeaStep.Role.OFFICER: "an officer of the fund"}


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
        {"title": f"Square {square.number}, {square.where}", "ideas": here}
        for square in grid.squares
        if (here := [idea for idea, number in zip(placed, numbers, strict=True) if number == square.number])
    ]
    shown = {idea.pk for row in rows for idea in row["ideas"]}
    others = [idea for idea in ideas if idea.pk not in shown]
    return grid, [*rows, {"title": "Anywhere, or in words only", "ideas": others}] if others else rows


def support_words(proposal: Proposal) -> str:
    """How many people support an idea, as exactly as may be said; empty for one that does not stand."""
    number = getattr(proposal, "supporters", None)
    if number is None or proposal.state in {Proposal.State.MERGED, Proposal.State.REFUSED}:
        return ""
    return FEW_IN_WORDS if number < SHOWN_FROM else f"{number:,} people support it."


def idea_facts(proposal: Proposal) -> list[tuple[str, str]]:
    """Kind, place and costs of an idea."""
    facts = [("Kind", proposal.get_kind_display())]
    if proposal.where:
        facts.append(("Where", proposal.where))
    if proposal.state == Proposal.State.ACCEPTED:
        facts.append(("To set it up", pounds(proposal.capital_pence or 0)))
        facts.append(("To run it for a year", pounds(proposal.yearly_pence or 0)))
        if proposal.least_pence is not None:
            facts.append(("It can start with", pounds(proposal.least_pence)))
    support = support_words(proposal)
    return [*facts, ("Support", support)] if support else facts


def step_rows(steps: QuerySet[IdeaStep]) -> list[dict[str, Any]]:
    """Every step in words; members of the panel by name, officers and residents by what they are."""
    return [
        {
            "step": step,
            "other": None if getattr(step, "other_is_hidden", False) else step.other,
            "who": f"{step.taken_by.full_name}, {step.get_role_display().lower()}"
            if step.role == IdeaStep.Role.PANEL and step.taken_by.full_name
            else step.get_role_display(),
            "costs": _costs_of(step),
        }
        for step in steps
    ]


def _costs_of(step: IdeaStep) -> str:
    if step.capital_pence is None:
        return ""
    costs = f"{pounds(step.capital_pence)} to set up, {pounds(step.yearly_pence or 0)} a year."
    return costs if step.least_pence is None else f"{costs} It can start with {pounds(step.least_pence)}."
