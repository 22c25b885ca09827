"""Sentences and rows for the page of a funded project."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from cwf_portal.core.figures_text import day_text, pounds
from panels.ballot_presenters import price_sentence
from panels.models import Photo, Project, ProjectMilestone, ProjectNews

COLOURS = {"done": "green", "under_way": "blue", "stopped": "red", "changed": "yellow"}


def project_facts(project: Project) -> list[tuple[str, str]]:
    """Who is responsible, what it costs, and what was spent by when."""
    delivery = project.delivery
    told = day_text(delivery.reported_at)
    return [
        ("Responsible", delivery.owner or "Not said yet"),
        ("Price on the ballot", f"{pounds(project.price_pence)}: {price_sentence(project, project.years_covered)}"),
        ("Spent so far", f"{pounds(delivery.spent_pence)}, as the panel said on {told}"),
        ("Left of the price", pounds(max(project.price_pence - delivery.spent_pence, 0))),
    ]


def money_bars(project: Project) -> list[tuple[str, int]]:
    """What was spent beside the price."""
    return [("Price on the ballot", project.price_pence), ("Spent so far", project.delivery.spent_pence)]


def milestone_rows(milestones: Iterable[ProjectMilestone], today: date) -> list[dict[str, Any]]:
    """Milestones with how they stand today."""
    return [{"milestone": milestone, **_standing(milestone, today)} for milestone in milestones]


def news_rows(news: Iterable[ProjectNews], photos: Mapping[int, list[Photo]]) -> list[dict[str, Any]]:
    """News with the photos that were added to it."""
    return [{"item": item, "photos": photos.get(item.pk, [])} for item in news]


def _standing(milestone: ProjectMilestone, today: date) -> dict[str, str]:
    if milestone.done_on:
        return {"words": "Done", "colour": "green"}
    return {"words": "Late", "colour": "red"} if milestone.due_on < today else {"words": "To come", "colour": "grey"}
