"""What the form of a new round begins with: a template, or a round of the past; and what a result waits for."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cwf_portal.core.figures_text import day_text, moment_text
from panels.domain.round_templates import TEMPLATES, RoundDays, RoundTemplate, days_from
from panels.models import Phase, Round
from panels.models.round import CHALLENGE_WINDOW
from panels.services import challenge_ends_at
from panels.wording import PARTS, WHOLE

TO_OPEN = gettext_noop(
    "The box is opened after {until}, or sooner if everybody who voted has shown where they live. Then people can "
    "object to the result for {days} days. After that two people end the vote, and the result is final."
)
TO_OBJECT_TO = gettext_noop(
    "Published on {published}. People of the place can object to it until {until}. After that two people end the vote, "
    "and the result is final."
)
TO_END = gettext_noop(
    "Published on {published}. The time for objections is over. Two people have still to end the vote."
)
FINAL = gettext_noop(
    "Published on {published}. Final since {final}: two people have ended the vote, and the locked votes are deleted."
)
FIRST_DAY_IN = timedelta(days=7)  # enough to tell people that ideas are wanted


def beginnings(past: Iterable[Round]) -> list[dict[str, str]]:
    """Templates and rounds that a new one can begin with, each with the value that addresses name it by."""
    templates = [{"value": each.code, "title": each.title, "what": each.what} for each in TEMPLATES]
    return templates + [
        {"value": str(round.pk), "title": f"Like “{round.title}”", "what": "Its ballot, its rules and its days again."}
        for round in past
    ]


def from_template(template: RoundTemplate, *, available_pence: int, today: date) -> dict[str, Any]:
    """Initial values of the form; the money is what can be decided, up to what the template is for."""
    most = template.most_budget_pence
    budget = available_pence if most is None else min(most, available_pence)
    return {
        "ballot_kind": template.kind.value,
        "rule": template.rule.value,
        "budget_pence": budget or None,
        "most_choices": template.most_choices,
        **asdict(days_from(today + FIRST_DAY_IN, template.days)),
    }


def from_round(round: Round, *, project_count: int, today: date) -> dict[str, Any]:
    """Initial values of the form: everything of a past round but its name, its ideas and its dates.

    A limit as large as the ballot was none: the freeze cut it to that. In a poll it is the number of priorities.
    """
    had_no_limit = round.most_choices == project_count and not round.is_poll
    past = RoundDays(
        localdate(round.ideas_open_at),
        localdate(round.ideas_close_at),
        localdate(round.voting_opens_at),
        localdate(round.voting_closes_at),
    )
    return {
        "ballot_kind": round.ballot_kind,
        "rule": round.rule,
        "budget_pence": round.budget_pence or None,
        "most_choices": None if had_no_limit else round.most_choices,
        "points": round.points or None,
        "most_points": round.most_points or None,
        "minimum_age": round.minimum_age,
        "at_least": round.at_least if round.at_least > 1 else None,
        "years_covered": round.years_covered,
        "gives_parts": PARTS if round.gives_parts else WHOLE,
        "completion": round.completion,
        "utility": round.utility,
        **asdict(days_from(today + FIRST_DAY_IN, past.days)),
    }


def course_of(round: Round, at: datetime) -> list[tuple[str, str]]:
    """What becomes of the votes, and when: a row for the page of a vote; none of one that never came or is annulled."""
    said = worth_of(round, at) or _before_the_result(round, at)
    return [(_("The result"), said)] if said else []


def worth_of(round: Round, at: datetime) -> str:
    """Whether people can still object to a published result, or it is final; empty before there is one."""
    ends_at = challenge_ends_at(round)
    if ends_at is None or not round.has_result_at(at):
        return ""
    published = day_text(ends_at - CHALLENGE_WINDOW)
    if round.certified_at:
        return _(FINAL).format(published=published, final=day_text(round.certified_at))
    if at < ends_at:
        return _(TO_OBJECT_TO).format(published=published, until=moment_text(ends_at))
    return _(TO_END).format(published=published)


def _before_the_result(round: Round, at: datetime) -> str:
    phase = round.phase_at(at)
    if phase in {Phase.ANNULLED, Phase.MISSED}:
        return ""
    if phase is Phase.OPENED:
        return _("The votes are counted. The panel publishes the result next.")
    return _(TO_OPEN).format(until=moment_text(round.show_by), days=CHALLENGE_WINDOW.days)


def objections_until(round: Round, at: datetime) -> str:
    """Until when people of the place can object to the result; empty once they no longer can, or before it is out."""
    ends_at = challenge_ends_at(round)
    return moment_text(ends_at) if ends_at and at < ends_at else ""
