"""Putting an approved variation into force: rows, ledger, yearly papers, and the version that says it all."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Max
from django.utils.timezone import localdate

from cwf_portal.core.errors import ConflictError
from cwf_portal.core.models import User
from grants.domain.dates import add_months
from grants.domain.ledger import JournalKind
from grants.domain.schedule import MONTHS_IN_YEAR
from grants.domain.sources import with_parts
from grants.models import (
    Agreement,
    AgreementFunding,
    Review,
    Tranche,
    TrancheFunding,
    TrancheStatus,
    Variation,
    VariationLine,
)
from grants.selectors.variations import current_tranches
from grants.services.commitments import Window, create_yearly_rows
from grants.services.posting import Entry, post_journal
from grants.services.publishing import PROMISED, publish_payments, withdraw_payments
from grants.services.uplift import STANDING
from grants.services.varied_money import MoneyPlan, change_lines, changes, plan_money, require_room
from grants.services.versions import TERMS, record_schedule, record_version
from neighbourhoods.services import mark_stale

WHY = TrancheFunding.Why.VARIATION


def put_into_force(*, by: User, variation: Variation, at: datetime) -> None:
    """Make the new version. The caller holds the locks of agreement and open payments, and recorded the last approval.

    Raises:
        ConflictError: A payment was released, or another became open, since the variation was proposed.
        HeadroomError: More would be promised than there is.
    """
    agreement, on = variation.agreement, localdate(at)
    tranches = current_tranches(agreement)
    open_ones = [tranche for tranche in tranches if tranche.status in STANDING]
    if [tranche.pk for tranche in open_ones] != variation.standing:
        raise ConflictError(
            "A payment was released or came back since this was proposed.", mend="Refuse it and propose it afresh."
        )
    lines = list(variation.lines.order_by("due_on", "number"))
    plan = plan_money(agreement, tranches, lines)
    statuses = _statuses(agreement, lines, on)
    found = changes(agreement, tranches, plan, statuses=statuses)
    require_room(found)
    version = record_version(agreement=agreement, variation=variation)
    _take_on_terms(agreement, variation, found_version=version.number, plan=plan, open_ones=open_ones)
    gone = _rewrite(agreement, open_ones, lines, plan=plan, statuses=statuses)
    if journal_lines := change_lines(found):
        entry = Entry(
            kind=JournalKind.VARIED,
            key=f"varied:{agreement.reference}:{version.number}",
            lines=journal_lines,
            effective_on=on,
            reference=agreement.reference,
            approver=by,
        )
        post_journal(by=variation.proposed_by, entry=entry)
    standing = agreement.tranches.exclude(status=TrancheStatus.CANCELLED).order_by("number")
    record_schedule(version=version, tranches=standing)
    _fit_yearly_rows(agreement)
    variation.status, variation.decided_by, variation.decided_at = Variation.Status.APPLIED, by, at
    variation.save(update_fields=["status", "decided_by", "decided_at"])
    _publish(agreement, gone)


def _statuses(agreement: Agreement, lines: Sequence[VariationLine], on: date) -> list[TrancheStatus]:
    """Where each planned payment stands: promised up to the next yearly review and the wind-down, pledged beyond."""
    passed = agreement.reviews.filter(confirmed_at__isnull=False, outcome=Review.Outcome.CONTINUE).count()
    last_day = Window(agreement, passed).last_day(on)
    return [TrancheStatus.COMMITTED if line.due_on <= last_day else TrancheStatus.PLEDGED for line in lines]


def _take_on_terms(
    agreement: Agreement, variation: Variation, *, found_version: int, plan: MoneyPlan, open_ones: Sequence[Tranche]
) -> None:
    before: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for tranche in open_ones:
        for part in tranche.funding.all():
            before[part.source_id][0] += part.amount_pence
            before[part.source_id][1] += part.contribution_pence
    now = [
        (sum(row[index] for row in plan.places), sum(row[index] for row in plan.bodies))
        for index in range(len(plan.sources))
    ]
    AgreementFunding.objects.bulk_create(
        AgreementFunding(
            agreement=agreement,
            source_id=source,
            version=found_version,
            amount_pence=place - before[source][0],
            contribution_pence=body - before[source][1],
        )
        for source, (place, body) in zip(plan.sources, now, strict=True)
        if (place, body) != (before[source][0], before[source][1])
    )
    for name in TERMS:
        setattr(agreement, name, getattr(variation, name))
    agreement.version = found_version
    done = agreement.uplifts.aggregate(last=Max("year", default=0))["last"]
    if agreement.starts_on and agreement.indexation != "none":
        due = add_months(agreement.starts_on, MONTHS_IN_YEAR * (done + 1))
        agreement.next_uplift_on = due if done < agreement.term_years else None
    agreement.save()


def _rewrite(
    agreement: Agreement,
    open_ones: Sequence[Tranche],
    lines: Sequence[VariationLine],
    *,
    plan: MoneyPlan,
    statuses: Sequence[TrancheStatus],
) -> list[Tranche]:
    """Change open payments, add new ones, cancel what is left over; returns those cancelled."""
    known = {tranche.pk: tranche for tranche in open_ones}
    changed, entries = [], []
    rows = zip(lines, plan.places, plan.uplifts, plan.bodies, statuses, strict=True)
    for line, place, uplift, body, status in rows:
        tranche = known.pop(line.tranche_id, None) if line.tranche_id else None
        had: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        following = 1
        if tranche is None:
            tranche = Tranche(agreement=agreement, number=line.number)
        else:
            following = 1 + max(part.entry for part in tranche.funding.all())
            for part in tranche.funding.all():
                for index, pence in enumerate((part.amount_pence, part.uplift_pence, part.contribution_pence)):
                    had[part.source_id][index] += pence
        tranche.year, tranche.due_on, tranche.process_on = line.year, line.due_on, line.process_on
        tranche.amount_pence, tranche.uplift_pence = sum(place), sum(uplift)
        tranche.contribution_pence, tranche.status = sum(body), status
        changed.append(tranche)
        for source, *now in zip(plan.sources, place, uplift, body, strict=True):
            more = [new - old for new, old in zip(now, had[source], strict=True)]
            if any(more) or following == 1:
                entries.append(_entry(tranche, source, following, more=more))
    for tranche in known.values():
        tranche.status = TrancheStatus.CANCELLED
    new = [tranche for tranche in changed if tranche.pk is None]
    fields = ["year", "due_on", "process_on", "amount_pence", "uplift_pence", "contribution_pence", "status"]
    Tranche.objects.bulk_update([*(one for one in changed if one.pk), *known.values()], fields)
    Tranche.objects.bulk_create(new)
    TrancheFunding.objects.bulk_create(entries)
    return list(known.values())


def _entry(tranche: Tranche, source: int, number: int, *, more: Sequence[int]) -> TrancheFunding:
    amount, uplift, contribution = more
    return TrancheFunding(
        tranche=tranche,
        source_id=source,
        entry=number,
        why=WHY,
        amount_pence=amount,
        uplift_pence=uplift,
        contribution_pence=contribution,
    )


def _fit_yearly_rows(agreement: Agreement) -> None:
    """A report for every year of the new term and a review for all but the last; what nobody has begun may go."""
    years = agreement.term_years
    agreement.reports.filter(year__gt=years, submitted_at=None).delete()
    agreement.reviews.filter(year__gte=years, proposed_at=None).delete()
    create_yearly_rows(agreement)
    if agreement.starts_on and agreement.ends_on:
        due_on = min(add_months(agreement.starts_on, MONTHS_IN_YEAR * years), agreement.ends_on)
        agreement.reports.filter(year=years, submitted_at=None).update(due_on=due_on)


def _publish(agreement: Agreement, gone: Sequence[Tranche]) -> None:
    place = agreement.allocation.neighbourhood_id
    standing = list(agreement.tranches.filter(status__in=(TrancheStatus.COMMITTED, TrancheStatus.PLEDGED)))
    publish_payments(payments=[(one, place) for one in standing if one.status == TrancheStatus.COMMITTED], done_at=None)
    withdraw_payments(tranches=[*gone, *(one for one in standing if one.status == TrancheStatus.PLEDGED)])
    mark_stale(measures=with_parts([PROMISED]), neighbourhood_ids=[place])
