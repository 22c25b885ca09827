"""The payment machinery at each tick: sweep and claim, send, fetch; and what is still waiting for it.

Every job is harmless twice, late or never: what there is to do is read from the database and from the bank.
"""

from datetime import datetime

from django.db.models import QuerySet

from cwf_portal.core.crash_points import crash_point
from cwf_portal.core.ticks import each_tick, pending
from grants.bank import BankAwayError, configured_bank
from grants.models import Payment, PaymentFile, Tranche
from grants.selectors.days import today
from grants.selectors.readiness import claimable
from grants.services.claim import claim_due, refresh_holds
from grants.services.handover import send_files
from grants.services.statements import fetch_messages


@each_tick(name="grants.sweep", title="Payments that fall due are prepared", order=50)
def sweep(at: datetime) -> int:
    """Hold what cannot be paid, with the reason; claim the rest into runs. Returns holds changed and runs made."""
    done = refresh_holds(at=at)
    while claim_due(at=at) is not None:
        crash_point("claim.committed")
        done += 1
    return done


@each_tick(name="grants.send", title="Payment files go to the bank", order=60)
def send(at: datetime) -> int:
    """Hand waiting payment files to the bank."""
    bank = configured_bank()
    return send_files(bank=bank) if bank else 0


@each_tick(name="grants.statements", title="What the bank writes is read", order=70)
def fetch(at: datetime) -> int:
    """Take in what the bank has written since. A bank that is away is asked again at the next tick."""
    bank = configured_bank()
    try:
        return fetch_messages(bank=bank) if bank else 0
    except BankAwayError:
        return 0


@pending(name="grants.due_unclaimed", title="Payments that are due and in no run")
def due_unclaimed(at: datetime) -> QuerySet[Tranche]:
    """Payments that are due, that nothing recorded holds, and that no run has claimed."""
    return claimable(today(at))


@pending(name="grants.files_unsent", title="Payment files that the bank has not answered")
def files_unsent(at: datetime) -> QuerySet[PaymentFile]:
    """Payment files that the bank has not answered."""
    return PaymentFile.objects.unsent()


@pending(name="grants.payments_unanswered", title="Payments of which the bank has not told")
def payments_unanswered(at: datetime) -> QuerySet[Payment]:
    """Payments whose day of arrival is over and of which no statement has told."""
    return Payment.objects.unanswered(today(at))
