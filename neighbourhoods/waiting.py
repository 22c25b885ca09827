"""What the home page tells MPs and the oversight group, and their links in the header."""

from typing import Any

from django.urls import reverse

from cwf_portal.core.languages import told
from cwf_portal.core.models import User
from cwf_portal.core.navigation import NavigationItem, register_navigation
from cwf_portal.core.permissions import Permission, has_permission
from cwf_portal.core.said import Named
from cwf_portal.core.waiting import WaitingItem, register_waiting
from neighbourhoods import selectors
from neighbourhoods.models import Area, Audience
from neighbourhoods.presenters.figures import MONEY, by_area, money
from neighbourhoods.selectors.days import today

MOST_FOLLOWED = 5


@register_waiting
def waiting(user: User) -> list[WaitingItem]:
    """The places one follows. For an MP: theirs, and what is late there. For the oversight group: the same of all."""
    items = _followed(user)
    if has_permission(user, Permission.VIEW_MP_HOME):
        items += _for_mp(user)
    if has_permission(user, Permission.VIEW_OVERSIGHT):
        items += _for_oversight()
    if has_permission(user, Permission.GRANT_ROLES):
        items += _for_administrator(user)
    if has_permission(user, Permission.DECLARE_ELECTION):
        url = reverse("neighbourhoods:election-list")
        items.append(WaitingItem("Elections", "Declare one: nothing new begins before it.", url, "know"))
    return items


def _followed(user: User) -> list[WaitingItem]:
    return [
        WaitingItem(
            told("You follow: {title}", title=Named(follow.neighbourhood.label)),
            told("We write to you once a week.") if follow.is_weekly else told("We write to you each time."),
            reverse("neighbourhoods:place-follow", args=[follow.neighbourhood.code]),
            "know",
        )
        for follow in selectors.places_followed_by(user)[:MOST_FOLLOWED]
    ]


def _for_administrator(user: User) -> list[WaitingItem]:
    url, waits = reverse("neighbourhoods:access-list"), selectors.accesses().filter(confirmed_by=None)
    count = waits.exclude(requested_by=user).exclude(user=user).count()
    items = [
        WaitingItem("Who sees a constituency’s page", "Open it to a Member or their staff, or end it.", url, "know")
    ]
    if count:
        items.append(
            WaitingItem("Confirm who sees a constituency", "Another administrator asked.", url, "do", count=count)
        )
    return items


def _for_mp(user: User) -> list[WaitingItem]:
    areas = list(selectors.constituencies_of(user))
    if not areas:
        return []
    places = {share.neighbourhood_id for share in selectors.shares_in_all(areas)}
    late = selectors.events_of(places, audience=Audience.MP).late(today()).count()
    names = ", ".join(area.name for area in areas)
    url = reverse("neighbourhoods:mp-home")
    items = [WaitingItem(f"Your places in {names}", _money_in(areas), url, "know")]
    if late:
        items.append(WaitingItem(f"Late in {names}", "What is late, and why.", url, "late", count=late))
    return items


def _money_in(areas: list[Area]) -> str:
    """As in "£13.3m set aside, £6.4m promised, £376,471 sent", for each constituency as it is published."""
    figures = by_area(selectors.figures_of(areas, codes=MONEY))
    said = [
        ", ".join(f"{figure.text} {figure.title.lower()}" for figure in money(figures[area.pk]))
        for area in areas
        if area.pk in figures
    ]
    return f"{'; '.join(said)}. What comes next, place by place." if said else "What comes next, place by place."


def _for_oversight() -> list[WaitingItem]:
    late = selectors.late_events(today(), audience=Audience.MP).count()
    url = reverse("neighbourhoods:oversight-home")
    items = [WaitingItem("The whole fund", "All places together, and region by region.", url, "know")]
    if late:
        items.append(WaitingItem("Late across the fund", "What is late, and why.", url, "late", count=late))
    return items


@register_navigation
def navigation(user: Any) -> list[NavigationItem]:
    """The header's links to these pages."""
    items = []
    if has_permission(user, Permission.VIEW_MP_HOME):
        items.append(NavigationItem("Your places", "neighbourhoods:mp-home", 30))
    if has_permission(user, Permission.VIEW_OVERSIGHT):
        items.append(NavigationItem("The whole fund", "neighbourhoods:oversight-home", 80))
    return items
