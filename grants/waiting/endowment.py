"""What waits about the fund: a source that lacks money, and what a second person of finance or a director confirms."""

from django.urls import reverse

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from cwf_portal.core.waiting import WaitingItem, register_waiting
from grants.models import FundDecision, FundOrder, SpendingPolicy, Valuation
from grants.selectors.days import today
from grants.selectors.ledger import lacking_by_source
from grants.selectors.limits import confirmable_by, limits_to_confirm
from grants.services.headroom import lack_sentence


@register_waiting
def waiting(user: User) -> list[WaitingItem]:
    """For everybody who sees the fund, what is frozen; for whoever can confirm, what others proposed."""
    if not has_permission(user, Permission.VIEW_ENDOWMENT):
        return []
    items = [
        WaitingItem(
            f"Nothing new is promised from {source}",
            lack_sentence(source, lacking_pence),
            reverse("grants:endowment"),
            "late",
        )
        for source, lacking_pence in lacking_by_source()
    ]
    if has_permission(user, Permission.MANAGE_INVESTMENTS):
        items += _finance(user)
    if has_permission(user, Permission.MANAGE_ENDOWMENT):
        items += _directors(user)
    return items


def _finance(user: User) -> list[WaitingItem]:
    url = reverse("grants:investments")
    waits = (
        ("Confirm valuations", "What holdings are worth by a statement", Valuation.objects.proposed()),
        ("Confirm orders of finance", "Investments, costs, interest", FundOrder.objects.proposed()),
    )
    counted = [(title, detail, found.exclude(proposed_by=user).count()) for title, detail, found in waits]
    return [WaitingItem(title, detail, url, "do", count) for title, detail, count in counted if count]


def _directors(user: User) -> list[WaitingItem]:
    waits = (
        ("Confirm decisions about the fund", "grants:decision-list", FundDecision.objects.proposed()),
        ("Confirm a spending policy", "grants:endowment", SpendingPolicy.objects.proposed()),
    )
    counted = [(title, url, found.exclude(proposed_by=user).count()) for title, url, found in waits]
    limits = confirmable_by(user, limits_to_confirm(), today())
    counted.append(("Confirm a limit of authority", "grants:limit-list", len(limits)))
    return [
        WaitingItem(title, "Proposed by the other director", reverse(url), "do", count)
        for title, url, count in counted
        if count
    ]
