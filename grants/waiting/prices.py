"""What waits about prices: a month whose figure is missing while payments go by the old factor."""

from django.urls import reverse

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from cwf_portal.core.waiting import WaitingItem, register_waiting
from grants.selectors.uplifts import agreements_without_figure


@register_waiting
def waiting(user: User) -> list[WaitingItem]:
    """For everybody who sees cases, each missing figure, until an operator loads it."""
    if not has_permission(user, Permission.VIEW_CASES):
        return []
    return [
        WaitingItem(
            f"The CPIH figure for {month:%B %Y} is missing",
            "Payments go by the old rate until an operator loads it; then they rise at once.",
            reverse("grants:agreement-list"),
            "late",
            count,
        )
        for month, count in agreements_without_figure()
    ]
