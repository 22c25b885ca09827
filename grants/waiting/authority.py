"""What waits about ranks: what a second administrator confirms, and for whom one acts."""

from django.urls import reverse

from cwf_portal.core.figures_text import day_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from cwf_portal.core.waiting import WaitingItem, register_waiting
from grants.selectors.authority import acting_for, changes_to_confirm, delegations_to_confirm
from grants.selectors.days import today


@register_waiting
def waiting(user: User) -> list[WaitingItem]:
    """For administrators what others asked for; for officers whose authority they hold."""
    day, items = today(), []
    if has_permission(user, Permission.GRANT_ROLES):
        url = reverse("grants:officer-list")
        ranks = changes_to_confirm().exclude(requested_by=user).exclude(user=user).count()
        handed = delegations_to_confirm(day).exclude(giver=user).exclude(taker=user).count()
        waits = (("Confirm ranks", "Another administrator asked", ranks), ("Confirm who acts for whom", "", handed))
        items += [WaitingItem(title, detail, url, "do", count) for title, detail, count in waits if count]
    if has_permission(user, Permission.APPROVE_AGREEMENT):
        items += [
            WaitingItem(
                f"You act for {one.giver}",
                f"Until {day_text(one.to_on)}: {one.reason}",
                reverse("grants:stand-in-list"),
                "know",
            )
            for one in acting_for(user, day)
        ]
    return items
