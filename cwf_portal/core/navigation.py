"""The links in the header: the same for everybody, and those that a room adds for its people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from cwf_portal.core.permissions import Permission


@dataclass(frozen=True)
class NavigationItem:
    """One link in the header.

    Attributes:
        title: One or two words.
        url_name: Name of the page; the link is left out where there is no such page.
        order: Smaller stands further left; ours are 10 (places) and 20 (home).
    """

    title: str
    url_name: str
    order: int = 50


Source = Callable[[Any], list[NavigationItem]]
OWN = (
    (Permission.VIEW_PEOPLE, NavigationItem("People", "core:people-list", 90)),
    (Permission.VIEW_OPERATIONS, NavigationItem("Operations", "core:operations", 92)),
)
_sources: list[Source] = []


def register_navigation(source: Source) -> Source:
    """Register a room's `navigation(user)`; `user` is signed in."""
    if source not in _sources:
        _sources.append(source)
    return source


@register_navigation
def own_pages(user: Any) -> list[NavigationItem]:
    """Core's pages for those who look after people and machines."""
    return [item for permission, item in OWN if permission in user.permissions]


def navigation_for(user: Any, path: str) -> list[dict[str, Any]]:
    """Links for the header as `title`, `url`, `is_here` and `is_below`; `user` may be None or anonymous."""
    items = [NavigationItem("Find a place", "neighbourhoods:start", 10)]
    if getattr(user, "is_authenticated", False):
        items.append(NavigationItem("Your home", "core:home", 20))
        items += [item for source in _sources for item in source(user)]
    links = [(item, address(item.url_name)) for item in sorted(items, key=lambda item: item.order)]
    return [
        {"title": item.title, "url": url, "is_here": path == url, "is_below": url != "/" and path.startswith(url)}
        for item, url in links
        if url
    ]


def address(url_name: str) -> str:
    """Where the page is, or "" when this installation has none of that name."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
