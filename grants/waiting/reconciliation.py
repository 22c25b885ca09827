"""The alarm on the officers' desk: while the newest check found differences, or no check was made."""

from datetime import timedelta

from django.template.defaultfilters import pluralize
from django.urls import reverse

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from cwf_portal.core.waiting import WaitingItem, register_waiting
from grants.selectors.days import today
from grants.selectors.reconciliation import newest_report, were_files_made_before

RESTS = timedelta(days=2)


@register_waiting
def waiting(user: User) -> list[WaitingItem]:
    """For everybody who sees payments: differences of the newest check, or that checks have stopped."""
    if not has_permission(user, Permission.VIEW_RUNS):
        return []
    newest, since = newest_report(), today() - RESTS
    if newest is None:
        return [_unchecked("No check was ever made")] if were_files_made_before(since) else []
    items = []
    if newest.difference_count:
        items.append(
            WaitingItem(
                "Schedule, books and bank do not agree",
                f"The check of {newest.day:%-d %B %Y} found {newest.difference_count} "
                f"difference{pluralize(newest.difference_count)}",
                reverse("grants:reconciliation-detail", args=[newest.pk]),
                "late",
                newest.difference_count,
            )
        )
    if newest.day < since:
        items.append(_unchecked(f"The last check was of {newest.day:%-d %B %Y}"))
    return items


def _unchecked(what: str) -> WaitingItem:
    return WaitingItem(
        "Payments are not being checked",
        f"{what}; one is made every day while the worker runs",
        reverse("grants:reconciliation-list"),
        "late",
    )
