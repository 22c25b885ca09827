"""What waits about prices: months whose figure is missing while payments go by the old factor."""

from django.utils.text import get_text_list

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from cwf_portal.core.waiting import WaitingItem, register_waiting
from grants.selectors.uplifts import agreements_without_figure

TO_LOAD = (
    "Load the latest file of the Office for National Statistics with manage.py load_price_indices; then payments rise"
    " by themselves."
)
TO_KNOW = (
    "Nothing for you to do: payments go on at the rate before, and rise by themselves once an administrator has loaded"
    " the figure."
)


@register_waiting
def waiting(user: User) -> list[WaitingItem]:
    """The missing figures in one line: to load for whoever may load figures, good to know for who sees cases."""
    loads = has_permission(user, Permission.LOAD_PLACES)
    if not loads and not has_permission(user, Permission.VIEW_CASES):
        return []
    missing = agreements_without_figure()
    if not missing:
        return []
    months = get_text_list([f"{month:%B %Y}" for month, _ in missing], "and")
    count = sum(number for _, number in missing)
    waits = f"Yearly price rises that wait for this: {count}."
    if loads:
        return [WaitingItem(f"Load the consumer prices (CPIH) of {months}", f"{waits} {TO_LOAD}", "", "do")]
    return [WaitingItem(f"Consumer prices (CPIH) of {months} are not loaded yet", f"{waits} {TO_KNOW}", "", "know")]
