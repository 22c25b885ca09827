"""Yearly reports and reviews: what the body says, what an officer concludes, and who confirms it.

Officers read many at a time: accepting, proposing and confirming take any number, in the same few statements. Either
all of them are done or none, and a refusal names the one that stands in the way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.errors import WrongStateError
from grants.models import Agreement, AgreementStatus, BodyContact, Report, Review
from grants.services.agreements import locked_all, move_to
from grants.services.commitments import Window, commit_windows, give_back_pledged
from grants.services.publishing import publish_reports, publish_reviews, publish_step
from grants.services.sides import require_no_side

Yearly = TypeVar("Yearly", Report, Review)
Check = Callable[[Agreement, Yearly], None]


def submit_report(*, by: User, report: Report, spent_pence: int, unspent_pence: int, summary: str) -> Report:
    """Send in the yearly report of an agreement. Until it is accepted it can be sent in again with other content.

    Args:
        by: The treasurer of the organisation.
        report: The year's row, made at acceptance.
        spent_pence: What was spent in the year.
        unspent_pence: What is left in the bank.
        summary: What became of the money, in the organisation's words.

    Raises:
        NotAllowedError: `by` does not keep the accounts of this organisation.
        DomainError: An amount is negative, or nothing is said.
        WrongStateError: The report is accepted already.
    """
    require(by, Permission.SUBMIT_REPORT)
    if spent_pence < 0 or unspent_pence < 0:
        raise DomainError("Amounts cannot be negative.", mend="Enter what was spent and what is left.")
    if not summary.strip():
        raise DomainError("The report says nothing yet.", mend="Say in a few sentences what became of the money.")
    with acting(by, f"sent in the report of year {report.year}"):
        agreement, report = _locked_together(report)
        treasurers = BodyContact.objects.standing().filter(body=agreement.body_id, role=BodyContact.Role.TREASURER)
        if not treasurers.filter(user=by).exists():
            raise NotAllowedError("You do not keep the accounts of this organisation.")
        if report.accepted_at is not None:
            raise WrongStateError("This report is accepted already.", mend="Nothing more is needed for this year.")
        report.spent_pence, report.unspent_pence = spent_pence, unspent_pence
        report.summary, report.sent_back_reason = summary.strip(), ""
        report.submitted_by, report.submitted_at = by, core_now()
        report.save()
        publish_reports(reports=[(report, agreement.allocation.neighbourhood_id)], done_at=report.submitted_at)
        return report


def accept_report(*, by: User, report: Report) -> Report:
    """Accept a report; payments that waited for it go on. Accepting twice changes nothing.

    Raises:
        NotAllowedError: `by` may not accept reports, or sent this one in.
        WrongStateError: There is nothing to accept yet.
    """
    return accept_reports(by=by, reports=[report])[0]


def accept_reports(*, by: User, reports: Sequence[Report]) -> list[Report]:
    """Accept reports; payments that waited for them go on. Those accepted before stay as they are.

    Returns:
        The reports as they stand now, in the order in which they were given.

    Raises:
        NotAllowedError: `by` may not accept reports, sent one of them in, or has a side in an agreement.
        WrongStateError: One of them has not come in yet.
    """
    require(by, Permission.ACCEPT_REPORT)
    if not reports:
        return []
    with acting(by, f"accepted {_named('report', reports)}"):
        agreements, stored = _lock_yearly(reports)
        new = [report for report in stored if report.accepted_at is None]

        def check(agreement: Agreement, report: Report) -> None:
            _require_submitted(report)
            if report.submitted_by_id == by.pk:
                raise NotAllowedError("You sent this report in.", mend="Another officer must read it.")

        at = core_now()
        require_no_side(by, agreements.values(), on=localdate(at))
        _check_each(new, agreements, check)
        for report in new:
            report.accepted_by, report.accepted_at = by, at
        Report.objects.filter(pk__in=[report.pk for report in new]).update(accepted_by=by, accepted_at=at)
        _announce_following(new, agreements)
        return stored


def _announce_following(accepted: Sequence[Report], agreements: Mapping[int, Agreement]) -> None:
    """The next year's reports become something to expect."""
    wanted = {(report.agreement_id, report.year + 1) for report in accepted}
    years = Report.objects.filter(agreement__in={pk for pk, _ in wanted}, year__in={year for _, year in wanted})
    publish_reports(
        reports=[
            (report, agreements[report.agreement_id].allocation.neighbourhood_id)
            for report in years.order_by("pk")
            if (report.agreement_id, report.year) in wanted
        ],
        done_at=None,
    )


def send_back_report(*, by: User, report: Report, reason: str) -> Report:
    """Ask the organisation to mend its report, with the reason.

    Raises:
        NotAllowedError: `by` may not accept reports.
        DomainError: No reason was given.
        WrongStateError: Nothing was sent in, or the report is accepted.
    """
    require(by, Permission.ACCEPT_REPORT)
    if not reason.strip():
        raise DomainError("Sending back needs a reason.", mend="Say what is missing.")
    with acting(by, f"sent back the report of year {report.year}: {reason.strip()}"):
        agreement, report = _locked_together(report)
        _require_unread(report)
        _send_back(agreement, report, reason)
        return report


def _require_unread(report: Report) -> None:
    _require_submitted(report)
    if report.accepted_at is not None:
        raise WrongStateError("This report is accepted already.", mend="Ask for more in next year's report.")


def _send_back(agreement: Agreement, report: Report, reason: str) -> None:
    """The caller holds the locks."""
    report.submitted_by = report.submitted_at = None
    report.spent_pence = report.unspent_pence = None
    report.sent_back_reason = reason.strip()
    report.save()
    publish_reports(reports=[(report, agreement.allocation.neighbourhood_id)], done_at=None)


@dataclass(frozen=True)
class ReportDecision:
    """What an officer decides about one report: sent back where a reason is given, else accepted.

    `seen_at` is when the report that they read had come in.
    """

    report: Report
    seen_at: datetime
    reason: str = ""


def decide_reports(*, by: User, decisions: Sequence[ReportDecision]) -> list[Report]:
    """Accept some reports and send others back, all or none. What is decided so already stays as it is.

    Returns:
        The reports as they stand now, in the order in which they were given.

    Raises:
        NotAllowedError: `by` may not accept reports, or sent one of them in.
        ConflictError: One came in anew since it was read.
        WrongStateError: One that is to go back is accepted.
    """
    require(by, Permission.ACCEPT_REPORT)
    if not decisions:
        return []
    with acting(by, f"decided on {_named('report', [one.report for one in decisions])}"):
        agreements, stored = _lock_yearly([one.report for one in decisions])
        said = {one.report.pk: one for one in decisions}
        back = [report for report in stored if said[report.pk].reason.strip()]

        def check(agreement: Agreement, report: Report) -> None:
            if report.submitted_at != said[report.pk].seen_at:
                raise ConflictError("This report has changed since you read it.", mend="Read it again.")
            if report in back:
                _require_unread(report)

        done = [one for one in back if (one.submitted_at, one.sent_back_reason) == (None, said[one.pk].reason.strip())]
        _check_each([report for report in stored if report not in done], agreements, check)
        accept_reports(by=by, reports=[report for report in stored if report not in back])
        for report in back:
            if report not in done:
                _send_back(agreements[report.agreement_id], report, said[report.pk].reason)
        return _stored(stored)


def _locked_together(report: Report) -> tuple[Agreement, Report]:
    """One agreement and its report, locked in this order in one statement, as every service locks them."""
    both = Report.objects.select_related("agreement__allocation")
    report = both.select_for_update(no_key=True, of=("agreement", "self")).get(pk=report.pk)
    return report.agreement, report


def _require_submitted(report: Report) -> None:
    if report.submitted_at is None:
        raise WrongStateError("This report has not come in yet.", mend="Wait for the organisation to send it.")


def propose_review(
    *, by: User, review: Review, outcome: Review.Outcome, note: str, ground: Review.Ground | None = None
) -> Review:
    """Propose what one yearly review concludes: `propose_reviews` with one."""
    return propose_reviews(by=by, reviews=[review], outcome=outcome, note=note, ground=ground)[0]


def propose_reviews(
    *,
    by: User,
    reviews: Sequence[Review],
    outcome: Review.Outcome,
    note: str,
    ground: Review.Ground | None = None,
) -> list[Review]:
    """Propose what yearly reviews conclude. Another officer confirms them; until then they can be proposed anew.

    Returns:
        The reviews as they stand now, in the order in which they were given.

    Raises:
        NotAllowedError: `by` may not review agreements, or has a side in one of these.
        DomainError: Nothing is said, or a ground is missing or out of place. Slow spending is never a ground.
        WrongStateError: A review is confirmed, is not due yet, or its agreement no longer runs.
        ConflictError: A year's report is not accepted, and the proposal is to continue.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    if not note.strip():
        raise DomainError("A review needs its reasons.", mend="Say what the year has shown.")
    if (ground is None) == (outcome == Review.Outcome.DISCONTINUE):
        raise DomainError("A ground is named when an agreement is discontinued, and only then.")
    if not reviews:
        return []
    with acting(by, f"proposed to {outcome} after {_named('review', reviews)}"):
        agreements, stored = _lock_yearly(reviews)
        at = core_now()
        accepted = _years_with_accepted_report(agreements) if outcome == Review.Outcome.CONTINUE else None

        def check(agreement: Agreement, review: Review) -> None:
            _require_open(agreement, review)
            if review.due_on > localdate(at):
                raise WrongStateError(f"This review is due on {day_text(review.due_on)}.", mend="Come back then.")
            if accepted is not None and (agreement.pk, review.year) not in accepted:
                raise ConflictError("The year's report is not accepted yet.", mend="Read the report first.")

        require_no_side(by, agreements.values(), on=localdate(at))
        _check_each(stored, agreements, check)
        proposal = {
            "outcome": outcome,
            "ground": ground or "",
            "note": note.strip(),
            "proposed_by": by,
            "proposed_at": at,
        }
        Review.objects.filter(pk__in=[review.pk for review in stored]).update(**proposal)
        return _stored(stored)


def _years_with_accepted_report(agreements: Iterable[int]) -> set[tuple[int, int]]:
    """The years of these agreements whose report is accepted: primary key of the agreement and year."""
    accepted = Report.objects.filter(agreement__in=list(agreements), accepted_at__isnull=False)
    return set(accepted.values_list("agreement_id", "year"))


def confirm_review(*, by: User, review: Review, seen_at: datetime | None = None) -> Review:
    """Confirm one proposed review: `confirm_reviews` with one. `seen_at` is when what was read had been proposed."""
    seen = {} if seen_at is None else {review.pk: seen_at}
    return confirm_reviews(by=by, reviews=[review], seen=seen)[0]


def confirm_reviews(*, by: User, reviews: Sequence[Review], seen: Mapping[int, datetime] | None = None) -> list[Review]:
    """Confirm proposed reviews: to continue commits the next year, to discontinue gives back what was only pledged.

    Confirming twice changes nothing.

    Args:
        by: Another officer than whoever proposed.
        reviews: Each once.
        seen: When what `by` has read of a review was proposed, by its primary key; those left out are as they stand.

    Returns:
        The reviews as they stand now, in the order in which they were given.

    Raises:
        NotAllowedError: `by` may not review agreements, proposed one of these, or has a side in an agreement.
        ConflictError: Something else was proposed meanwhile than `by` has read.
        WrongStateError: Nothing is proposed, or an agreement no longer runs.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    if not reviews:
        return []
    with acting(by, f"confirmed {_named('review', reviews)}"):
        agreements, stored = _lock_yearly(reviews)
        new = [review for review in stored if review.confirmed_at is None]

        def check(agreement: Agreement, review: Review) -> None:
            _require_open(agreement, review)
            if review.proposed_by_id is None:
                raise WrongStateError("Nothing is proposed yet.", mend="Propose an outcome first.")
            if review.proposed_by_id == by.pk:
                raise NotAllowedError("You proposed this outcome.", mend="Ask another officer to confirm it.")
            if seen and seen.get(review.pk, review.proposed_at) != review.proposed_at:
                raise ConflictError("Something else is proposed now than what you read.", mend="Read it again.")

        at = core_now()
        require_no_side(by, agreements.values(), on=localdate(at))
        _check_each(new, agreements, check)
        for review in new:
            review.confirmed_by, review.confirmed_at = by, at
        Review.objects.filter(pk__in=[review.pk for review in new]).update(confirmed_by=by, confirmed_at=at)
        publish_reviews(
            reviews=[(review, agreements[review.agreement_id].allocation.neighbourhood_id) for review in new],
            done_at=at,
        )
        _carry_out(by, new, agreements, at=at)
        return stored


def _carry_out(by: User, reviews: Sequence[Review], agreements: Mapping[int, Agreement], *, at: datetime) -> None:
    """Move the money that the confirmed reviews decide about, in the name of those who proposed."""
    for proposer in User.objects.filter(pk__in={review.proposed_by_id for review in reviews}).order_by("pk"):
        own = [(review, agreements[review.agreement_id]) for review in reviews if review.proposed_by_id == proposer.pk]
        going_on = [Window(on, review.year) for review, on in own if review.outcome == Review.Outcome.CONTINUE]
        commit_windows(by=proposer, windows=going_on, on=localdate(at), approver=by)
        for review, agreement in own:
            if review.outcome == Review.Outcome.DISCONTINUE:
                _discontinue(by, agreement, proposer=proposer, at=at)


def _discontinue(by: User, agreement: Agreement, *, proposer: User, at: datetime) -> None:
    on = localdate(at)
    move_to(agreement, AgreementStatus.DISCONTINUED)
    agreement.save(update_fields=["status"])
    give_back_pledged(by=proposer, approver=by, agreement=agreement, on=on)
    publish_step(agreement=agreement, kind="discontinued", happens_on=on, done_at=at)


def _require_open(agreement: Agreement, review: Review) -> None:
    if agreement.status != AgreementStatus.ACTIVE:
        raise WrongStateError("This agreement no longer runs.", mend="There is nothing to review.")
    if review.confirmed_at is not None:
        raise WrongStateError("This review is confirmed already.", mend="The next one comes in a year.")


def _named(what: str, rows: Sequence[Report] | Sequence[Review]) -> str:
    """How history names what was done: the one by its year, many by their number."""
    return f"the {what} of year {rows[0].year}" if len(rows) == 1 else f"{len(rows)} yearly {what}s"


def _lock_yearly(rows: Sequence[Yearly]) -> tuple[dict[int, Agreement], list[Yearly]]:
    """The agreements by primary key and each row once in the order given, locked, as stored now."""
    return locked_all(row.agreement_id for row in rows), _stored(rows)


def _stored(rows: Sequence[Yearly]) -> list[Yearly]:
    found = type(rows[0]).objects.select_for_update().in_bulk([row.pk for row in rows])
    return [found[pk] for pk in dict.fromkeys(row.pk for row in rows)]


def _check_each(rows: Sequence[Yearly], agreements: Mapping[int, Agreement], check: Check[Yearly]) -> None:
    """Check every row; where there are many, a refusal says which one it is about."""
    for row in rows:
        agreement = agreements[row.agreement_id]
        try:
            check(agreement, row)
        except DomainError as error:
            if len(rows) > 1:
                error.message = f"{agreement.allocation.neighbourhood}, year {row.year}: {error.message}"
            raise
