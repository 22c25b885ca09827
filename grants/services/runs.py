"""Payment runs under two pairs of eyes: check, release within limits, stop and withdraw."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import Greatest

from cwf_portal.core.audit import acting
from cwf_portal.core.bulk import among, locked_keys
from cwf_portal.core.clock import core_now
from cwf_portal.core.crash_points import crash_point
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.outbox import nudge_after_commit
from cwf_portal.core.permissions import Permission, Role, require
from grants.domain.bacs_standard18 import ServiceUser, build_bacs_file
from grants.domain.bank_text import Account, BankTextError
from grants.domain.iso20022_pain001 import PaymentFile as BuiltFile
from grants.domain.iso20022_pain001 import PaymentOrder, PaymentOrderError, Transfer, build_payment_file
from grants.domain.ledger import JournalKind
from grants.domain.references import file_reference
from grants.domain.working_days import england_and_wales
from grants.errors import LimitError, WrongStateError, in_pounds
from grants.models import (
    RUN_TRANSITIONS,
    AccountableBody,
    Hold,
    Payment,
    PaymentFile,
    PaymentRun,
    PaymentStatus,
    RunStatus,
    Tranche,
    TrancheStatus,
)
from grants.selectors.days import today
from grants.selectors.limits import DIRECTORS, release_rule
from grants.selectors.payments import Attempt, attempts
from grants.selectors.runs import held_payments, payments_to_details_of
from grants.services.pauses import require_running, share_pause_lock
from grants.services.payment_entries import payment_entry
from grants.services.posting import post_journals
from grants.services.publishing import publish_held

AGREEMENTS_OF_RUN = """
SELECT 1 FROM grants_agreement
 WHERE id IN (SELECT t.agreement_id FROM grants_payment AS p JOIN grants_tranche AS t ON t.id = p.tranche_id
               WHERE p.run_id = %s)
 ORDER BY id FOR KEY SHARE
"""


def check_run(*, by: User, run: PaymentRun) -> PaymentRun:
    """Say that a run is right: payees, amounts, reasons. Checking one's own checked run again changes nothing.

    Raises:
        NotAllowedError: `by` may not check runs, or confirmed bank details used in it, also as one with who did.
        WrongStateError: somebody checked, released or stopped it meanwhile.
    """
    require(by, Permission.CHECK_RUN)
    with acting(by, "check a payment run"):
        run = _locked(run)
        if run.status == RunStatus.CHECKED and run.checked_by_id == by.pk:
            return run
        _require_step(run, RunStatus.CHECKED)
        _require_apart_from_details(by, run)
        run.status, run.checked_by, run.checked_at = RunStatus.CHECKED, by, core_now()
        run.save(update_fields=["status", "checked_by", "checked_at"])
        return run


def release_run(*, by: User, run: PaymentRun) -> PaymentRun:
    """Release a checked run to the bank within one's limit; above every limit both directors release, one by one.

    Payments that something has come to hold since they were claimed are left out and go back to promised money. The
    rest moves from payable to instructed, and the file for the bank is written in the same transaction: a run that
    cannot be written as a file cannot be released. Releasing one's own released run again changes nothing.

    Returns:
        The run, released; or still checked when it waits for the other director.

    Raises:
        NotAllowedError: `by` may not release runs, checked this one, or confirmed bank details used in it.
        LimitError: the total is above what `by` may release.
        WrongStateError: it is not checked, or somebody released or stopped it meanwhile.
        PausedError: every payment of the fund is paused.
        DomainError: every payment of it is held.
    """
    require(by, Permission.RELEASE_RUN)
    with acting(by, "release a payment run"):
        share_pause_lock()
        run = _locked(run)
        if by.pk in (run.released_by_id, run.co_released_by_id):
            return run
        require_running()
        _require_step(run, RunStatus.RELEASED)
        if run.checked_by_id == by.pk:
            raise NotAllowedError("You checked this run.", mend="Ask somebody else to release it.")
        _require_apart_from_details(by, run)
        at = core_now()
        if not _sign_release(run, by, at):
            return run
        crash_point("release.signed")
        _hold_details_still(run)
        _leave_out_held(run, by, at)
        _instruct(run, by, at)
        nudge_after_commit()
        return run


def stop_run(*, by: User, run: PaymentRun, reason: str) -> PaymentRun:
    """Stop a run that is not right, before it is released. Somebody else then withdraws it.

    Raises:
        NotAllowedError: `by` may neither check nor release runs.
        WrongStateError: it is released or stopped already.
        DomainError: no reason was given.
    """
    if Permission.CHECK_RUN not in by.permissions:
        require(by, Permission.RELEASE_RUN)
    if not reason.strip():
        raise DomainError("Stopping a run needs a reason.", mend="Say in a sentence what is wrong.")
    with acting(by, f"stop a payment run: {reason.strip()}"):
        run = _locked(run)
        _require_step(run, RunStatus.STOPPED)
        run.status, run.stopped_by, run.stopped_at = RunStatus.STOPPED, by, core_now()
        run.stop_reason = reason.strip()[:300]
        run.save(update_fields=["status", "stopped_by", "stopped_at", "stop_reason"])
        return run


def withdraw_run(*, by: User, run: PaymentRun) -> PaymentRun:
    """Take a stopped run back: its money is promised again, and each payment is held until somebody lifts the hold.

    Raises:
        NotAllowedError: `by` may not release runs, or stopped this one.
        WrongStateError: it is not stopped.
    """
    require(by, Permission.RELEASE_RUN)
    with acting(by, "withdraw a payment run"):
        run = _locked(run)
        _require_step(run, RunStatus.WITHDRAWN)
        if run.stopped_by_id == by.pk:
            raise NotAllowedError("You stopped this run.", mend="Ask somebody else to withdraw it.")
        at = core_now()
        payments = _claimed(run)
        _withdraw(payments, actor=by, approver=run.stopped_by, at=at)
        holds = [
            Hold(
                agreement_id=payment.agreement_pk,
                tranche_id=payment.tranche_pk,
                reason=Hold.Reason.STOPPED,
                detail=f"Run {run.pk} was stopped: {run.stop_reason}"[:300],
                placed_by=run.stopped_by,
            )
            for payment in payments
        ]
        Hold.objects.bulk_create(holds)
        publish_held(tranche_pks=[payment.tranche_pk for payment in payments])
        run.status, run.withdrawn_by, run.withdrawn_at = RunStatus.WITHDRAWN, by, at
        run.save(update_fields=["status", "withdrawn_by", "withdrawn_at"])
        return run


def _locked(run: PaymentRun) -> PaymentRun:
    runs = PaymentRun.objects.select_related("checked_by", "released_by", "stopped_by")
    return runs.select_for_update(of=("self",)).get(pk=run.pk)


def _require_step(run: PaymentRun, to: RunStatus) -> None:
    if to not in RUN_TRANSITIONS[RunStatus(run.status)]:
        raise WrongStateError(
            f"Run {run.pk} is “{run.get_status_display().lower()}” now.", mend="Open it again to see what happened."
        )


def _require_apart_from_details(by: User, run: PaymentRun) -> None:
    """Refuse whoever confirmed details that the run pays to, or counts as one person with who did."""
    confirmed_by = payments_to_details_of(by, of=PaymentRun.objects.filter(pk=run.pk)).values_list(
        "bank_account__decided_by", flat=True
    )
    found = set(confirmed_by.order_by().distinct())
    if not found:
        return
    fact = "You confirmed bank details that this run pays to."
    if by.pk not in found:
        other = User.objects.get(pk=min(found))
        fact = (
            f"{other} confirmed bank details that this run pays to and counts as one person with you: "
            "one of you has acted for the other."
        )
    raise NotAllowedError(fact, mend="Ask somebody else to check or release it.")


def _sign_release(run: PaymentRun, by: User, at: datetime) -> bool:
    """Record the release by `by`; True when nobody else is needed."""
    rule = release_rule(today(at))
    both = rule.needs_both_directors(run.total_pence)
    directing = DIRECTORS & by.roles
    own_pence = rule.limit_pence(by.roles)
    if not both and run.total_pence > own_pence:
        raise LimitError(
            f"This run pays {in_pounds(run.total_pence)}; you may release up to {in_pounds(own_pence)}.",
            mend="Ask somebody with a higher limit.",
        )
    if both and not directing:
        raise LimitError(
            f"This run pays {in_pounds(run.total_pence)}, which only both directors together may release.",
            mend="Ask the finance director and the fund director.",
        )
    if both and run.released_by_id is None:
        run.released_by, run.released_at = by, at
        run.save(update_fields=["released_by", "released_at"])
        return False
    if both and run.released_by is not None:
        _require_other_director(run.released_by, directing)
        run.co_released_by, run.co_released_at = by, at
    else:
        run.released_by, run.released_at = by, at
    run.status = RunStatus.RELEASED
    run.save(update_fields=["status", "released_by", "released_at", "co_released_by", "co_released_at"])
    return True


def _require_other_director(first: User, directing: frozenset[Role]) -> None:
    if len(directing | (DIRECTORS & first.roles)) < len(DIRECTORS):
        raise LimitError(
            "Both directors must release this run, and the other one holds the same post as you.",
            mend="Ask the director of the other side.",
        )


def _hold_details_still(run: PaymentRun) -> None:
    """Let nobody propose bank details of a payee until this transaction ends: who was first is seen, who comes later
    sees the file.

    Agreements before organisations, as an approval locks them, and each in their order: no two wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(AGREEMENTS_OF_RUN, [run.pk])  # posting would wait for them later, with the organisations in hand
    bodies = AccountableBody.objects.filter(pk__in=run.payments.values("bank_account__body")).order_by("pk")
    locked_keys(bodies.select_for_update(no_key=True, of=("self",)))


def _leave_out_held(run: PaymentRun, by: User, at: datetime) -> None:
    """Take out payments that are held by now; what held them was seen by neither checker nor claim."""
    held = held_payments(run, at)
    if held and len(held) == run.payments.filter(status=PaymentStatus.CLAIMED).count():
        raise DomainError("Every payment of this run is held by now.", mend="Stop the run, or lift the holds.")
    if held:
        payments = attempts(Payment.objects.filter(pk__in=among(held)))
        _withdraw(payments, actor=by, approver=run.checked_by, at=at)


def _claimed(run: PaymentRun) -> list[Attempt]:
    return attempts(run.payments.filter(status=PaymentStatus.CLAIMED))


def _withdraw(payments: Sequence[Attempt], *, actor: User, approver: User | None, at: datetime) -> None:
    day = today(at)
    kind = JournalKind.RELEASE_WITHDRAWN
    entries = [payment_entry(kind, payment, effective_on=day, approver=approver) for payment in payments]
    post_journals(by=actor, entries=entries)
    Payment.objects.filter(pk__in=among(payment.pk for payment in payments)).update(
        status=PaymentStatus.WITHDRAWN, failed_on=day
    )
    _tranches(payments).update(status=TrancheStatus.COMMITTED)


def rebuild_file(run: PaymentRun, *, at: datetime) -> PaymentFile | None:
    """The file anew, under another name, of the payments that are left to go; None where none is.

    The caller has put the file before it aside. From snapshots alone, as the first one was.
    """
    payments = attempts(run.payments.filter(status=PaymentStatus.INSTRUCTED))
    if not payments:
        return None
    soonest = _soonest_arrival(today(at))
    Payment.objects.filter(pk__in=among(payment.pk for payment in payments), arrive_on__lt=soonest).update(
        arrive_on=soonest
    )
    for payment in payments:
        payment.arrive_on = max(payment.arrive_on, soonest)
    run.message_id = file_reference(payment.end_to_end_id for payment in payments)
    run.save(update_fields=["message_id"])
    built = _build_file(run, payments)
    return PaymentFile.objects.create(run=run, content=built.content, sha256=built.sha256)


def _instruct(run: PaymentRun, by: User, at: datetime) -> None:
    """Post payable → instructed and write the file, both from the snapshots."""
    day = today(at)
    soonest = _soonest_arrival(day)
    payments = _claimed(run)
    for payment in payments:
        payment.arrive_on = max(payment.arrive_on, soonest)  # nobody asks the bank for a day that has passed
    built = _build_file(run, payments)
    post_journals(
        by=by,
        entries=[
            payment_entry(JournalKind.INSTRUCTED, payment, effective_on=day, approver=run.checked_by)
            for payment in payments
        ],
    )
    crash_point("release.posted")
    Payment.objects.filter(pk__in=among(payment.pk for payment in payments)).update(
        status=PaymentStatus.INSTRUCTED, arrive_on=Greatest("arrive_on", Value(soonest))
    )
    _tranches(payments).update(status=TrancheStatus.INSTRUCTED)
    PaymentFile.objects.create(run=run, content=built.content, sha256=built.sha256)
    crash_point("release.to_commit")


def _soonest_arrival(day: date) -> date:
    """The day on which money that leaves today arrives at the soonest: the same working day, two later by Bacs."""
    calendar = england_and_wales()
    return calendar.shift(day, 2) if settings.BANK_FORMAT == "bacs18" else calendar.shift(day - timedelta(days=1), 1)


def _tranches(payments: Sequence[Attempt]) -> QuerySet[Tranche]:
    return Tranche.objects.filter(pk__in=among(payment.tranche_pk for payment in payments))


def _build_file(run: PaymentRun, payments: Sequence[Attempt]) -> BuiltFile:
    try:
        order = payment_order(run, payments)
        if settings.BANK_FORMAT == "bacs18":
            number = settings.FUND_ACCOUNT["service_user_number"]
            return build_bacs_file(order, ServiceUser(number, england_and_wales().shift))
        return build_payment_file(order)
    except (BankTextError, PaymentOrderError) as error:
        raise DomainError(f"The bank cannot be given this run: {error}", mend="Stop the run and mend it.") from error


def payment_order(run: PaymentRun, payments: Sequence[Attempt]) -> PaymentOrder:
    """What the file of a released run says; from snapshots alone, so it is the same whenever it is asked for."""
    moment = run.co_released_at or run.released_at
    if moment is None:
        raise WrongStateError(f"Run {run.pk} is not released.")
    return PaymentOrder(
        message_id=run.message_id,
        released_at=moment,
        payer_name=settings.FUND_ACCOUNT["name"],
        payer=Account(settings.FUND_ACCOUNT["sort_code"], settings.FUND_ACCOUNT["account_number"]),
        transfers=[
            Transfer(
                end_to_end_id=payment.end_to_end_id,
                amount_pence=payment.total_pence,
                payee_name=payment.payee_name,
                payee=Account(payment.sort_code, payment.account_number),
                remittance=f"{payment.reference} payment {payment.number}",
                arrive_on=payment.arrive_on,
            )
            for payment in payments
        ],
    )
