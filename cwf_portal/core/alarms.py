"""What must not be overlooked: every room registers a function, home and desk pages show what they say in red."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cwf_portal.core.models import User


@dataclass(frozen=True)
class Alarm:
    """One red banner: what is the matter in a few words, what about it, and where to act."""

    title: str
    detail: str
    url: str


Source = Callable[["User"], list[Alarm]]
_sources: list[Source] = []


def register_alarm(source: Source) -> Source:
    """Register a room's `alarms(user)`; it asks the database little, because it stands on many pages."""
    if source not in _sources:
        _sources.append(source)
    return source


def alarms_for(user: "User") -> list[Alarm]:
    """Every alarm that concerns the person, in the order in which the rooms registered."""
    return [alarm for source in _sources for alarm in source(user)]
