"""Publishing events: dated lines of a place's life, pushed down by the rooms above."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from cwf_portal.core.bulk import add_rows
from neighbourhoods.models import Audience, Event, Neighbourhood

CHANGING = ("kind", "neighbourhood", "happens_on", "done_at", "params", "link", "audience")


@dataclass(frozen=True)
class EventRow:
    """One event to publish; `key` names it for good, `done_at` is aware, `link` a path of ours or ""."""

    key: str
    kind: str
    neighbourhood_id: int
    happens_on: date
    done_at: datetime | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    link: str = ""
    audience: str = Audience.PUBLIC


def publish_event(
    *,
    key: str,
    kind: str,
    neighbourhood: Neighbourhood,
    happens_on: date,
    done_at: datetime | None = None,
    params: Mapping[str, Any] | None = None,
    link: str = "",
    audience: str = Audience.PUBLIC,
) -> None:
    """Add or change one event, in the caller's transaction and under the caller's `acting`."""
    row = EventRow(key, kind, neighbourhood.pk, happens_on, done_at, params or {}, link, audience)
    publish_events(rows=[row])


def publish_events(*, rows: Iterable[EventRow]) -> None:
    """Add or change many events at once. The same rows again change nothing and leave no history."""
    events = [
        (
            row.key,
            row.kind,
            row.neighbourhood_id,
            row.happens_on,
            row.done_at,
            json.dumps(dict(row.params)),
            row.link,
            row.audience,
        )
        for row in rows
    ]
    add_rows(Event, ("key", *CHANGING), events, replace_by="key")


def withdraw_events(*, keys: Sequence[str]) -> int:
    """Take back events that will not happen, in the caller's transaction; their history stays. Returns how many."""
    return Event.objects.filter(key__in=keys).delete()[0]
