"""This room's part of every tick: note which figures are stale, and work them out again."""

from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from cwf_portal.core.clock import today
from cwf_portal.core.models import OutboxMessage
from cwf_portal.core.outbox import on_topic
from cwf_portal.core.ticks import each_tick, pending
from neighbourhoods.models import PlaceNews, StaleSlice
from neighbourhoods.services import (
    drain_stale,
    end_pages_at_dissolution,
    mark_stale,
    note_news,
    send_news,
    sync_measures,
)

_declared: set[str] = set()


@on_topic("figures.stale", name="neighbourhoods.note_stale")
def note_stale(message: OutboxMessage) -> None:
    """Payload: `measures` (codes) and `neighbourhood` (primary key) or `neighbourhoods` (several)."""
    places = message.payload.get("neighbourhoods") or [message.payload["neighbourhood"]]
    mark_stale(measures=message.payload["measures"], neighbourhood_ids=places)


@each_tick(name="neighbourhoods.measures", title="Definitions of figures", order=5)
def declare_measures(at: datetime) -> int:
    """Once in a process and database: a version with another rule or definition publishes by it when it starts."""
    database = str(connection.settings_dict["NAME"])
    if database in _declared:
        return 0
    changed = sync_measures(by="system:figures")
    _declared.add(database)
    return changed


@each_tick(name="neighbourhoods.figures", title="Figures on places’ pages", order=90)
def refresh_stale(at: datetime) -> int:
    """Publish what became stale; runs late in a tick, so that one pass covers all that the tick changed."""
    return drain_stale(by="system:figures")


@each_tick(name="neighbourhoods.news", title="News of places", order=80)
def tell_followers(at: datetime) -> int:
    """Write to whoever follows a place; after the rooms above have told what happened, and before letters go out."""
    return note_news(at) + send_news(at)


@each_tick(name="neighbourhoods.dissolution", title="Members’ pages when Parliament is dissolved", order=15)
def end_pages(at: datetime) -> int:
    """Write down what ended with a Parliament; nobody sees such a page any more, whether this has run or not."""
    return end_pages_at_dissolution(at)


@pending(name="neighbourhoods.news", title="News of places to be sent")
def unsent_news(at: datetime) -> QuerySet[PlaceNews]:
    """What those who are told at once have not been told, and no election holds back."""
    return PlaceNews.objects.sendable_on(today(at)).unsent()


@pending(name="neighbourhoods.figures", title="Figures to work out again")
def stale(at: datetime) -> QuerySet[StaleSlice]:
    """Slices that wait to be worked out again."""
    return StaleSlice.objects.all()
