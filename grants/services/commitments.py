"""Moving an agreement's money through the ledger: the schedule, the committed window, and money given back."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localdate

from cwf_portal.core.audit import Actor
from cwf_portal.core.models import User
from grants.domain.award import Strand
from grants.domain.dates import add_months
from grants.domain.indexation import Indexation
from grants.domain.ledger import JournalKind, Line, Purse
from grants.domain.postings import committed, given_back, pledged, reserved_for_uplift, uplifted
from grants.domain.schedule import (
    MONTHS_IN_YEAR,
    PlannedTranche,
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
from grants.selectors.ledger import reserved_by_source
from grants.services.posting import Entry, post_journal, post_journals
from grants.services.publishing import publish_payments, publish_reports
from grants.services.uplift_cap import terms_of, uplift_cap_by_source
from grants.services.versions import record_schedule, record_version


def schedule_agreement(*, agreement: Agreement, by: User, at: datetime) -> None:
    """Fix the dates from acceptance and lay down payments, reports and reviews. The caller holds the lock."""
    programme = agreement.allocation.programme
    starts_on = localdate(at)
    agreement.accepted_by, agreement.accepted_at = by, at
    agreement.starts_on = starts_on
    agreement.anchor_on = first_anchor(starts_on, programme.first_payment_days)
    agreement.ends_on = add_months(starts_on, MONTHS_IN_YEAR * agreement.term_years)
    if agreement.index_terms.kind is not Indexation.NONE:
        agreement.next_uplift_on = add_months(starts_on, MONTHS_IN_YEAR)
    agreement.save(
        update_fields=["status", "accepted_by", "accepted_at", "starts_on", "anchor_on", "ends_on", "next_uplift_on"]
    )
    tranches = _create_tranches(agreement, build_schedule(terms_of(agreement), england_and_wales()))
    reports = create_yearly_rows(agreement)
    first = next(report for report in reports if report.year == 1)
    publish_reports(reports=[(first, agreement.allocation.neighbourhood_id)], done_at=None)
    record_schedule(version=record_version(agreement=agreement), tranches=tranches)


def _create_tranches(agreement: Agreement, planned: Sequence[PlannedTranche]) -> list[Tranche]:
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
    return tranches


def create_yearly_rows(agreement: Agreement) -> list[Report]:
    """A report for every year and a review for every year but the last, each on the day the year ends.

    Those that are there already stay as they are. Returns the new reports.
    """
    if agreement.starts_on is None or agreement.ends_on is None:
        raise ValueError(f"{agreement} has not begun")
    year_ends = {
        year: min(add_months(agreement.starts_on, MONTHS_IN_YEAR * year), agreement.ends_on)
        for year in range(1, agreement.term_years + 1)
    }
    reported, reviewed = (set(rows.values_list("year", flat=True)) for rows in (agreement.reports, agreement.reviews))
    reports = Report.objects.bulk_create(
        Report(agreement=agreement, year=year, due_on=due_on)
        for year, due_on in year_ends.items()
        if year not in reported
    )
    Review.objects.bulk_create(
        Review(agreement=agreement, year=year, due_on=due_on)
        for year, due_on in year_ends.items()
        if year < agreement.term_years and year not in reviewed
    )
    return reports


@dataclass(frozen=True)
class Window:
    """The payments of an agreement that become a legal promise once so many yearly reviews have passed."""

    agreement: Agreement
    reviews_passed: int

    def last_day(self, on: date) -> date:
        """The window runs to the next yearly review and the wind-down after it."""
        return committed_through(
            self.agreement.starts_on or on,
            reviews_passed=self.reviews_passed,
            wind_down_months=self.agreement.allocation.programme.wind_down_months,
        )


def commit_through(*, by: Actor, agreement: Agreement, reviews_passed: int, on: date) -> None:
    """Turn the payments of an agreement's next window into a legal promise: `commit_windows` with one."""
    commit_windows(by=by, windows=[Window(agreement, reviews_passed)], on=on)


def commit_windows(*, by: Actor, windows: Sequence[Window], on: date, approver: User | None = None) -> None:
    """Turn the payments of these windows from pledged into legally promised. The caller holds the locks.

    Payments already promised stay so. One window an agreement; a few statements however many there are.
    """
    opened = _still_pledged(windows, on)
    if not opened:
        return
    tranches = [tranche for _, inside in opened for tranche in inside]
    Tranche.objects.filter(pk__in=[tranche.pk for tranche in tranches]).update(status=TrancheStatus.COMMITTED)
    funding = funding_by_agreement(tranches)
    post_journals(
        by=by,
        entries=[_commitment(window, funding[window.agreement.pk], on=on, approver=approver) for window, _ in opened],
    )
    publish_payments(
        payments=[
            (tranche, window.agreement.allocation.neighbourhood_id) for window, inside in opened for tranche in inside
        ],
        done_at=None,
    )


def _still_pledged(windows: Sequence[Window], on: date) -> list[tuple[Window, list[Tranche]]]:
    """Each window with its payments that are not promised yet; windows without any are left out."""
    if not windows:
        return []
    last_days = {window.agreement.pk: window.last_day(on) for window in windows}
    pledged = Tranche.objects.filter(
        agreement__in=last_days, status=TrancheStatus.PLEDGED, due_on__lte=max(last_days.values())
    )
    inside: dict[int, list[Tranche]] = defaultdict(list)
    for tranche in pledged.order_by("agreement", "number"):
        if tranche.due_on <= last_days[tranche.agreement_id]:
            inside[tranche.agreement_id].append(tranche)
    return [(window, inside[window.agreement.pk]) for window in windows if inside[window.agreement.pk]]


def _commitment(window: Window, funding: Iterable[tuple[int, int, int]], *, on: date, approver: User | None) -> Entry:
    agreement = window.agreement
    kind = JournalKind.ACCEPTED if window.reviews_passed == 0 else JournalKind.REVIEW_CONTINUED
    return Entry(
        kind=kind,
        key=f"{kind.value}:{agreement.reference}:{window.reviews_passed}",
        lines=_lines(committed, agreement, funding),
        effective_on=on,
        reference=agreement.reference,
        approver=approver,
    )


def funding_of(tranches: Sequence[Tranche]) -> list[tuple[int, int, int]]:
    """What some payments of one agreement take from each source: primary key, pence for place and for body."""
    return next(iter(funding_by_agreement(tranches).values()), [])


def funding_by_agreement(tranches: Sequence[Tranche]) -> dict[int, list[tuple[int, int, int]]]:
    """What some payments take from each source, by agreement: source, pence for the place with uplift and the body."""
    agreements = {tranche.pk: tranche.agreement_id for tranche in tranches}
    totals: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for part in TrancheFunding.objects.filter(tranche__in=agreements):
        of_source = totals[agreements[part.tranche_id]][part.source_id]
        of_source[0] += part.amount_pence + part.uplift_pence
        of_source[1] += part.contribution_pence
    return {
        agreement: [(source, place, body) for source, (place, body) in sorted(by_source.items())]
        for agreement, by_source in totals.items()
    }


def promise_lines(agreement: Agreement, funding: Sequence[AgreementFunding]) -> list[Line]:
    """Approval: what was set aside for the place, and free money for the body's contribution, become pledged; free
    money is kept for rising prices, at the cap."""
    parts = [(part.source_id, part.amount_pence, part.contribution_pence) for part in funding]
    kept = [
        (part.source_id, pence, 0)
        for part, pence in zip(funding, uplift_cap_by_source(agreement, funding), strict=True)
    ]
    return _lines(pledged, agreement, parts) + _lines(reserved_for_uplift, agreement, kept)


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


def _unreserved(agreement: Agreement) -> list[Line]:
    """What is still kept for rising prices becomes free again."""
    kept = [(source, pence, 0) for source, pence in reserved_by_source(agreement.pk).items()]
    return _lines(lambda inside, pence: uplifted(inside, used_pence=0, unused_pence=pence), agreement, kept)


def give_back_offer(*, by: Actor, agreement: Agreement, on: date) -> None:
    """A lapsed offer: the place gets its money back, the fund contribution and reserve. The caller holds the lock."""
    parts = [
        (part.source_id, part.amount_pence, part.contribution_pence) for part in agreement.funding.order_by("source_id")
    ]
    post_journal(
        by=by,
        entry=Entry(
            kind=JournalKind.LAPSED,
            key=f"lapsed:{agreement.reference}",
            lines=[*_lines(given_back, agreement, parts), *_unreserved(agreement)],
            effective_on=on,
            reference=agreement.reference,
        ),
    )


def give_back_pledged(*, by: User, approver: User, agreement: Agreement, on: date) -> None:
    """A discontinued agreement: what was only pledged returns to the place; what was promised is still paid, but rises
    no more."""
    unpromised = list(agreement.tranches.filter(status=TrancheStatus.PLEDGED))
    lines = [*_lines(given_back, agreement, funding_of(unpromised)), *_unreserved(agreement)]
    if not lines:
        return
    Tranche.objects.filter(pk__in=[tranche.pk for tranche in unpromised]).update(status=TrancheStatus.CANCELLED)
    post_journal(
        by=by,
        entry=Entry(
            kind=JournalKind.DISCONTINUED,
            key=f"discontinued:{agreement.reference}",
            lines=lines,
            effective_on=on,
            reference=agreement.reference,
            approver=approver,
        ),
    )
