"""An independent check of what was paid: it reads as `cwf_reader`, writes nothing, and shares no code with the rest.

From agreements, schedules, payment files and the bank's own messages it works out again what should have been paid to
whom, and says where anything differs. It imports nothing of grants, so that a mistake there is not repeated here.
"""

from grants.reconciler.check import Outcome, reconcile
from grants.reconciler.differences import KIND_LABELS, Difference, Kind
from grants.reconciler.limits import Limits

__all__ = ["KIND_LABELS", "Difference", "Kind", "Limits", "Outcome", "reconcile"]
