"""What is waiting for a person: every room registers a function, the home page lists what they say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cwf_portal.core.models import User

LAST = datetime.max.replace(tzinfo=UTC)
Kind = Literal["do", "late", "know"]


@dataclass(frozen=True)
class WaitingItem:
    """One line on a home page. `count` things behind one link; `due_at` aware, None when nothing presses."""

    title: str
    detail: str
    url: str
    kind: Kind
    count: int = 1
    due_at: datetime | None = None


Source = Callable[["User"], list[WaitingItem]]
_sources: list[Source] = []


def register_waiting(source: Source) -> Source:
    """Register a room's `waiting(user)`."""
    if source not in _sources:
        _sources.append(source)
    return source


def waiting_for(user: "User") -> dict[Kind, list[WaitingItem]]:
    """All items by kind: late first by date, then by title."""
    groups: dict[Kind, list[WaitingItem]] = {"late": [], "do": [], "know": []}
    for source in _sources:
        for item in source(user):
            groups[item.kind].append(item)
    for items in groups.values():
        items.sort(key=lambda item: (item.due_at or LAST, item.title))
    return groups
