"""What a letter with a code says, and whether it is still in time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import override

from cwf_portal.core.figures_text import day_text
from cwf_portal.core.languages import Language, as_code, as_written, offered
from panels.models import Round
from panels.services.letters import BEFORE_CLOSE


def letter_notes(rounds: Iterable[Round], at: datetime) -> list[str]:
    """For each vote that a letter could be for: by when it must be asked for, or that it comes too late."""
    return [_note(round, at) for round in rounds]


def _note(round: Round, at: datetime) -> str:
    closes, by = day_text(localdate(round.voting_closes_at)), round.voting_closes_at - BEFORE_CLOSE
    said = _("For “{title}”, which closes on {closes}, ask for it by {by}.")
    if at >= by:
        said = _("For “{title}”, which closes on {closes}, a letter may come too late: choose another way.")
    return format_html(said, title=as_written(round.title), closes=closes, by=day_text(localdate(by)))


def letter_texts(address: str) -> list[dict[str, Any]]:
    """What stands on the sheet with a code, in every language: whose reads what is not kept.

    Args:
        address: where the code is typed in.
    """
    return [_text_in(language, address) for language in offered().values()]


def _text_in(language: Language, address: str) -> dict[str, Any]:
    with override(language.code):
        type_it_in = _(
            "Sign in and type it in at {address} within four weeks. Give it to nobody else. If you did not ask for it, "
            "throw this letter away."
        )
        return {
            "language": language,
            "heading": _("Your code to vote"),
            "what": _("Somebody at this address asked us for this code. It shows that you live here."),
            "how": format_html(type_it_in, address=as_code(address)),
        }
