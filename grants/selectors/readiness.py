"""Whether a payment that has come due can be released, and what stands in its way, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.formats import date_format

from cwf_portal.core.bulk import among
from grants.errors import in_pounds, per_cent
from grants.models import (
    Agreement,
    AgreementStatus,
    BankAccount,
    Hold,
    Payment,
    PaymentStatus,
    Report,
    RetryRequest,
    Tranche,
    TrancheStatus,
)
from grants.models.payment import FAILED_AT_BANK
from grants.selectors.bank_lines import contradictions
from grants.selectors.days import today
from grants.selectors.pauses import not_paused
from grants.selectors.unspent import UNRELEASED, Surplus, surpluses, with_unspent
from panels.domain.deciding import Standing
from panels.selectors import standings_of

ACCEPTED = (AgreementStatus.ACTIVE, AgreementStatus.DISCONTINUED, AgreementStatus.COMPLETED)
# What the portal finds by itself, it also lifts by itself once it is mended.
FOUND_BY_PORTAL = (
    Hold.Reason.REVIEW,
    Hold.Reason.REPORT,
    Hold.Reason.BANK_DETAILS,
    Hold.Reason.DUE_DILIGENCE,
    Hold.Reason.PANEL,
    Hold.Reason.UNSPENT,
)


@dataclass(frozen=True)
class Obstacle:
    """One thing that keeps a payment back, and how to mend it."""

    reason: Hold.Reason
    fact: str
    mend: str

    def __str__(self) -> str:
        return f"{self.fact} {self.mend}"[:300]


def come_due(day: date) -> QuerySet[Tranche]:
    """Payments of standing agreements whose processing day has come and that are not yet released."""
    return Tranche.objects.filter(
        status__in=(TrancheStatus.PLEDGED, TrancheStatus.COMMITTED),
        process_on__lte=day,
        agreement__status__in=ACCEPTED,
    )


def due_again(day: date) -> QuerySet[Tranche]:
    """Payments that were released once, failed, and are tried again; asked apart from `come_due`, for both are then
    found by their indexes."""
    return Tranche.objects.filter(_tried_again(), process_on__lte=day, agreement__status__in=ACCEPTED)


def _tried_again() -> Q:
    """Of payments: released once, and two people have agreed since each attempt failed that another is made."""
    attempts = Payment.objects.filter(tranche=OuterRef("pk"))
    asked = RetryRequest.objects.filter(payment=OuterRef("pk"), after=OuterRef("status"), turn=OuterRef("turn"))
    failed = attempts.filter(~Exists(asked.filter(confirmed_by__isnull=False)), status__in=FAILED_AT_BANK)
    return Q(status=TrancheStatus.PAYABLE) & ~Exists(attempts.live()) & ~Exists(failed)


def is_anything_due(day: date) -> bool:
    """Whether there is any payment at all to look at more closely; one cheap query, asked at every tick."""
    waiting = (TrancheStatus.PLEDGED, TrancheStatus.COMMITTED, TrancheStatus.PAYABLE)
    return Tranche.objects.filter(status__in=waiting, process_on__lte=day, agreement__status__in=ACCEPTED).exists()


def claimable(day: date) -> QuerySet[Tranche]:
    """Payments that nothing recorded keeps back: due and promised, or to be tried again; no open hold, no pause.

    To lift the hold of a failed payment is not enough to try it again: two people must have agreed since it failed,
    and no line of the bank may wait that says it was made.
    """
    holds = Hold.objects.open().filter(Q(tranche=OuterRef("pk")) | Q(tranche=None, agreement=OuterRef("agreement")))
    attempts = Payment.objects.filter(tranche=OuterRef("pk"))
    unheld = Tranche.objects.filter(
        ~Exists(holds),
        Q(status=TrancheStatus.COMMITTED) | _tried_again(),
        process_on__lte=day,
        agreement__status__in=ACCEPTED,
    )
    taken = list(contradictions().values_list("end_to_end_id", flat=True))
    return not_paused(unheld.filter(~Exists(attempts.filter(end_to_end_id__in=taken))) if taken else unheld)


def with_facts(tranches: QuerySet[Tranche], day: date) -> QuerySet[Tranche]:
    """The same payments with what `obstacles` needs to know; those of one agreement share it in memory."""
    account = BankAccount.objects.payable_on(day).filter(body=OuterRef("agreement__body"))
    report = Report.objects.not_accepted(day).filter(agreement=OuterRef("agreement"), due_on__lt=OuterRef("due_on"))
    earliest = report.order_by("due_on")
    return (
        with_unspent(tranches)
        .prefetch_related(
            "agreement__body__organisation", "agreement__allocation__neighbourhood", "agreement__resolution"
        )
        .annotate(
            account_id=Subquery(account.values("pk")[:1]),
            missing_report_year=Subquery(earliest.values("year")[:1]),
            missing_report_due_on=Subquery(earliest.values("due_on")[:1]),
            checks_expire_on=F("agreement__body__due_diligence_expires_on"),
        )
    )


def kept_back(tranches: QuerySet[Tranche], *, at: datetime) -> dict[Tranche, list[Obstacle]]:
    """Those of the payments that something keeps back, each with all of it.

    What nothing can keep back is told by its agreement alone; the few others are looked at one by one.
    """
    day = today(at)
    uncertain = Q(status=TrancheStatus.PLEDGED) | Q(agreement__in=_uncertain(tranches, at))
    found = list(with_facts(tranches.filter(uncertain), day))
    why = obstacles(found, at=at)
    return {tranche: why[tranche.pk] for tranche in found if why[tranche.pk]}


def _uncertain(tranches: QuerySet[Tranche], at: datetime) -> list[int]:
    """The agreements of these payments that have, or ever had, something that may keep one back."""
    day, agreement = today(at), OuterRef("pk")
    has_account = Exists(BankAccount.objects.payable_on(day).filter(body=OuterRef("body")))
    lacks_report = Exists(Report.objects.not_accepted(day).filter(agreement=agreement))
    left_something = Exists(Report.objects.filter(agreement=agreement, accepted_at__isnull=False, unspent_pence__gt=0))
    is_checked = Q(body__due_diligence_expires_on__gte=day)
    rows = list(
        Agreement.objects.filter(pk__in=tranches.order_by().values("agreement")).values_list(
            "pk", "resolution__panel", is_checked & has_account & ~lacks_report & ~left_something
        )
    )
    standings = standings_of({panel for _, panel, _ in rows}, at) if rows else {}
    return [pk for pk, panel, is_certain in rows if not (is_certain and standings[panel].is_lawful)]


def obstacles(tranches: Sequence[Tranche], *, at: datetime) -> dict[int, list[Obstacle]]:
    """What keeps each payment back, by its primary key; empty lists where nothing does.

    Args:
        tranches: from `with_facts`.
        at: the moment for which to judge, aware.
    """
    day = today(at)
    standings = standings_of({_panel_pk(tranche) for tranche in tranches}, at) if tranches else {}
    limited = surpluses(tranches)
    return {
        tranche.pk: [
            *_missing_paper(tranche, day),
            *_unspent_money(tranche, limited.get(tranche.pk)),
            *_unlawful_panel(standings[_panel_pk(tranche)]),
        ]
        for tranche in tranches
    }


def _panel_pk(tranche: Tranche) -> int:
    return tranche.agreement.resolution.panel_id


def _missing_paper(tranche: Tranche, day: date) -> Iterable[Obstacle]:
    facts = vars(tranche)  # annotations of `with_facts`
    if tranche.status == TrancheStatus.PLEDGED:
        yield Obstacle(
            Hold.Reason.REVIEW,
            f"The yearly review that promises year {tranche.year} is not done.",
            "Record the review and have a second officer confirm it.",
        )
    if facts["missing_report_year"] is not None:
        yield Obstacle(
            Hold.Reason.REPORT,
            f"The report for year {facts['missing_report_year']} was due on "
            f"{date_format(facts['missing_report_due_on'], 'j F Y')} and is not accepted.",
            "Ask the organisation for it, or read and accept it.",
        )
    if facts["account_id"] is None:
        yield Obstacle(
            Hold.Reason.BANK_DETAILS,
            "The organisation has no bank details that are confirmed and past their waiting time.",
            "Confirm them after calling back, and wait two working days.",
        )
    if facts["checks_expire_on"] < day:
        yield Obstacle(
            Hold.Reason.DUE_DILIGENCE,
            f"The checks on the organisation ran out on {date_format(facts['checks_expire_on'], 'j F Y')}.",
            "Check the organisation again and enter the new date.",
        )


def _unspent_money(tranche: Tranche, limit: Surplus | None) -> Iterable[Obstacle]:
    """Nothing of a payment that was released once: how much goes was settled then, and nobody could divide it now."""
    if limit is not None and tranche.status in UNRELEASED:
        yield Obstacle(
            Hold.Reason.UNSPENT,
            f"{in_pounds(limit.unspent_pence)} is left after year {limit.report.year}. The coming period plans "
            f"{in_pounds(limit.plan_pence)}: with {per_cent(limit.margin_basis_points)} on top and less what is left, "
            f"{in_pounds(limit.pay_pence)} of the grant can go now.",
            "Two officers decide; the rest comes later and stays promised.",
        )


def _unlawful_panel(standing: Standing) -> Iterable[Obstacle]:
    if not standing.is_lawful:
        yield Obstacle(
            Hold.Reason.PANEL,
            f"The panel cannot decide now: {' '.join(standing.problems)}"[:220],
            "Help the panel to recruit.",
        )


def attempts_made(tranche_pks: Iterable[int]) -> dict[int, int]:
    """How often each payment was attempted, by its primary key; missing where never."""
    rows = (
        Payment.objects.filter(tranche__in=among(tranche_pks))
        .order_by("tranche", "-attempt")
        .distinct("tranche")
        .values_list("tranche", "attempt")
    )
    return dict(rows)


def failed_payments() -> QuerySet[Payment]:
    """Payments that failed at the bank or were taken out of a file, and whose money waits for that, latest first.

    An attempt that failed may have others after it: what came back after all was said of those counts, not its number.
    """
    live = Payment.objects.live().filter(tranche=OuterRef("tranche"))
    later = Payment.objects.filter(tranche=OuterRef("tranche"), attempt__gt=OuterRef("attempt"))
    held = Hold.objects.open().filter(tranche=OuterRef("tranche"), reason=Hold.Reason.TAKEN_OUT)
    at_bank = Q(status__in=FAILED_AT_BANK, tranche__status=TrancheStatus.PAYABLE)
    taken_out = Q(Exists(held), ~Exists(later), status=PaymentStatus.WITHDRAWN, tranche__status=TrancheStatus.COMMITTED)
    return Payment.objects.filter(at_bank | taken_out, ~Exists(live)).order_by("-pk")
