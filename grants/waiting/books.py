"""What waits for those who keep the ledger: corrections and months that somebody else asked for."""

from django.urls import reverse

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from cwf_portal.core.waiting import WaitingItem, register_waiting
from grants.selectors.books import corrections_to_decide, months_to_close


@register_waiting
def waiting(user: User) -> list[WaitingItem]:
    """Corrections to decide and months to close."""
    if not has_permission(user, Permission.KEEP_LEDGER):
        return []
    items = [
        WaitingItem(
            title=f"Reverse journal {correction.journal_id}?",
            detail=correction.reason,
            url=reverse("grants:correction-list"),
            kind="do",
        )
        for correction in corrections_to_decide(user)
    ]
    items += [
        WaitingItem(
            title=f"Close {close}?",
            detail=f"Asked by {close.asked_by}",
            url=reverse("grants:month-list"),
            kind="do",
        )
        for close in months_to_close(user)
    ]
    return items
