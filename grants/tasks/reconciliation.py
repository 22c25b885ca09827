"""The daily check of all payments by the reconciler; the day's report is the note that it was made."""

from datetime import datetime

from django.conf import settings

from cwf_portal.core.ticks import each_tick
from grants.reconciler import reconcile
from grants.selectors.days import today
from grants.selectors.reconciliation import is_checked
from grants.services.reconciling import keep_reconciliation

RECONCILER = "system:reconciler"


@each_tick(name="grants.reconcile", title="Daily check of every payment", order=90)
def check_daily(at: datetime) -> int:
    """Check once a day, in London's days; returns the number of checks made."""
    day = today(at)
    if not settings.RECONCILE_DAILY or is_checked(day):
        return 0
    keep_reconciliation(by=RECONCILER, outcome=reconcile(day=day), only_first=True)
    return 1
