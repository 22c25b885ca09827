"""From due to a payment run: holds with their reasons, then one claim of everything that nothing keeps back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cwf_portal.core.audit import acting
from cwf_portal.core.bulk import add_rows, among, locked_keys
from cwf_portal.core.crash_points import crash_point
from grants.domain.ledger import JournalKind
from grants.domain.references import file_reference, reference_for
from grants.domain.working_days import england_and_wales
from grants.models import BankAccount, Hold, Payment, PaymentRun, PaymentStatus, Tranche, TrancheStatus
from grants.selectors.days import today
from grants.selectors.payments import Part, parts_of
from grants.selectors.readiness import (
    FOUND_BY_PORTAL,
    Obstacle,
    attempts_made,
    claimable,
    come_due,
    due_again,
    is_anything_due,
    kept_back,
)
from grants.services.pauses import share_pause_lock
from grants.services.payment_entries import payment_entry
from grants.services.posting import post_journals
from grants.services.publishing import publish_held

SWEEPER = "system:sweep"
LARGEST_RUN = 500


def refresh_holds(*, at: datetime) -> int:
    """Hold every payment that is due and has something in its way; lift holds whose cause is gone.

    Only holds that the portal placed for a cause it can see again are lifted. Returns how many changed.
    """
    day = today(at)
    holds = Hold.objects.open().filter(placed_by=None, tranche__isnull=False, reason__in=FOUND_BY_PORTAL)
    standing = {(hold.tranche_id, Hold.Reason(hold.reason)): hold.pk for hold in holds if hold.tranche_id is not None}
    if not standing and not is_anything_due(day):
        return 0
    again = list(due_again(day).values_list("pk", flat=True))
    in_the_way = kept_back(come_due(day), at=at)
    if again:
        in_the_way |= kept_back(Tranche.objects.filter(pk__in=among(again)), at=at)
    wanted = {
        (tranche.pk, obstacle.reason): (tranche, obstacle)
        for tranche, found in in_the_way.items()
        for obstacle in found
    }
    gone = [hold_pk for key, hold_pk in standing.items() if key not in wanted]
    added = [_hold(*wanted[key]) for key in wanted if key not in standing]
    if gone or added:
        with acting(SWEEPER, "look at payments that are due"):
            Hold.objects.open().filter(pk__in=gone).update(lifted_at=at, lift_reason="The cause is gone.")
            # Another sweep may have placed the same hold a moment ago; one open hold a reason is enough.
            Hold.objects.bulk_create(added, ignore_conflicts=True)
            publish_held(tranche_pks={key[0] for key in wanted.keys() ^ standing.keys()})
    return len(gone) + len(added)


def _hold(tranche: Tranche, obstacle: Obstacle) -> Hold:
    return Hold(tranche=tranche, agreement_id=tranche.agreement_id, reason=obstacle.reason, detail=str(obstacle))


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
        oldest = claimable(day).order_by("process_on", "pk").select_for_update(skip_locked=True, of=("self",))
        locked = locked_keys(oldest[:largest])
        in_the_way = {tranche.pk for tranche in kept_back(Tranche.objects.filter(pk__in=among(locked)), at=at)}
        ready = [pk for pk in locked if pk not in in_the_way]
        if not ready:
            return None
        crash_point("claim.locked")
        return _prepare_run(_snapshots(ready, day), day)


@dataclass(slots=True)
class _Snapshot:
    """What a payment says of its tranche and payee for good, and what its first journal needs; last what is copied."""

    attempt: int
    arrive_on: date
    account: BankAccount
    end_to_end_id: str
    parts: tuple[Part, ...]
    tranche: int
    amount_pence: int
    uplift_pence: int
    contribution_pence: int
    tranche_status: str
    agreement_pk: int
    place_pk: int
    is_sample: bool

    @property
    def total_pence(self) -> int:
        return self.amount_pence + self.uplift_pence + self.contribution_pence


# What a snapshot copies of its tranche, in the order of its last fields.
COPIED = (
    "pk",
    "amount_pence",
    "uplift_pence",
    "contribution_pence",
    "status",
    "agreement",
    "agreement__allocation__neighbourhood",
    "agreement__is_sample",
)
FIELDS = (
    "run",
    "status",
    "reason_code",
    "tranche",
    "attempt",
    "end_to_end_id",
    "amount_pence",
    "uplift_pence",
    "contribution_pence",
    "arrive_on",
    "bank_account",
    "payee_name",
    "sort_code",
    "account_number",
)


def _snapshots(tranche_pks: Sequence[int], day: date) -> list[_Snapshot]:
    """One a tranche, in this order, to the details that are confirmed on `day`; four queries."""
    made, parts = attempts_made(tranche_pks), parts_of(tranche_pks)
    tranches = Tranche.objects.filter(pk__in=among(tranche_pks)).order_by("process_on", "pk")
    rows = list(tranches.values_list("agreement__body", "agreement__reference", "number", "due_on", *COPIED))
    bodies = {body for body, *_ in rows}
    accounts = {account.body_id: account for account in BankAccount.objects.payable_on(day).filter(body__in=bodies)}
    # Money that is late already should arrive as soon as the bank works.
    soonest = england_and_wales().shift(day - timedelta(days=1), 1)
    snapshots = []
    for body, reference, number, due_on, *copied in rows:
        attempt = made.get(copied[0], 0) + 1
        snapshots.append(
            _Snapshot(
                attempt,
                max(due_on, soonest),
                accounts[body],
                reference_for(natural_key=f"{reference}/{number}/{attempt}"),
                parts[copied[0]],
                *copied,
            )
        )
    return snapshots


def _prepare_run(payments: Sequence[_Snapshot], day: date) -> PaymentRun:
    run = PaymentRun.objects.create(
        message_id=file_reference(one.end_to_end_id for one in payments),
        prepared_on=day,
        payment_count=len(payments),
        total_pence=sum(payment.total_pence for payment in payments),
        is_sample=all(payment.is_sample for payment in payments),
    )
    add_rows(Payment, FIELDS, [_row(run, payment) for payment in payments])
    crash_point("claim.run_made")
    # A payment tried again is payable already.
    new = [payment for payment in payments if payment.tranche_status == TrancheStatus.COMMITTED]
    post_journals(
        by=SWEEPER, entries=[payment_entry(JournalKind.RELEASED, payment, effective_on=day) for payment in new]
    )
    crash_point("claim.posted")
    Tranche.objects.filter(pk__in=among(payment.tranche for payment in new)).update(status=TrancheStatus.PAYABLE)
    crash_point("claim.to_commit")
    return run


def _row(run: PaymentRun, payment: _Snapshot) -> tuple[object, ...]:
    return (
        run.pk,
        PaymentStatus.CLAIMED.value,
        "",
        payment.tranche,
        payment.attempt,
        payment.end_to_end_id,
        payment.amount_pence,
        payment.uplift_pence,
        payment.contribution_pence,
        payment.arrive_on,
        payment.account.pk,
        payment.account.account_name,
        payment.account.sort_code,
        payment.account.account_number,
    )
