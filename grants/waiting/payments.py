"""What waits on the payments desk, for whoever can do it."""

from django.template.defaultfilters import pluralize
from django.urls import reverse

from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from cwf_portal.core.waiting import WaitingItem, register_waiting
from grants.errors import in_pounds
from grants.models import PaymentRun, PaymentStatus
from grants.models.payment import FAILED_AT_BANK
from grants.selectors.bank_lines import clearings_to_confirm, settlements_to_confirm, suspense_ageing
from grants.selectors.days import today
from grants.selectors.files import removals_to_decide
from grants.selectors.pauses import pauses_now
from grants.selectors.payment_pages import Desk, holds_now, payments_desk, reconciliation
from grants.selectors.retries import payments_to_ask_for, retries_to_agree_to
from grants.selectors.runs import paying_to_details_of


@register_waiting
def waiting(user: User) -> list[WaitingItem]:
    """Runs to check, release or withdraw, failed payments, pauses, and anything on which books and bank disagree."""
    if not has_permission(user, Permission.VIEW_RUNS):
        return []
    pauses = _pauses(user)
    checks, releases = has_permission(user, Permission.CHECK_RUN), has_permission(user, Permission.RELEASE_RUN)
    if not (checks or releases):
        return pauses
    desk = payments_desk()
    return [*pauses, *_runs(user, desk), *_removals(user), *_failures(user), *_bank(user)]


def _pauses(user: User) -> list[WaitingItem]:
    """Pauses that somebody has asked to lift, for everybody else who may."""
    if not has_permission(user, Permission.PAUSE_PAYMENTS):
        return []
    return [
        WaitingItem(
            title=f"Agree to let payments go on: {str(pause).lower()}",
            detail=f"{pause.lift_asked_by} asks: {pause.lift_reason}",
            url=reverse("grants:pause-lift", args=[pause.pk]),
            kind="do",
        )
        for pause in pauses_now()
        if pause.lift_asked_by_id not in (None, user.pk)
    ]


def _runs(user: User, desk: Desk) -> list[WaitingItem]:
    items: list[WaitingItem] = []
    own_details = set(paying_to_details_of(user).values_list("pk", flat=True))
    if has_permission(user, Permission.CHECK_RUN):
        to_check = [run for run in desk.to_check if run.pk not in own_details]
        items += [_run("Check", run, "Payees, amounts and totals") for run in to_check]
    if has_permission(user, Permission.RELEASE_RUN):
        to_release = [run for run in desk.to_release if run.pk not in own_details]
        others = [run for run in to_release if user.pk not in (run.checked_by_id, run.released_by_id)]
        items += [_run("Release", run, f"Checked by {run.checked_by}") for run in others]
        stopped = [run for run in desk.to_withdraw if run.stopped_by_id != user.pk]
        items += [_run("Withdraw", run, f"Stopped: {run.stop_reason}") for run in stopped]
    return items


def _run(verb: str, run: PaymentRun, detail: str) -> WaitingItem:
    payments = f"{run.payment_count} payment{pluralize(run.payment_count)}"
    return WaitingItem(
        title=f"{verb} {str(run).lower()}: {payments}, {in_pounds(run.total_pence)}",
        detail=detail,
        url=reverse("grants:run-detail", args=[run.pk]),
        kind="do",
    )


def _removals(user: User) -> list[WaitingItem]:
    """Payments that should not go with their file, for everybody else who may agree; the file waits meanwhile."""
    if not has_permission(user, Permission.RELEASE_RUN):
        return []
    return [
        WaitingItem(
            title=f"Take payment {removal.payment} out of its file?",
            detail=f"{removal.proposed_by} asks, and the file waits: {removal.reason}",
            url=reverse("grants:removal-confirm", args=[removal.pk]),
            kind="do",
        )
        for removal in removals_to_decide().exclude(proposed_by=user)
    ]


def _failures(user: User) -> list[WaitingItem]:
    url = reverse("grants:held-list")
    items: list[WaitingItem] = []
    to_ask_for = payments_to_ask_for(user)
    failed = to_ask_for.filter(status__in=FAILED_AT_BANK).count()
    if failed:
        items.append(
            WaitingItem("Payments failed at the bank", "Find out why and ask to pay again", url, "late", failed)
        )
    taken_out = to_ask_for.filter(status=PaymentStatus.WITHDRAWN).count()
    if taken_out:
        detail = "Once nothing stands against one any more, ask to pay it after all"
        items.append(WaitingItem("Payments were taken out of a file", detail, url, "do", taken_out))
    asked = retries_to_agree_to(user).count()
    if asked:
        items.append(
            WaitingItem("Agree to pay again", "Payments that failed or were taken out of a file", url, "do", asked)
        )
    held = holds_now().count()
    if held:
        items.append(WaitingItem("Payments are held", "Each with its reason and how to mend it", url, "know", held))
    return items


def _bank(user: User) -> list[WaitingItem]:
    books = reconciliation(core_now())
    url = reverse("grants:bank-home")
    items: list[WaitingItem] = []
    if books.refused:
        items.append(WaitingItem("A message of the bank could not be taken in", books.refused[0].problem, url, "late"))
    if has_permission(user, Permission.CLEAR_SUSPENSE):
        items += [
            WaitingItem(f"Go on without {str(asked.message).lower()}?", asked.reason, url, "do")
            for message in books.refused
            for asked in message.passed_over.all()
            if asked.proposed_by_id != user.pk
        ]
    if books.files:
        items.append(
            WaitingItem("A payment file has no good answer", str(books.files[0]), url, "late", len(books.files))
        )
    if books.unanswered_count:
        items.append(
            WaitingItem(
                "The bank has not said whether it paid",
                "Payments that should have arrived; ask the bank for a letter",
                reverse("grants:payments-home"),
                "late",
                books.unanswered_count,
            )
        )
    return items + _lines(user)


def _lines(user: User) -> list[WaitingItem]:
    """Lines in suspense by age, and what one person said of the bank that another must confirm."""
    url = reverse("grants:reconcile")
    items: list[WaitingItem] = []
    ageing = suspense_ageing(today())
    late_count = ageing.old_count + ageing.very_old_count
    if late_count:
        detail = "For more than two days: ask the bank, and say what they are"
        items.append(WaitingItem("Bank lines not explained", detail, url, "late", late_count))
    if ageing.fresh_count:
        items.append(WaitingItem("Bank lines not yet explained", "Ask the bank", url, "know", ageing.fresh_count))
    if has_permission(user, Permission.CLEAR_SUSPENSE):
        said = clearings_to_confirm().exclude(proposed_by=user).count()
        said += settlements_to_confirm().exclude(proposed_by=user).count()
        if said:
            items.append(WaitingItem("Confirm what the bank meant", "Said by one, to confirm", url, "do", said))
    return items
