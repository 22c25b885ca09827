"""What grants does by itself: draft what panels decide, let offers lapse, raise payments with prices, close terms."""

from datetime import datetime

from cwf_portal.core.audit import acting
from cwf_portal.core.models import OutboxMessage
from cwf_portal.core.outbox import on_topic
from cwf_portal.core.ticks import each_tick, pending
from grants.figures import late_by_place
from grants.selectors.agreements import (
    anniversaries_to_post,
    has_standing_agreement,
    offers_to_lapse,
    terms_to_close,
)
from grants.selectors.figures import published_late_counts
from grants.selectors.uplifts import uplifts_past_figures
from grants.services import complete_agreements, draft_agreement, lapse_offers
from grants.services.agreements import was_annulled
from grants.services.publishing import LATE
from grants.services.uplift import raise_with_prices
from neighbourhoods.services import mark_stale
from panels.selectors import resolution_by_pk

CALENDAR = "system:calendar"
DECISIONS = "system:decisions"


@on_topic("panels.resolution_carried", name="grants.draft_agreement")
def draft_from_decision(message: OutboxMessage) -> None:
    """Draft an agreement for a decision; a place that has one already needs no second, an annulled vote none."""
    resolution = resolution_by_pk(message.payload["resolution"])
    if not has_standing_agreement(resolution.panel.neighbourhood_id) and not was_annulled(resolution):
        draft_agreement(by=DECISIONS, resolution=resolution)


@each_tick(name="grants.calendar", title="Offers, years, price rises and ends of agreements", order=20)
def follow_the_calendar(at: datetime) -> int:
    """Lapse offers, post anniversaries, complete agreements, refresh what became late; returns how much changed."""
    changed = lapse_offers(by=CALENDAR, at=at) + raise_with_prices(by=CALENDAR, at=at)
    return changed + complete_agreements(by=CALENDAR, at=at) + _refresh_late()


pending(name="grants.offers_to_lapse", title="Offers that have run out")(offers_to_lapse)
pending(name="grants.anniversaries_to_post", title="Years of agreements to enter in the books")(anniversaries_to_post)
pending(name="grants.uplifts_past_figures", title="Price rises whose figures came late")(uplifts_past_figures)
pending(name="grants.terms_to_close", title="Agreements whose term is over")(terms_to_close)


def _refresh_late() -> int:
    """Lateness comes with the day, not with a change: find the places whose published count is out of date."""
    now, published = late_by_place(None), published_late_counts()
    changed = [place for place in sorted(now.keys() | published.keys()) if now.get(place, 0) != published.get(place, 0)]
    if changed:
        with acting(CALENDAR, "payments became late or came in"):
            mark_stale(measures=[LATE], neighbourhood_ids=changed)
    return len(changed)
