"""What the ledger does by itself: seal the days that are over, and send the head to the auditors once a month."""

from datetime import datetime

from cwf_portal.core.ticks import each_tick, pending
from grants.selectors.books import journals_to_seal
from grants.services.ledger_days import seal_days, send_head


@each_tick(name="grants.ledger_days", title="Days of the ledger are sealed", order=15)
def keep_the_chain(at: datetime) -> int:
    """Seal what is over; tell the auditors; returns how many days were sealed and messages written."""
    return seal_days(at=at) + send_head(at=at)


pending(name="grants.journals_to_seal", title="Entries in the ledger to seal")(journals_to_seal)
