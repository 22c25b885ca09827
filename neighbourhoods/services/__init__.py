from neighbourhoods.services.access import confirm_access, end_access, request_access
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
from neighbourhoods.services.ranking import compute_ranking

__all__ = [
    "EventRow",
    "compute_ranking",
    "confirm_access",
    "drain_stale",
    "end_access",
    "mark_stale",
    "publish_event",
    "publish_events",
    "publish_observations",
    "rebuild_figures",
    "refresh_figures",
    "republish_figures",
    "request_access",
    "sync_measures",
    "withdraw_events",
]
