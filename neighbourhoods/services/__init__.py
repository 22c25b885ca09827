from neighbourhoods.services.access import confirm_access, end_access, request_access
from neighbourhoods.services.elections import (
    declare_period,
    end_pages_at_dissolution,
    require_no_election,
    take_period_back,
)
from neighbourhoods.services.events import EventRow, publish_event, publish_events, withdraw_events
from neighbourhoods.services.figures import (
    drain_stale,
    mark_stale,
    publish_observations,
    rebuild_figures,
    refresh_figures,
    republish_figures,
    sync_measures,
)
from neighbourhoods.services.following import follow_place, unfollow_place
from neighbourhoods.services.news import note_news, send_news
from neighbourhoods.services.ranking import compute_ranking

__all__ = [
    "EventRow",
    "compute_ranking",
    "confirm_access",
    "declare_period",
    "drain_stale",
    "end_access",
    "end_pages_at_dissolution",
    "follow_place",
    "mark_stale",
    "note_news",
    "publish_event",
    "publish_events",
    "publish_observations",
    "rebuild_figures",
    "refresh_figures",
    "republish_figures",
    "request_access",
    "require_no_election",
    "send_news",
    "sync_measures",
    "take_period_back",
    "unfollow_place",
    "withdraw_events",
]
