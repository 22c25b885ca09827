"""Red banners of the payments desk."""

from django.template.defaultfilters import pluralize
from django.urls import reverse

from cwf_portal.core.alarms import Alarm, register_alarm
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from grants.errors import in_pounds
from grants.presenters.payments import question_card
from grants.selectors.bank_lines import contradictions
from grants.selectors.files import payments_in_question
from grants.selectors.pauses import pauses_now

AT_MOST = 5  # banners of one kind; then one says how many more there are, and where


@register_alarm
def alarms(user: User) -> list[Alarm]:
    """For everybody who works with payments: pauses, money that left and counts as not paid, files that wait."""
    if not has_permission(user, Permission.VIEW_RUNS):
        return []
    return [*_pauses(), *_contradictions(), *_in_question(user)]


def _in_question(user: User) -> list[Alarm]:
    """One organisation's bank details keep the money of others back: said at once, with the way out."""
    found = payments_in_question()
    cards = [question_card(payment, user) for payment in found[:AT_MOST]]
    told = [Alarm(card.title, card.text, card.url) for card in cards]
    if len(told) == AT_MOST and (more := found.count() - AT_MOST) > 0:
        title = f"{more} more payment{pluralize(more)} keep{pluralize(more, 's,')} a file back by bank details"
        told.append(Alarm(title, "All of them stand on the page of held payments.", reverse("grants:held-list")))
    return told


def _contradictions() -> list[Alarm]:
    url, found = reverse("grants:reconcile"), contradictions()
    told = [
        Alarm(
            title=f"The bank took {in_pounds(-line.amount_pence)} for a payment that counts as not paid",
            detail=f"{line}: {line.finding} Nothing more is paid for it until two people have explained the line.",
            url=url,
        )
        for line in found.select_related("statement")[:AT_MOST]
    ]
    if len(told) == AT_MOST and (more := found.count() - AT_MOST) > 0:
        title = f"{more} more line{pluralize(more)} of the bank {pluralize(more, 'is,are')} about payments not paid"
        told.append(Alarm(title, "All of them stand among the lines that nobody has explained.", url))
    return told


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
