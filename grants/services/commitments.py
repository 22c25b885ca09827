"""Moving an agreement's money through the ledger: the schedule, the committed window, and money given back."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from django.utils.timezone import localdate

from cwf_portal.core.audit import Actor
from cwf_portal.core.models import User
from grants.domain.award import Strand
from grants.domain.dates import add_months
from grants.domain.ledger import JournalKind, Line, Purse
from grants.domain.postings import committed, given_back, pledged
from grants.domain.schedule import (
    MONTHS_IN_YEAR,
    PlannedTranche,
    Profile,
    Terms,
    build_schedule,
    committed_through,
    first_anchor,
    running_contributions,
)
from grants.domain.shares import split_cumulatively
from grants.domain.working_days import england_and_wales
from grants.models import (
    Agreement,
    AgreementFunding,
    Report,
    Review,
    Tranche,
    TrancheFunding,
    TrancheStatus,
)
from grants.services.posting import Entry, post_journal
from grants.services.publishing import publish_payments, publish_report


def schedule_agreement(*, agreement: Agreement, by: User, at: datetime) -> None:
    """Fix the dates from acceptance and lay down payments, reports and reviews. The caller holds the lock."""
    programme = agreement.allocation.programme
    starts_on = localdate(at)
    agreement.accepted_by, agreement.accepted_at = by, at
    agreement.starts_on = starts_on
    agreement.anchor_on = first_anchor(starts_on, programme.first_payment_days)
    agreement.ends_on = add_months(starts_on, MONTHS_IN_YEAR * agreement.term_years)
    agreement.save(update_fields=["status", "accepted_by", "accepted_at", "starts_on", "anchor_on", "ends_on"])
    terms = Terms(
        total_pence=agreement.amount_pence,
        starts_on=starts_on,
        anchor_on=agreement.anchor_on,
        term_years=agreement.term_years,
        cadence_months=programme.cadence_months,
        profile=Profile(agreement.profile),
    )
    _create_tranches(agreement, build_schedule(terms, england_and_wales()))
    _create_yearly_rows(agreement, starts_on)


def _create_tranches(agreement: Agreement, planned: Sequence[PlannedTranche]) -> None:
    amounts = [tranche.amount_pence for tranche in planned]
    contributions = running_contributions(amounts, agreement.amount_pence, agreement.contribution_pence)
    tranches = Tranche.objects.bulk_create(
        Tranche(
            agreement=agreement,
            number=tranche.number,
            year=tranche.year,
            due_on=tranche.due_on,
            process_on=tranche.process_on,
            amount_pence=tranche.amount_pence,
            contribution_pence=contribution,
        )
        for tranche, contribution in zip(planned, contributions, strict=True)
    )
    funding = list(agreement.funding.order_by("source_id"))
    places = split_cumulatively(amounts, [part.amount_pence for part in funding])
    bodies = split_cumulatively(contributions, [part.contribution_pence for part in funding])
    TrancheFunding.objects.bulk_create(
        TrancheFunding(tranche=tranche, source_id=part.source_id, amount_pence=place, contribution_pence=body)
        for tranche, place_row, body_row in zip(tranches, places, bodies, strict=True)
        for part, place, body in zip(funding, place_row, body_row, strict=True)
    )


def _create_yearly_rows(agreement: Agreement, starts_on: date) -> None:
    """A report for every year and a review for every year but the last, each on the day the year ends."""
    year_ends = {year: add_months(starts_on, MONTHS_IN_YEAR * year) for year in range(1, agreement.term_years + 1)}
    reports = Report.objects.bulk_create(
        Report(agreement=agreement, year=year, due_on=due_on) for year, due_on in year_ends.items()
    )
    Review.objects.bulk_create(
        Review(agreement=agreement, year=year, due_on=due_on)
        for year, due_on in year_ends.items()
        if year < agreement.term_years
    )
    publish_report(neighbourhood_pk=agreement.allocation.neighbourhood_id, report=reports[0], done_at=None)


def commit_through(
    *, by: Actor, agreement: Agreement, reviews_passed: int, on: date, approver: User | None = None
) -> None:
    """Turn the payments of the next window from pledged into legally promised. The caller holds the lock.

    The window runs to the next yearly review and the wind-down after it; payments already promised stay so.
    """
    last_day = committed_through(
        agreement.starts_on or on,
        reviews_passed=reviews_passed,
        wind_down_months=agreement.allocation.programme.wind_down_months,
    )
    window = list(agreement.tranches.filter(status=TrancheStatus.PLEDGED, due_on__lte=last_day))
    if not window:
        return
    Tranche.objects.filter(pk__in=[tranche.pk for tranche in window]).update(status=TrancheStatus.COMMITTED)
    kind = JournalKind.ACCEPTED if reviews_passed == 0 else JournalKind.REVIEW_CONTINUED
    post_journal(
        by=by,
        entry=Entry(
            kind=kind,
            key=f"{kind.value}:{agreement.reference}:{reviews_passed}",
            lines=_lines(committed, agreement, funding_of(window)),
            effective_on=on,
            reference=agreement.reference,
            approver=approver,
        ),
    )
    place_pk = agreement.allocation.neighbourhood_id
    publish_payments(payments=[(tranche, place_pk) for tranche in window], done_at=None)


def funding_of(tranches: Iterable[Tranche]) -> list[tuple[int, int, int]]:
    """What some payments take from each source: primary key, pence for the place, pence for the body."""
    totals: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for part in TrancheFunding.objects.filter(tranche__in=[tranche.pk for tranche in tranches]):
        totals[part.source_id][0] += part.amount_pence
        totals[part.source_id][1] += part.contribution_pence
    return [(source, place, body) for source, (place, body) in sorted(totals.items())]


def promise_lines(agreement: Agreement, funding: Iterable[AgreementFunding]) -> list[Line]:
    """Approval: what was set aside for the place, and free money for the body's contribution, become pledged."""
    parts = [(part.source_id, part.amount_pence, part.contribution_pence) for part in funding]
    return _lines(pledged, agreement, parts)


def _lines(
    says: Callable[[Purse, int], list[Line]], agreement: Agreement, funding: Iterable[tuple[int, int, int]]
) -> list[Line]:
    """What an event says of each source and strand of an agreement's money."""
    place_pk = agreement.allocation.neighbourhood_id
    return [
        line
        for source, place, body in funding
        for strand, pence in ((Strand.PLACE, place), (Strand.BODY_CONTRIBUTION, body))
        if pence
        for line in says(Purse(source, strand, place_pk, agreement.pk), pence)
    ]


def give_back_offer(*, by: Actor, agreement: Agreement, on: date) -> None:
    """A lapsed offer: the money returns to the place, the contribution to the fund. The caller holds the lock."""
    parts = [
        (part.source_id, part.amount_pence, part.contribution_pence) for part in agreement.funding.order_by("source_id")
    ]
    post_journal(
        by=by,
        entry=Entry(
            kind=JournalKind.LAPSED,
            key=f"lapsed:{agreement.reference}",
            lines=_lines(given_back, agreement, parts),
            effective_on=on,
            reference=agreement.reference,
        ),
    )


def give_back_pledged(*, by: User, approver: User, agreement: Agreement, on: date) -> None:
    """A discontinued agreement: what was only pledged returns to the place; what was promised is still paid."""
    unpromised = list(agreement.tranches.filter(status=TrancheStatus.PLEDGED))
    if not unpromised:
        return
    Tranche.objects.filter(pk__in=[tranche.pk for tranche in unpromised]).update(status=TrancheStatus.CANCELLED)
    post_journal(
        by=by,
        entry=Entry(
            kind=JournalKind.DISCONTINUED,
            key=f"discontinued:{agreement.reference}",
            lines=_lines(given_back, agreement, funding_of(unpromised)),
            effective_on=on,
            reference=agreement.reference,
            approver=approver,
        ),
    )
