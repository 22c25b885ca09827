"""What an accepted report says is unspent, and how much of the next payment may go beside it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Case, F, OuterRef, Prefetch, QuerySet, Subquery, When

from cwf_portal.core.models import User
from grants.domain.schedule import process_day
from grants.domain.unspent import Decided, left_by_plan, most_payable_pence
from grants.domain.working_days import england_and_wales
from grants.models import Hold, Opinion, Report, Tranche, TrancheStatus, UnspentDecision

UNRELEASED = (TrancheStatus.PLEDGED, TrancheStatus.COMMITTED)


@dataclass(frozen=True)
class Surplus:
    """What limits a payment: a report, what is left of the money before it, and what the coming period plans; pence."""

    report: Report
    scheduled_pence: int
    unspent_pence: int
    plan_pence: int
    margin_basis_points: int

    @property
    def pay_pence(self) -> int:
        """How much of the payment's grant may go now."""
        most = most_payable_pence(
            plan_pence=self.plan_pence,
            unspent_pence=self.unspent_pence,
            margin_basis_points=self.margin_basis_points,
        )
        return min(self.scheduled_pence, most)

    @property
    def later_pence(self) -> int:
        """How much of it comes later."""
        return self.scheduled_pence - self.pay_pence

    def with_plan(self, plan_pence: int) -> "Surplus":
        """The same where the coming period plans something else."""
        return replace(self, plan_pence=plan_pence)


def with_unspent(tranches: QuerySet[Tranche]) -> QuerySet[Tranche]:
    """The same payments with the report that limits each: the last one accepted for a year that ended before it is due,
    empty where nothing was left then."""
    read = Report.objects.filter(
        agreement=OuterRef("agreement"), accepted_at__isnull=False, due_on__lt=OuterRef("due_on")
    )
    limits = read.order_by("-due_on").values(found=Case(When(unspent_pence__gt=0, then=F("pk"))))
    return tranches.annotate(unspent_report_id=Subquery(limits[:1]))


def limits_of(tranches: Iterable[Tranche]) -> dict[int, Surplus]:
    """What limits each payment, by its primary key; payments that nothing unspent stands against are left out.

    Each counts with its own grant as the period's plan, or with the plan that two people confirmed last for its day.
    Two queries, and none where nothing is unspent.

    Args:
        tranches: from `with_unspent`.
    """
    limiting = {tranche: vars(tranche)["unspent_report_id"] for tranche in tranches}
    wanted = {pk for pk in limiting.values() if pk is not None}
    if not wanted:
        return {}
    confirmed = UnspentDecision.objects.filter(status=Opinion.CONFIRMED).order_by("pk")
    reports = (
        Report.objects.select_related("agreement__allocation__programme")
        .prefetch_related(Prefetch("unspent_decisions", confirmed))
        .in_bulk(wanted)
    )
    return {tranche.pk: _limit(tranche, reports[pk]) for tranche, pk in limiting.items() if pk is not None}


def _limit(tranche: Tranche, report: Report) -> Surplus:
    decided = list(report.unspent_decisions.all())
    last = {one.tranche_id: one for one in decided}
    own = last.get(tranche.pk)
    plan_pence: int | None
    if own is not None and own.pay_pence >= tranche.grant_pence:
        plan_pence, unspent_pence = own.plan_pence, own.unspent_pence  # decided, and nothing came on top since
    else:
        paying = [one for one in last.values() if one.tranche_id != tranche.pk]
        plan_pence = next((one.plan_pence for one in reversed(decided) if one.due_on == tranche.due_on), None)
        before = left_by_plan(report.unspent_pence or 0, _periods(decided, paying, until=tranche.due_on))
        unspent_pence = before + sum(one.pay_pence for one in paying if one.due_on == tranche.due_on)
    return Surplus(
        report=report,
        scheduled_pence=tranche.grant_pence,
        unspent_pence=unspent_pence,
        plan_pence=tranche.grant_pence if plan_pence is None else plan_pence,
        margin_basis_points=report.agreement.allocation.programme.unspent_margin_basis_points,
    )


def _periods(decided: Iterable[UnspentDecision], paying: Iterable[UnspentDecision], *, until: date) -> list[Decided]:
    """Each period before a day once, in order: the plan decided last, and what all its payments come to.

    Args:
        decided: Every decision, oldest first.
        paying: The one decision of each payment by which it is paid.
        until: The day of the payment in question.
    """
    plans = {one.due_on: one.plan_pence for one in decided if one.due_on is not None and one.due_on < until}
    return [
        Decided(plan, sum(one.pay_pence for one in paying if one.due_on == day)) for day, plan in sorted(plans.items())
    ]


def surpluses(tranches: Sequence[Tranche]) -> dict[int, Surplus]:
    """The payments of which only a part may go, by primary key; `tranches` come from `with_unspent`."""
    return {pk: limit for pk, limit in limits_of(tranches).items() if limit.later_pence}


def following(reports: Sequence[Report]) -> dict[int, Surplus]:
    """What reports, once accepted, mean for the first payment after each one's year, by primary key of the report;
    those without a payment to come are left out. One query.

    Args:
        reports: With their agreements, allocations and programmes; sent in.
    """
    if not reports:
        return {}
    unreleased = Tranche.objects.filter(
        status__in=UNRELEASED,
        agreement__in={report.agreement_id for report in reports},
        due_on__gt=min(report.due_on for report in reports),
    )
    by_agreement: dict[int, list[Tranche]] = defaultdict(list)
    for tranche in unreleased.order_by("due_on", "number"):
        by_agreement[tranche.agreement_id].append(tranche)
    found: dict[int, Surplus] = {}
    for report in reports:
        after = [one for one in by_agreement[report.agreement_id] if one.due_on > report.due_on]
        if after:
            margin = report.agreement.allocation.programme.unspent_margin_basis_points
            grant = after[0].grant_pence
            found[report.pk] = Surplus(report, grant, report.unspent_pence or 0, grant, margin)
    return found


def later_days(tranche: Tranche, day: date) -> list[date]:
    """The days to which a part of a payment can move: those of the agreement's later payments, else its last one.

    A day counts while its money can still be processed after `day`. Empty where the agreement ends before.
    """
    calendar = england_and_wales()
    others = Tranche.objects.filter(
        agreement=tranche.agreement_id, status__in=UNRELEASED, due_on__gt=tranche.due_on, process_on__gt=day
    )
    found = sorted(set(others.values_list("due_on", flat=True)))
    if found or tranche.agreement.ends_on is None:
        return found
    last = calendar.on_or_before(tranche.agreement.ends_on)
    return [last] if last > tranche.due_on and process_day(last, calendar) > day else []


def suggested_day(tranche: Tranche, days: Sequence[date]) -> date | None:
    """The first of these days before which another report says what is left by then; else the last of them."""
    next_report = (
        Report.objects.filter(agreement=tranche.agreement_id, due_on__gte=tranche.due_on).order_by("due_on").first()
    )
    after = [day for day in days if next_report is not None and day > next_report.due_on]
    return next(iter(after or days[-1:]), None)


def payments_unspent(reference: str, number: int) -> QuerySet[Tranche]:
    """One promised payment with what its page names and what limits it."""
    return with_unspent(
        Tranche.objects.filter(
            agreement__reference=reference, number=number, status=TrancheStatus.COMMITTED
        ).select_related("agreement__allocation__neighbourhood", "agreement__body__organisation")
    )


def unspent_decisions() -> QuerySet[UnspentDecision]:
    """Decisions with what their pages name."""
    return UnspentDecision.objects.select_related(
        "report",
        "proposed_by",
        "decided_by",
        "tranche__agreement__allocation__neighbourhood",
        "tranche__agreement__body__organisation",
    )


def unspent_to_confirm(user: User) -> QuerySet[UnspentDecision]:
    """Proposed by somebody else, oldest first."""
    return unspent_decisions().filter(status=Opinion.PROPOSED).exclude(proposed_by=user)


def unspent_to_propose() -> QuerySet[Tranche]:
    """Payments held because money is unspent, about which nobody has proposed anything."""
    held = Hold.objects.open().filter(reason=Hold.Reason.UNSPENT)
    proposed = UnspentDecision.objects.filter(status=Opinion.PROPOSED)
    return (
        Tranche.objects.filter(pk__in=held.values("tranche"), status=TrancheStatus.COMMITTED)
        .exclude(pk__in=proposed.values("tranche"))
        .select_related("agreement__allocation__neighbourhood")
        .order_by("due_on", "pk")
    )
