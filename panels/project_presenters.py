"""Sentences and rows for the page of a funded project."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from cwf_portal.core.figures_text import day_text, pounds
from cwf_portal.core.languages import as_written
from panels.ballot_presenters import price_sentence
from panels.models import Photo, Project, ProjectMilestone, ProjectNews

COLOURS = {"done": "green", "under_way": "blue", "stopped": "red", "changed": "yellow"}


def project_facts(project: Project) -> list[tuple[str, str]]:
    """Who is responsible, what it costs, and what was spent by when."""
    delivery, is_part = project.delivery, project.delivery.part_pence is not None
    gets = _("{money} of it: what was left, and enough to start").format(money=pounds(delivery.granted_pence))
    spent = _("{money}, as the panel said on {day}")
    return [
        (_("Responsible"), as_written(delivery.owner) if delivery.owner else _("Not said yet")),
        (_("Price on the ballot"), f"{pounds(project.price_pence)}: {price_sentence(project, project.years_covered)}"),
        *([(_("Money it gets"), gets)] if is_part else []),
        (_("Spent so far"), spent.format(money=pounds(delivery.spent_pence), day=day_text(delivery.reported_at))),
        (
            _("Left of what it gets") if is_part else _("Left of the price"),
            pounds(max(delivery.granted_pence - delivery.spent_pence, 0)),
        ),
    ]


def money_bars(project: Project) -> list[tuple[str, int]]:
    """What was spent beside the price, and beside what it gets where that is a part."""
    delivery = project.delivery
    gets = [(_("Money it gets"), delivery.part_pence)] if delivery.part_pence is not None else []
    return [(_("Price on the ballot"), project.price_pence), *gets, (_("Spent so far"), delivery.spent_pence)]


def milestone_rows(milestones: Iterable[ProjectMilestone], today: date) -> list[dict[str, Any]]:
    """Milestones with how they stand today."""
    return [{"milestone": milestone, **_standing(milestone, today)} for milestone in milestones]


def news_rows(news: Iterable[ProjectNews], photos: Mapping[int, list[Photo]]) -> list[dict[str, Any]]:
    """News with the photos that were added to it."""
    return [{"item": item, "photos": photos.get(item.pk, [])} for item in news]


def _standing(milestone: ProjectMilestone, today: date) -> dict[str, str]:
    if milestone.done_on:
        return {"words": _("Done"), "colour": "green"}
    is_late = milestone.due_on < today
    return {"words": _("Late"), "colour": "red"} if is_late else {"words": _("To come"), "colour": "grey"}
