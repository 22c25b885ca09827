"""From due to a payment run: holds with their reasons, then one claim of everything that nothing keeps back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import Prefetch

from cwf_portal.core.audit import acting
from cwf_portal.core.bulk import add_rows, among
from cwf_portal.core.crash_points import crash_point
from grants.domain.ledger import JournalKind
from grants.domain.references import reference_for
from grants.domain.working_days import england_and_wales
from grants.models import BankAccount, Hold, Payment, PaymentRun, Tranche, TrancheStatus
from grants.selectors.days import today
from grants.selectors.payments import PARTS
from grants.selectors.readiness import (
    FOUND_BY_PORTAL,
    Obstacle,
    attempts_made,
    claimable,
    come_due,
    is_anything_due,
    obstacles,
    with_facts,
)
from grants.services.pauses import share_pause_lock
from grants.services.payment_entries import payment_entry
from grants.services.posting import post_journals
from grants.services.publishing import publish_held

SWEEPER = "system:sweep"
LARGEST_RUN = 500
SNAPSHOT = (
    "tranche_id",
    "attempt",
    "end_to_end_id",
    "bank_account_id",
    "payee_name",
    "sort_code",
    "account_number",
    "amount_pence",
    "uplift_pence",
    "contribution_pence",
    "arrive_on",
    "status",
    "reason_code",
)


def refresh_holds(*, at: datetime) -> int:
    """Hold every payment that is due and has something in its way; lift holds whose cause is gone.

    Only holds that the portal placed for a cause it can see again are lifted. Returns how many changed.
    """
    day = today(at)
    holds = Hold.objects.open().filter(placed_by=None, tranche__isnull=False, reason__in=FOUND_BY_PORTAL)
    standing = {(hold.tranche_id, Hold.Reason(hold.reason)): hold.pk for hold in holds if hold.tranche_id is not None}
    if not standing and not is_anything_due(day):
        return 0
    due = list(with_facts(come_due(day), day))
    wanted = {
        (tranche_pk, obstacle.reason): obstacle
        for tranche_pk, found in obstacles(due, at=at).items()
        for obstacle in found
    }
    gone = [hold_pk for key, hold_pk in standing.items() if key not in wanted]
    agreements = {tranche.pk: tranche.agreement_id for tranche in due}
    added = [_hold(key[0], agreements, wanted[key]) for key in wanted if key not in standing]
    if gone or added:
        with acting(SWEEPER, "look at payments that are due"):
            Hold.objects.open().filter(pk__in=gone).update(lifted_at=at, lift_reason="The cause is gone.")
            # Another sweep may have placed the same hold a moment ago; one open hold a reason is enough.
            Hold.objects.bulk_create(added, ignore_conflicts=True)
            publish_held(tranche_pks={key[0] for key in wanted.keys() ^ standing.keys()})
    return len(gone) + len(added)


def _hold(tranche_pk: int, agreements: dict[int, int], obstacle: Obstacle) -> Hold:
    return Hold(
        tranche_id=tranche_pk, agreement_id=agreements[tranche_pk], reason=obstacle.reason, detail=str(obstacle)
    )


def claim_due(*, at: datetime, largest: int = LARGEST_RUN) -> PaymentRun | None:
    """Claim up to `largest` payments into one run, in one transaction; None when there is nothing to claim.

    Those that should have been processed first go first, so that after an outage the oldest leave in the first run.

    Rows that another sweep is claiming are skipped, and what is due is checked again under the lock. Posts
    committed → payable for each payment, and copies payee and amount as they stand now.
    """
    day = today(at)
    if not (is_anything_due(day) and claimable(day).exists()):
        return None
    with acting(SWEEPER, "claim payments that are due"):
        share_pause_lock()
        locked = claimable(day).order_by("process_on", "pk").select_for_update(skip_locked=True, of=("self",))
        found = list(with_facts(locked, day).prefetch_related(Prefetch("funding", to_attr=PARTS))[:largest])
        in_the_way = obstacles(found, at=at)
        ready = [tranche for tranche in found if not in_the_way[tranche.pk]]
        if not ready:
            return None
        crash_point("claim.locked")
        return _prepare_run(ready, day)


def _prepare_run(tranches: Sequence[Tranche], day: date) -> PaymentRun:
    payments = _snapshots(tranches, day)
    run = PaymentRun.objects.create(
        message_id=reference_for(natural_key=f"run:{','.join(sorted(one.end_to_end_id for one in payments))}"),
        prepared_on=day,
        payment_count=len(payments),
        total_pence=sum(payment.total_pence for payment in payments),
        is_sample=all(tranche.agreement.is_sample for tranche in tranches),
    )
    rows = [(run.pk, *(getattr(payment, name) for name in SNAPSHOT)) for payment in payments]
    add_rows(Payment, ("run_id", *SNAPSHOT), rows)
    crash_point("claim.run_made")
    # A payment tried again is payable already.
    new = [payment for payment in payments if payment.tranche.status == TrancheStatus.COMMITTED]
    post_journals(
        by=SWEEPER, entries=[payment_entry(JournalKind.RELEASED, payment, effective_on=day) for payment in new]
    )
    crash_point("claim.posted")
    Tranche.objects.filter(pk__in=among(payment.tranche_id for payment in new)).update(status=TrancheStatus.PAYABLE)
    crash_point("claim.to_commit")
    return run


def _snapshots(tranches: Sequence[Tranche], day: date) -> list[Payment]:
    """Unsaved payments, one a tranche, to the details that are confirmed on `day`."""
    attempts = attempts_made(tranches)
    bodies = {tranche.agreement.body_id for tranche in tranches}
    accounts = {account.body_id: account for account in BankAccount.objects.payable_on(day).filter(body__in=bodies)}
    # Money that is late already should arrive as soon as the bank works.
    soonest = england_and_wales().shift(day - timedelta(days=1), 1)
    payments = []
    for tranche in tranches:
        account = accounts[tranche.agreement.body_id]
        attempt = attempts.get(tranche.pk, 0) + 1
        natural_key = f"{tranche.agreement.reference}/{tranche.number}/{attempt}"
        payments.append(
            Payment(
                tranche=tranche,
                attempt=attempt,
                end_to_end_id=reference_for(natural_key=natural_key),
                bank_account=account,
                payee_name=account.account_name,
                sort_code=account.sort_code,
                account_number=account.account_number,
                amount_pence=tranche.amount_pence,
                uplift_pence=tranche.uplift_pence,
                contribution_pence=tranche.contribution_pence,
                arrive_on=max(tranche.due_on, soonest),
            )
        )
    return payments
