"""Red banners of the payments desk."""

from django.template.defaultfilters import pluralize
from django.urls import reverse

from cwf_portal.core.alarms import Alarm, register_alarm
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from grants.errors import in_pounds
from grants.selectors.bank_lines import contradictions
from grants.selectors.files import payments_in_question
from grants.selectors.pauses import pauses_now


@register_alarm
def alarms(user: User) -> list[Alarm]:
    """For everybody who works with payments: pauses, money that left and counts as not paid, files that wait."""
    if not has_permission(user, Permission.VIEW_RUNS):
        return []
    return [*_pauses(), *_contradictions(), *_in_question()]


def _in_question() -> list[Alarm]:
    """One organisation's bank details keep the money of others back: said at once, with the way out."""
    return [
        Alarm(
            title=f"{payment.run} waits: bank details of {payment.payee_name} have changed, or may",
            detail=f"{_others(vars(payment)['others_count'])} with it. Ask to take it out; somebody else agrees, and "
            "the rest of the file leaves at once. If the new details are refused first, the file leaves by itself.",
            url=reverse("grants:payment-take-out", args=[payment.pk]),
        )
        for payment in payments_in_question()[:5]
    ]


def _others(count: int) -> str:
    return (
        f"{count} other payment{pluralize(count)} of its file wait{pluralize(count, 's,')}" if count else "None waits"
    )


def _contradictions() -> list[Alarm]:
    return [
        Alarm(
            title=f"The bank took {in_pounds(-line.amount_pence)} for a payment that counts as not paid",
            detail=f"{line}: {line.finding} Nothing more is paid for it until two people have explained the line.",
            url=reverse("grants:reconcile"),
        )
        for line in contradictions().select_related("statement")[:5]
    ]


def _pauses() -> list[Alarm]:
    url = reverse("grants:pause-list")
    return [
        Alarm(
            title=f"Paused: {str(pause)[0].lower()}{str(pause)[1:]}",
            detail=f"{pause.reason} Paused by {pause.placed_by}, {moment_text(pause.placed_at)}. "
            "Nothing of it is claimed, released or sent to the bank until two people let it go on.",
            url=url,
        )
        for pause in pauses_now()
    ]
