"""Whether a letter with a code is still in time."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.timezone import localdate

from cwf_portal.core.figures_text import day_text
from panels.models import Round
from panels.services.letters import BEFORE_CLOSE


def letter_notes(rounds: Iterable[Round], at: datetime) -> list[str]:
    """For each vote that a letter could be for: by when it must be asked for, or that it comes too late."""
    return [_note(round, at) for round in rounds]


def _note(round: Round, at: datetime) -> str:
    closes, by = day_text(localdate(round.voting_closes_at)), round.voting_closes_at - BEFORE_CLOSE
    if at < by:
        return f"For “{round.title}”, which closes on {closes}, ask for it by {day_text(localdate(by))}."
    return f"For “{round.title}”, which closes on {closes}, a letter may come too late: choose another way."
