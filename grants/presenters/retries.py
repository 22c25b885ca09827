"""What the page of held payments says of each that two people may pay again, and offers to whom."""

from dataclasses import dataclass

from cwf_portal.core.figures_text import moment_text, pounds
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from grants.models import Payment, PaymentStatus, RetryRequest
from grants.presenters.payments import payment_row


@dataclass(frozen=True)
class FailedCard:
    """A payment that nobody asks to pay again: who may, in words, where this person may not, and who said no before."""

    payment: Payment
    is_taken_out: bool
    may_ask: bool
    who: str
    refusals: list[RetryRequest]


def failed_card(payment: Payment, user: User, *, may: bool) -> FailedCard:
    is_taken_out = payment.status == PaymentStatus.WITHDRAWN
    who = "Somebody who checks runs asks to pay it again, and somebody who releases them agrees."
    if is_taken_out:
        is_own = vars(payment)["taken_out_by"] == user.pk
        apart = "You asked to take it out. Two others" if is_own else "Two people who did not ask to take it out"
        who = f"{apart} let it go on: one of those who check or release runs asks, another who releases them agrees."
    return FailedCard(payment, is_taken_out, may, "" if may else who, vars(payment)["refusals"])


@dataclass(frozen=True)
class RetryCard:
    """A request to pay again: who may agree, in words, where this person may not, and what saying no is called."""

    retry: RetryRequest
    may_agree: bool
    who: str
    no: str


def retry_card(retry: RetryRequest, user: User, *, may: bool) -> RetryCard:
    taken_out_by = vars(retry)["taken_out_by"]
    who = "Somebody else who releases runs agrees to this."
    if taken_out_by == user.pk:
        who = "You asked to take this payment out of its file. Somebody else who releases runs agrees to this."
    elif taken_out_by is not None:
        who = "Somebody else who releases runs, and did not ask to take it out, agrees to this."
    is_own = retry.requested_by_id == user.pk
    may_refuse = is_own or Permission.RELEASE_RUN in user.permissions
    no = ("Take back what you asked" if is_own else "Refuse") if may_refuse else ""
    return RetryCard(retry, may, "" if may else who, no)


def retry_rows(retry: RetryRequest) -> list[tuple[str, object]]:
    """A payment that somebody asks to pay again, and why."""
    payment = retry.payment
    row = payment_row(payment)
    return [
        ("Payment", f"{row.place}, {row.organisation}, payment {payment.tranche.number}"),
        ("Amount", pounds(payment.total_pence)),
        ("Why it can be paid again", retry.reason),
        ("Asked by", f"{retry.requested_by}, {moment_text(retry.requested_at)}"),
    ]
