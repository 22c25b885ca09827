"""What a bank line cannot be: the wrong direction, another amount to the penny, a payment that has moved on."""

from dataclasses import dataclass

from cwf_portal.core.errors import DomainError
from grants.domain.ledger import Account
from grants.errors import WrongStateError, in_pounds
from grants.models import (
    Clawback,
    LineClearing,
    LineGroup,
    Opinion,
    Payment,
    PaymentRun,
    PaymentStatus,
    Source,
    StatementLine,
    TrancheStatus,
    Wave,
)
from grants.models.payment import FAILED_AT_BANK, PaymentQuerySet
from grants.selectors.clawbacks import is_covered, open_pence, overtaken_by, paid_less_claims, parts_of
from grants.services.matching import WITH_BANK, paid_for

Kind = LineClearing.Kind
CREDITS = (Kind.RETURNED, Kind.WAVE, Kind.CLAWBACK, Kind.INTEREST, Kind.OTHER_INCOME)
DEBITS = (Kind.PAYMENT, Kind.FILE, Kind.BANK_FEE, Kind.RUNNING_COST)
STANDS = {TrancheStatus.PAYABLE: Account.PAYABLE, TrancheStatus.COMMITTED: Account.COMMITTED}


@dataclass(frozen=True)
class Explanation:
    """What a line is said to be: its kind and the one thing that the kind needs."""

    kind: LineClearing.Kind
    payment: Payment | None = None
    run: PaymentRun | None = None
    wave: Wave | None = None
    source: Source | None = None
    clawback: Clawback | None = None
    counter_line: StatementLine | None = None


def require_unexplained(line: StatementLine) -> None:
    if not StatementLine.objects.in_group(LineGroup.UNEXPLAINED).filter(pk=line.pk).exists():
        raise WrongStateError("This line is explained, or somebody has proposed what it is.", mend="Open it again.")


def check_fits(line: StatementLine, said: Explanation) -> None:
    """Refuse what cannot be true: the wrong direction, another amount to the penny, a payment that has moved on."""
    if (said.kind in CREDITS and line.amount_pence < 0) or (said.kind in DEBITS and line.amount_pence > 0):
        raise DomainError("Money came in and this explains money that went out, or the reverse.")
    if said.payment is not None:
        _require_amount(line, said.payment.total_pence, "The payment")
        _check_payment(said)
    if said.run is not None:
        paid_of_file(line, said.run)
    if said.wave is not None and said.wave.received_on is not None:
        raise WrongStateError("That money has arrived already.", mend="Choose something else.")
    if said.source is not None and not said.source.is_spendable:
        raise DomainError(f"Nothing is booked under “{said.source}”.", mend="Choose whose money it is.")
    if said.clawback is not None:
        _check_claim(line, said.clawback)
    if said.counter_line is not None:
        _check_counter(line, said.counter_line)


def paid_of_file(line: StatementLine, run: PaymentRun) -> list[Payment]:
    """The payments of a file that the line pays for: all that the bank has not answered for, or those of one day."""
    owed = with_bank(run)
    paid = paid_for(list(owed), pence=-line.amount_pence, value_on=line.value_on)
    if not paid:
        _require_amount(line, owed.total_pence(), "What the bank still owes an answer for in that file")
    return paid


def _require_amount(line: StatementLine, pence: int, what: str) -> None:
    if abs(line.amount_pence) != pence:
        raise DomainError(
            f"{what} is {in_pounds(pence)}, the line is {in_pounds(abs(line.amount_pence))}.",
            mend="It must be the same to the penny; ask the bank for a correcting line.",
        )


def _check_payment(said: Explanation) -> None:
    payment = Payment.objects.get(pk=said.payment.pk) if said.payment else None
    if payment is None:
        return
    wanted = (*WITH_BANK, *FAILED_AT_BANK) if said.kind == Kind.PAYMENT else (PaymentStatus.CONFIRMED,)
    if payment.status not in wanted:
        raise WrongStateError(f"That payment is “{payment.get_status_display().lower()}”.", mend="Choose another.")
    if said.kind == Kind.RETURNED and not _can_come_back(payment):
        raise DomainError(
            "Part of what that payment brought was asked back.", mend="Settle or withdraw the claim first."
        )
    if payment.status in FAILED_AT_BANK and _has_later_attempt(payment):
        raise WrongStateError(
            f"That payment {_failed(payment)} and is being paid again.", mend="Ask the bank for one of the two back."
        )
    if payment.status in FAILED_AT_BANK and not _is_still_promised(payment):
        raise WrongStateError(
            f"What was promised with that payment has changed since it {_failed(payment)}.",
            mend="Ask the bank for the money back; the two lines then cancel each other.",
        )


def _failed(payment: Payment) -> str:
    return "was rejected" if payment.status == PaymentStatus.REJECTED else "came back"


def _check_claim(line: StatementLine, clawback: Clawback) -> None:
    still = open_pence(Clawback.objects.get(pk=clawback.pk))
    if line.amount_pence > still:
        raise DomainError(
            f"{in_pounds(still)} of that claim is open, the line is {in_pounds(line.amount_pence)}.",
            mend="Choose something else, or send the money back.",
        )


def _can_come_back(payment: Payment) -> bool:
    """Whether all that the payment brought is paid and not asked back, or was only asked back by claims now closed."""
    there = paid_less_claims(payment.tranche.agreement_id)
    return is_covered(parts_of(payment), there) or bool(overtaken_by(payment))


def _has_later_attempt(payment: Payment) -> bool:
    return Payment.objects.live().filter(tranche=payment.tranche_id).exclude(pk=payment.pk).exists()


def _is_still_promised(payment: Payment) -> bool:
    """Whether exactly what the payment was to bring stands ready: nothing varied, raised or ended it since."""
    due = payment.tranche
    alike = (due.amount_pence, due.uplift_pence, due.contribution_pence) == (
        payment.amount_pence,
        payment.uplift_pence,
        payment.contribution_pence,
    )
    return alike and due.status in STANDS


def _check_counter(line: StatementLine, counter: StatementLine) -> None:
    _require_unexplained_counter(line, counter)
    if line.amount_pence + counter.amount_pence != 0:
        raise DomainError("The two lines do not cancel each other to the penny.", mend="Choose another line.")


def _require_unexplained_counter(line: StatementLine, counter: StatementLine) -> None:
    claims = LineClearing.objects.filter(line=line, counter_line=counter, status=Opinion.PROPOSED)
    if not claims.exists():
        require_unexplained(counter)


def with_bank(run: PaymentRun) -> PaymentQuerySet:
    """Payments of a run that the bank has not yet answered for."""
    return Payment.objects.with_bank().filter(run=run)
