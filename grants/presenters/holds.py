"""What an agreement's page says of each open hold: how it goes, and a way there for whoever may act."""

from dataclasses import dataclass

from django.urls import reverse

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from grants.models import Agreement, Hold, TrancheStatus
from grants.selectors.bank_lines import contradicted

R = Hold.Reason
BY_TWO = (R.REJECTED, R.RETURNED, R.TAKEN_OUT)


@dataclass(frozen=True)
class HoldCard:
    """An open hold: where this person goes about it, or who does; neither where the portal lifts it by itself."""

    hold: Hold
    action: str = ""
    url: str = ""
    who: str = ""


def hold_cards(agreement: Agreement, user: User) -> list[HoldCard]:
    """Open holds of an agreement from `case_file`; a payment that a variation cancelled is held by nothing any more."""
    holds = [one for one in agreement.holds.all() if one.lifted_at is None and not is_over(one)]
    doubts = {one.tranche_id for one in holds if one.reason == R.IN_DOUBT and one.tranche_id}
    unexplained = contradicted(doubts) if doubts else set()
    return [_card(hold, user, unexplained=hold.tranche_id in unexplained) for hold in holds]


def is_over(hold: Hold) -> bool:
    """Whether what it holds was cancelled."""
    return hold.tranche is not None and hold.tranche.status == TrancheStatus.CANCELLED


def _card(hold: Hold, user: User, *, unexplained: bool) -> HoldCard:
    may = user.permissions
    is_paid = hold.tranche is not None and hold.tranche.status == TrancheStatus.PAID
    if hold.reason == R.UNSPENT and hold.tranche is not None and Permission.REVIEW_AGREEMENT in may:
        url = reverse("grants:unspent-propose", args=[hold.agreement.reference, hold.tranche.number])
        return HoldCard(hold, "Decide what is paid now", url)
    if hold.reason in BY_TWO and not (hold.reason == R.TAKEN_OUT and is_paid):
        url = reverse("grants:held-list") if Permission.VIEW_RUNS in may else ""
        return HoldCard(hold, "Two people let it go on", url) if url else HoldCard(hold)
    if hold.reason == R.IN_DOUBT and unexplained:
        url = reverse("grants:reconcile") if Permission.VIEW_RUNS in may else ""
        return HoldCard(hold, "Two people explain the bank’s line", url) if url else HoldCard(hold)
    is_lifted_by_one = hold.placed_by_id is not None or hold.reason == R.IN_DOUBT
    if not is_lifted_by_one or Permission.HOLD_PAYMENT not in may:
        return HoldCard(hold)
    if hold.placed_by_id == user.pk:
        return HoldCard(hold, who="You placed this hold. Another officer lifts it.")
    return HoldCard(hold, "Lift this hold", reverse("grants:hold-lift", args=[hold.pk]))
