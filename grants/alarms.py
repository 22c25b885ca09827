"""Red banners of the payments desk."""

from django.urls import reverse

from cwf_portal.core.alarms import Alarm, register_alarm
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from grants.selectors.pauses import pauses_now


@register_alarm
def alarms(user: User) -> list[Alarm]:
    """Pauses in force, for everybody who works with payments."""
    if not has_permission(user, Permission.VIEW_RUNS):
        return []
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
