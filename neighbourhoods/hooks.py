"""Where upper rooms hang their links and facts on a place's page, so that this room imports nothing from above."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cwf_portal.core.permissions import AnyUser
    from neighbourhoods.models import Neighbourhood


@dataclass(frozen=True)
class PlaceLink:
    """Something to do or read about a place: where it leads, what it says, and whether it is the main thing to do.

    `is_sample` marks what was invented for the demo.
    """

    title: str
    url: str
    detail: str = ""
    is_main: bool = False
    is_sample: bool = False


PlacePanel = Callable[["Neighbourhood", "AnyUser"], list[PlaceLink]]
_panels: list[PlacePanel] = []


def register_place_panel(panel: PlacePanel) -> PlacePanel:
    """Register `fn(neighbourhood, user) -> links`, called for every place page; it must take few queries."""
    if panel not in _panels:
        _panels.append(panel)
    return panel


def place_links(neighbourhood: "Neighbourhood", user: "AnyUser") -> list[PlaceLink]:
    """What the upper rooms offer here, the main things first."""
    links = [link for panel in _panels for link in panel(neighbourhood, user)]
    return sorted(links, key=lambda link: not link.is_main)
