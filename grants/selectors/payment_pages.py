"""What the pages of the payments desk, the bank and the treasurer read; a constant number of queries each."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum

from cwf_portal.core.models import User
from grants.domain.ledger import Account
from grants.domain.schedule import WORKING_DAYS_HOLDS_SHOW
from grants.domain.working_days import england_and_wales
from grants.models import (
    Agreement,
    BankMessage,
    BankStatement,
    FileStatus,
    Hold,
    PassedOver,
    Payment,
    PaymentFile,
    PaymentRun,
    PaymentStatus,
    RunStatus,
    StatementLine,
    Tranche,
    TrancheFunding,
    TrancheStatus,
)
from grants.models.payment import FAILED
from grants.selectors.balances import account_pence
from grants.selectors.days import today
from grants.selectors.readiness import ACCEPTED, obstacles, with_facts
from grants.selectors.runs import open_holds

PATIENCE_WITH_FILES = timedelta(hours=1)  # a file leaves within a minute, unless something keeps it back


def runs_with_counts() -> QuerySet[PaymentRun]:
    """Runs with their file and how many payments came to what, latest first."""
    failed, left_out = Q(payments__status__in=("rejected", "returned")), Q(payments__status=PaymentStatus.WITHDRAWN)
    return (
        PaymentRun.objects.select_related("file", "checked_by", "released_by", "co_released_by", "stopped_by")
        .annotate(
            confirmed_count=Count("payments", filter=Q(payments__status=PaymentStatus.CONFIRMED)),
            failed_count=Count("payments", filter=failed),
            left_out_count=Count("payments", filter=left_out),
            with_bank_count=Count("payments", filter=Q(payments__status__in=("instructed", "in_doubt"))),
        )
        .order_by("-pk")
    )


@dataclass(frozen=True)
class Desk:
    """Runs by what they wait for."""

    to_check: list[PaymentRun]
    to_release: list[PaymentRun]
    to_withdraw: list[PaymentRun]
    with_bank: list[PaymentRun]


def payments_desk() -> Desk:
    """Every run that waits for a person or for the bank."""
    waiting = Q(status__in=(RunStatus.PREPARED, RunStatus.CHECKED, RunStatus.STOPPED))
    at_bank = Q(Exists(Payment.objects.with_bank().filter(run=OuterRef("pk"))))
    runs = list(runs_with_counts().filter(waiting | at_bank))
    return Desk(
        to_check=[run for run in runs if run.status == RunStatus.PREPARED],
        to_release=[run for run in runs if run.status == RunStatus.CHECKED],
        to_withdraw=[run for run in runs if run.status == RunStatus.STOPPED],
        with_bank=[run for run in runs if run.status == RunStatus.RELEASED],
    )


def payments_in_full() -> QuerySet[Payment]:
    """Payments with place and organisation, for pages that name them."""
    return Payment.objects.select_related(
        "run", "tranche__agreement__allocation__neighbourhood", "tranche__agreement__body__organisation"
    )


@dataclass(frozen=True)
class SourceTotal:
    """What one source gives in a run, in pence."""

    source: str
    amount_pence: int
    uplift_pence: int
    contribution_pence: int

    @property
    def total_pence(self) -> int:
        return self.amount_pence + self.uplift_pence + self.contribution_pence


def totals_by_source(run: PaymentRun) -> list[SourceTotal]:
    """What each source gives in a run, payments that were left out not counted."""
    paid = Payment.objects.filter(run=run).exclude(status=PaymentStatus.WITHDRAWN).values("tranche")
    rows = (
        TrancheFunding.objects.filter(tranche__in=paid)
        .values_list("source__name")
        .annotate(place=Sum("amount_pence"), uplift=Sum("uplift_pence"), body=Sum("contribution_pence"))
        .order_by("source_id")
    )
    return [SourceTotal(name, place, uplift, body) for name, place, uplift, body in rows]


def holds_now() -> QuerySet[Hold]:
    """Open holds with what they hold, those on whole agreements too; the payment due first stands first.

    A payment that a variation cancelled is held by nothing any more, whatever had held it.
    """
    return (
        Hold.objects.open()
        .exclude(tranche__status=TrancheStatus.CANCELLED)
        .select_related("tranche", "agreement__allocation__neighbourhood", "agreement__body__organisation", "placed_by")
        .order_by(F("tranche__due_on").asc(nulls_last=True), "pk")
    )


@dataclass(frozen=True)
class ComingUp:
    """A payment to be processed soon, and what would hold it if nothing changed."""

    tranche: Tranche
    problems: list[str]


def coming_up(at: datetime) -> list[ComingUp]:
    """Payments that must arrive within twenty working days and are not processed yet, those with problems first."""
    day = today(at)
    soon = Tranche.objects.filter(
        status__in=(TrancheStatus.PLEDGED, TrancheStatus.COMMITTED),
        process_on__gt=day,
        due_on__lte=england_and_wales().shift(day, WORKING_DAYS_HOLDS_SHOW),
        agreement__status__in=ACCEPTED,
    )
    tranches = list(with_facts(soon, day).order_by("process_on", "pk"))
    found, held = obstacles(tranches, at=at), open_holds({one.pk: one.agreement_id for one in tranches})
    rows = [ComingUp(one, [str(problem) for problem in found[one.pk]] + held.get(one.pk, [])) for one in tranches]
    return sorted(rows, key=lambda row: not row.problems)


@dataclass(frozen=True)
class Reconciliation:
    """Whether the books and the bank say the same; pence. `unanswered` counts payments by their run's primary key."""

    statement: BankStatement | None
    ledger_pence: int
    suspense_pence: int
    suspense_count: int
    refused: list[BankMessage]
    files: list[PaymentFile]
    unanswered: dict[int, int]

    @property
    def bank_pence(self) -> int:
        """The balance of the last statement; 0 before the first."""
        return self.statement.closing_pence if self.statement else 0

    @property
    def unanswered_count(self) -> int:
        """Payments that should have arrived, and of which the bank has not said so."""
        return sum(self.unanswered.values())

    @property
    def difference_pence(self) -> int:
        """What the books have more than the bank: zero unless something is broken."""
        return self.ledger_pence - self.bank_pence


def reconciliation(at: datetime) -> Reconciliation:
    """The state of the account, and every message and file that needs a person."""
    suspense = StatementLine.objects.in_suspense().aggregate(count=Count("pk"), pence=Sum("amount_pence", default=0))
    applied = BankMessage.objects.filter(
        kind=OuterRef("kind"), sequence=OuterRef("sequence"), outcome=BankMessage.Outcome.APPLIED
    )
    gone_without = PassedOver.objects.confirmed().filter(
        message__kind=OuterRef("kind"), message__sequence=OuterRef("sequence")
    )
    refused = BankMessage.objects.filter(~Exists(applied), ~Exists(gone_without), outcome=BankMessage.Outcome.REFUSED)
    in_doubt = Exists(Payment.objects.filter(run=OuterRef("run"), status=PaymentStatus.IN_DOUBT))
    unanswered = Payment.objects.unanswered(today(at)).order_by("run")
    troubled = Q(status__in=(FileStatus.SENDING, FileStatus.REFUSED)) | Q(in_doubt, status=FileStatus.IN_DOUBT)
    troubled |= Q(status=FileStatus.WAITING, run__released_at__lt=at - PATIENCE_WITH_FILES)
    return Reconciliation(
        statement=BankStatement.objects.first(),
        ledger_pence=account_pence(Account.CASH),
        suspense_pence=suspense["pence"],
        suspense_count=suspense["count"],
        refused=list(refused.defer("content").prefetch_related(Prefetch("passed_over", passings_to_confirm()))),
        files=list(PaymentFile.objects.filter(troubled).select_related("run").defer("content")),
        unanswered=dict(unanswered.values("run").annotate(count=Count("pk")).values_list("run", "count")),
    )


def passings_to_confirm() -> QuerySet[PassedOver]:
    """Requests to go on without a message of the bank that wait for a second person, oldest first."""
    return PassedOver.objects.proposed().select_related("message", "proposed_by").order_by("pk")


def refused_messages() -> QuerySet[BankMessage]:
    """Messages of the bank that were not taken in."""
    return BankMessage.objects.filter(outcome=BankMessage.Outcome.REFUSED).defer("content")


def statement_lines(*, match: str = "", statement: BankStatement | None = None) -> QuerySet[StatementLine]:
    """Lines of the bank's statements, latest statement first."""
    lines = StatementLine.objects.select_related(
        "statement",
        "wave",
        "run",
        "payment__run",
        "payment__tranche__agreement__allocation__neighbourhood",
        "payment__tranche__agreement__body__organisation",
    ).order_by("-statement__sequence", "position")
    if match:
        lines = lines.filter(match=match)
    return lines if statement is None else lines.filter(statement=statement)


def remittances_of(user: User) -> QuerySet[Payment]:
    """Payments on their way or made to the bodies that this person acts for, latest first."""
    agreements = Agreement.objects.of_contact(user)
    return (
        payments_in_full()
        .filter(tranche__agreement__in=agreements)
        .exclude(status__in=(PaymentStatus.CLAIMED, *FAILED))
        .order_by("-arrive_on", "-pk")
    )


def next_payments_of(user: User) -> QuerySet[Tranche]:
    """Promised payments still to come for the bodies that this person acts for, the next first."""
    return (
        Tranche.objects.filter(
            agreement__in=Agreement.objects.of_contact(user),
            status__in=(TrancheStatus.COMMITTED, TrancheStatus.PAYABLE),
        )
        .select_related("agreement__allocation__neighbourhood", "agreement__body__organisation")
        .order_by("due_on", "pk")
    )


def statements() -> QuerySet[BankStatement]:
    """Statements taken in, latest first."""
    return BankStatement.objects.order_by("-sequence")
