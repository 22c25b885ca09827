"""What the poster of a vote says, in every language of the portal: it hangs where everybody goes."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from cwf_portal.core.figures_text import moment_text, pounds
from cwf_portal.core.languages import Language, offered, sentences
from panels.models import Round
from panels.presenters import who_may_vote


def invitations_to(round: Round) -> list[dict[str, Any]]:
    """When one can vote, about what, who may and how, English first."""
    return [_invitation_in(language, round) for language in offered().values()]


def _invitation_in(language: Language, round: Round) -> dict[str, Any]:
    with override(language.code):
        opens, closes = moment_text(round.voting_opens_at), moment_text(round.voting_closes_at)
        decide = _("Residents decide {money}.").format(money=pounds(round.budget_pence))
        return {
            "language": language,
            "vote": sentences(_("Vote here"), ""),
            "when": sentences(_("From {opens} until {closes}").format(opens=opens, closes=closes), ""),
            "what": _("Say what matters most here.") if round.is_poll else decide,
            "who": sentences(who_may_vote(round), ""),
            "how": _("Point the camera of your phone at the square, or go to the address beside it."),
            "besides": _(
                "You can also vote on paper or with help: ask the panel. Your vote is sealed: no one person can open"
                " it."
            ),
        }
