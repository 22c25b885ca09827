"""Words and rows for the payments pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from cwf_portal.core.figures_text import day_text, moment_text, pounds
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from grants.models import (
    FileStatus,
    Payment,
    PaymentRun,
    PaymentStatus,
    Removal,
    RunStatus,
    StatementLine,
)
from grants.selectors.files import has_changed, others_wait, way_out
from grants.selectors.payment_pages import Reconciliation

PAYMENT_COLOURS = {
    PaymentStatus.CLAIMED: "grey",
    PaymentStatus.INSTRUCTED: "blue",
    PaymentStatus.IN_DOUBT: "orange",
    PaymentStatus.CONFIRMED: "green",
    PaymentStatus.REJECTED: "red",
    PaymentStatus.RETURNED: "red",
    PaymentStatus.WITHDRAWN: "grey",
}
RUN_COLOURS = {
    RunStatus.PREPARED: "yellow",
    RunStatus.CHECKED: "yellow",
    RunStatus.RELEASED: "blue",
    RunStatus.STOPPED: "red",
    RunStatus.WITHDRAWN: "grey",
}
MATCH_COLOURS = {"returned": "red", "suspense": "orange"}


@dataclass(frozen=True)
class State:
    """A state in words and the colour of its tag."""

    text: str
    colour: str


def run_state(run: PaymentRun) -> State:
    """How far a run has come, the bank's part included. `run` comes from `runs_with_counts`."""
    if run.status != RunStatus.RELEASED:
        return State(run.get_status_display(), RUN_COLOURS[RunStatus(run.status)])
    if not hasattr(run, "file"):
        return State("Nothing left to send", "grey")
    if run.file.status in (FileStatus.REFUSED, FileStatus.IN_DOUBT):
        return State(run.file.get_status_display(), "red")
    counts = vars(run)
    if counts["failed_count"]:
        return State(f"{counts['failed_count']} failed", "red")
    if counts["with_bank_count"]:
        return State("With the bank" if run.file.status == FileStatus.ACCEPTED else "To be sent", "blue")
    return State("Paid", "green")


def payment_state(payment: Payment) -> State:
    status = PaymentStatus(payment.status)
    if status == PaymentStatus.CONFIRMED and payment.turn > 1:
        return State("Paid; the bank took its return back", PAYMENT_COLOURS[status])
    return State("Left out" if status == PaymentStatus.WITHDRAWN else status.label, PAYMENT_COLOURS[status])


def line_state(line: StatementLine) -> State:
    return State(line.get_match_display(), MATCH_COLOURS.get(line.match, "green"))


def balance_rows(books: Reconciliation) -> list[tuple[str, str]]:
    """What the bank says and what the books say, to the penny."""
    statement = books.statement
    return [
        (f"By the bank, {day_text(statement.closes_on)}" if statement else "By the bank", pounds(books.bank_pence)),
        ("Cash in the books", pounds(books.ledger_pence)),
        ("Of that not yet explained", pounds(books.suspense_pence)),
    ]


def run_rows(run: PaymentRun) -> list[tuple[str, Any]]:
    """Who did what with a run, as keys and values; what has not happened is left out."""
    people: list[tuple[str, User | None, Any]] = [
        ("Checked", run.checked_by, run.checked_at),
        ("Released", run.released_by, run.released_at),
        ("Released, second director", run.co_released_by, run.co_released_at),
        ("Stopped", run.stopped_by, run.stopped_at),
        ("Withdrawn", run.withdrawn_by, run.withdrawn_at),
    ]
    rows: list[tuple[str, Any]] = [
        ("Payments", f"{run.payment_count}, {pounds(run.total_pence)} in all"),
        ("Prepared", f"by the portal, {moment_text(run.prepared_at)}"),
    ]
    rows += [(what, f"by {who}, {moment_text(when)}") for what, who, when in people if who is not None]
    if run.stop_reason:
        rows.append(("Why it was stopped", run.stop_reason))
    return rows


def file_rows(run: PaymentRun) -> list[tuple[str, Any]]:
    """The payment file: its name at the bank, its seal, and what the bank said; no rows where none is left to send."""
    if not hasattr(run, "file"):
        return []
    file = run.file
    rows: list[tuple[str, Any]] = [
        ("Name at the bank", run.message_id),
        ("SHA-256", file.sha256),
        ("State", file.get_status_display()),
    ]
    if file.tries:
        rows.append(("Handed over", f"{file.tries} time{'' if file.tries == 1 else 's'}"))
    if file.answer:
        rows.append(("What the bank said", file.answer))
    return rows


def replaced_rows(removals: Iterable[Removal]) -> list[tuple[str, Any]]:
    """Files that were put aside before they left, and what was taken out of each."""
    return [
        (
            f"Never sent: SHA-256 {one.file.sha256[:12]}…",
            f"{one.payment} was taken out by {one.proposed_by} and {one.decided_by}, {moment_text(one.decided_at)}: "
            f"{one.reason}",
        )
        for one in removals
        if one.decided_at is not None
    ]


def removal_rows(payment: Payment, removal: Removal | None = None) -> list[tuple[str, object]]:
    """A payment that is to be taken out of its file, and who asked."""
    row = payment_row(payment)
    rows: list[tuple[str, object]] = [
        ("Payment", f"{row.place}, {row.organisation}, payment {payment.tranche.number}"),
        ("Amount", pounds(payment.total_pence)),
        ("File", f"of {str(payment.run).lower()}"),
    ]
    if removal is not None:
        rows.append(("Why it must not go", removal.reason))
        rows.append(("Asked by", f"{removal.proposed_by}, {moment_text(removal.proposed_at)}"))
    return rows


@dataclass(frozen=True)
class RemovalCard:
    """A request to take a payment out of its file, and what this person may do about it; the services decide again."""

    removal: Removal
    row: "PaymentRow"
    can_agree: bool
    can_let_go: bool
    is_own: bool


def removal_card(removal: Removal, run: PaymentRun, user: User) -> RemovalCard:
    is_own = removal.proposed_by_id == user.pk
    may_release = Permission.RELEASE_RUN in user.permissions
    signed = user.pk in (run.checked_by_id, run.released_by_id, run.co_released_by_id)
    return RemovalCard(
        removal=removal,
        row=payment_row(removal.payment),
        can_agree=may_release and not is_own,
        can_let_go=is_own or (not signed and (may_release or Permission.CHECK_RUN in user.permissions)),
        is_own=is_own,
    )


@dataclass(frozen=True)
class QuestionCard:
    """A payment whose bank details keep its file back, and where this person goes about it."""

    title: str
    text: str
    url: str


def question_card(payment: Payment, user: User) -> QuestionCard:
    """Of one of `payments_in_question`: whoever may take it out is led there, anybody else to its run."""
    who, url = "Two of those who check or release runs take it out", reverse("grants:run-detail", args=[payment.run_id])
    if {Permission.CHECK_RUN, Permission.RELEASE_RUN} & user.permissions:
        who, url = "Ask to take it out; somebody else agrees", reverse("grants:payment-take-out", args=[payment.pk])
    what = "have changed" if has_changed(payment) else "may change"
    rest = ", and the rest of the file leaves at once" if vars(payment)["others_count"] else ""
    return QuestionCard(
        title=f"{payment.run} waits: bank details of {payment.payee_name} {what}",
        text=f"{others_wait(payment)} {who}{rest}. {way_out(payment)}",
        url=url,
    )


@dataclass(frozen=True)
class PaymentRow:
    """One payment in a table."""

    payment: Payment
    place: str
    organisation: str
    account: str
    state: State
    is_sample: bool
    held: str = ""


def payment_row(payment: Payment, held: Mapping[int, str] | None = None) -> PaymentRow:
    agreement, code = payment.tranche.agreement, payment.sort_code
    return PaymentRow(
        payment=payment,
        place=agreement.allocation.neighbourhood.name,
        organisation=str(agreement.body),
        account=f"{code[:2]}-{code[2:4]}-{code[4:]} {payment.account_number}",
        state=payment_state(payment),
        is_sample=agreement.is_sample,
        held=(held or {}).get(payment.pk, ""),
    )


OWN_DETAILS = (
    "You confirmed bank details that this run pays to, or you act for whoever did, so others check and release it."
)


@dataclass(frozen=True)
class RunActions:
    """What this person may do with this run now, and why not."""

    can_check: bool
    can_release: bool
    can_stop: bool
    can_withdraw: bool
    can_take_out: bool
    note: str


def run_actions(run: PaymentRun, user: User, *, own_details: bool = False) -> RunActions:
    """Which buttons stand on a run's page. The services decide again; this only spares a click.

    Args:
        run: From `runs_with_counts`.
        user: Who looks at it.
        own_details: Whether it pays to bank details that they confirmed.
    """
    may_check = Permission.CHECK_RUN in user.permissions
    may_release = Permission.RELEASE_RUN in user.permissions
    return RunActions(
        can_check=may_check and run.status == RunStatus.PREPARED and not own_details,
        can_release=may_release
        and not own_details
        and run.status == RunStatus.CHECKED
        and user.pk not in (run.checked_by_id, run.released_by_id),
        can_stop=(may_check or may_release) and run.status in (RunStatus.PREPARED, RunStatus.CHECKED),
        can_withdraw=may_release and run.status == RunStatus.STOPPED and run.stopped_by_id != user.pk,
        can_take_out=may_check or may_release,
        note=OWN_DETAILS if own_details and (may_check or may_release) else _next_step(run),
    )


def _next_step(run: PaymentRun) -> str:
    """What happens next to a run, in a sentence; empty once the bank has it."""
    if run.status == RunStatus.PREPARED:
        return "A payments officer checks payees, amounts and totals. Somebody else then releases the run."
    if run.status == RunStatus.CHECKED and run.released_by is not None:
        return f"{run.released_by} has released it. The other director must release it too."
    if run.status == RunStatus.CHECKED:
        return "Somebody who did not check the run releases it, within their limit."
    if run.status == RunStatus.STOPPED:
        return "Somebody who did not stop the run withdraws it. Its payments are then held until a hold is lifted."
    if vars(run).get("failed_count"):
        return "What failed is held. Under “Held payments” one person asks to pay it again, and another agrees."
    return ""


def remittance_rows(payment: Payment) -> list[tuple[str, Any]]:
    """A remittance advice as keys and values."""
    agreement = payment.tranche.agreement
    rows: list[tuple[str, Any]] = [
        ("Paid to", payment.payee_name),
        ("Account", f"ending {payment.account_number[-4:]}"),
        ("Agreement", f"{agreement.reference}: {agreement.title}"),
        ("For", f"{agreement.allocation.neighbourhood.name}, payment {payment.tranche.number}"),
        ("Grant for the place", pounds(payment.amount_pence)),
        ("Added because prices rose", pounds(payment.uplift_pence)),
        ("Contribution to your own costs", pounds(payment.contribution_pence)),
        ("Total", pounds(payment.total_pence)),
        ("Reference on your statement", payment.end_to_end_id),
        ("Should arrive by", day_text(payment.arrive_on)),
    ]
    if payment.confirmed_on:
        rows.append(("Sent", day_text(payment.confirmed_on)))
    return rows


def remittance_cells(payment: Payment) -> tuple[object, ...]:
    """One payment as a row of a treasurer's table; whatever is neither grant nor contribution was added for prices."""
    agreement = payment.tranche.agreement
    return (
        payment.end_to_end_id,
        agreement.reference,
        agreement.allocation.neighbourhood.name,
        payment.tranche.number,
        payment.amount_pence,
        payment.total_pence - payment.amount_pence - payment.contribution_pence,
        payment.contribution_pence,
        payment.total_pence,
        payment.arrive_on,
        payment.confirmed_on,
        payment_state(payment).text,
    )
