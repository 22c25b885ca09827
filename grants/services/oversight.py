"""Yearly reports and reviews: what the body says, what an officer concludes, and who confirms it."""

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.errors import WrongStateError
from grants.models import Agreement, AgreementStatus, BodyContact, Report, Review
from grants.services.agreements import locked, move_to
from grants.services.commitments import commit_through, give_back_pledged
from grants.services.publishing import publish_report, publish_review, publish_step


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
        agreement = locked(Agreement(pk=report.agreement_id))
        report = Report.objects.select_for_update().get(pk=report.pk)
        if not agreement.body.contacts.standing().filter(user=by, role=BodyContact.Role.TREASURER).exists():
            raise NotAllowedError("You do not keep the accounts of this organisation.")
        if report.accepted_at is not None:
            raise WrongStateError("This report is accepted already.", mend="Nothing more is needed for this year.")
        report.spent_pence, report.unspent_pence = spent_pence, unspent_pence
        report.summary, report.sent_back_reason = summary.strip(), ""
        report.submitted_by, report.submitted_at = by, core_now()
        report.save()
        publish_report(
            neighbourhood_pk=agreement.allocation.neighbourhood_id, report=report, done_at=report.submitted_at
        )
        return report


def accept_report(*, by: User, report: Report) -> Report:
    """Accept a report; payments that waited for it go on. Accepting twice changes nothing.

    Raises:
        NotAllowedError: `by` may not accept reports, or sent this one in.
        WrongStateError: There is nothing to accept yet.
    """
    require(by, Permission.ACCEPT_REPORT)
    with acting(by, f"accepted the report of year {report.year}"):
        agreement = locked(Agreement(pk=report.agreement_id))
        report = Report.objects.select_for_update().get(pk=report.pk)
        if report.accepted_at is not None:
            return report
        _require_submitted(report)
        if report.submitted_by_id == by.pk:
            raise NotAllowedError("You sent this report in.", mend="Another officer must read it.")
        report.accepted_by, report.accepted_at = by, core_now()
        report.save(update_fields=["accepted_by", "accepted_at"])
        following = agreement.reports.filter(year=report.year + 1).first()
        if following is not None:
            publish_report(neighbourhood_pk=agreement.allocation.neighbourhood_id, report=following, done_at=None)
        return report


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
        agreement = locked(Agreement(pk=report.agreement_id))
        report = Report.objects.select_for_update().get(pk=report.pk)
        _require_submitted(report)
        if report.accepted_at is not None:
            raise WrongStateError("This report is accepted already.", mend="Ask for more in next year's report.")
        report.submitted_by = report.submitted_at = None
        report.spent_pence = report.unspent_pence = None
        report.sent_back_reason = reason.strip()
        report.save()
        publish_report(neighbourhood_pk=agreement.allocation.neighbourhood_id, report=report, done_at=None)
        return report


def _require_submitted(report: Report) -> None:
    if report.submitted_at is None:
        raise WrongStateError("This report has not come in yet.", mend="Wait for the organisation to send it.")


def propose_review(
    *, by: User, review: Review, outcome: Review.Outcome, note: str, ground: Review.Ground | None = None
) -> Review:
    """Propose what the yearly review concludes. Another officer confirms it; until then it can be proposed anew.

    Raises:
        NotAllowedError: `by` may not review agreements.
        DomainError: Nothing is said, or a ground is missing or out of place. Slow spending is never a ground.
        WrongStateError: The review is confirmed, is not due yet, or the agreement no longer runs.
        ConflictError: The year's report is not accepted, and the proposal is to continue.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    if not note.strip():
        raise DomainError("A review needs its reasons.", mend="Say what the year has shown.")
    if (ground is None) == (outcome == Review.Outcome.DISCONTINUE):
        raise DomainError("A ground is named when an agreement is discontinued, and only then.")
    with acting(by, f"proposed to {outcome} after year {review.year}"):
        agreement = locked(Agreement(pk=review.agreement_id))
        review = Review.objects.select_for_update().get(pk=review.pk)
        at = core_now()
        _require_open(agreement, review)
        if review.due_on > localdate(at):
            raise WrongStateError(f"This review is due on {review.due_on:%d %B %Y}.", mend="Come back then.")
        report = agreement.reports.get(year=review.year)
        if outcome == Review.Outcome.CONTINUE and report.accepted_at is None:
            raise ConflictError("The year's report is not accepted yet.", mend="Read the report first.")
        review.outcome, review.ground, review.note = outcome, ground or "", note.strip()
        review.proposed_by, review.proposed_at = by, at
        review.save()
        return review


def confirm_review(*, by: User, review: Review) -> Review:
    """Confirm a proposed review: to continue commits the next year, to discontinue gives back what was only pledged.

    Confirming twice changes nothing.

    Raises:
        NotAllowedError: `by` may not review agreements, or proposed this.
        WrongStateError: Nothing is proposed, or the agreement no longer runs.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    with acting(by, f"confirmed the review of year {review.year}"):
        agreement = locked(Agreement(pk=review.agreement_id))
        review = Review.objects.select_for_update(of=("self",)).select_related("proposed_by").get(pk=review.pk)
        if review.confirmed_at is not None:
            return review
        _require_open(agreement, review)
        if review.proposed_by is None:
            raise WrongStateError("Nothing is proposed yet.", mend="Propose an outcome first.")
        if review.proposed_by_id == by.pk:
            raise NotAllowedError("You proposed this outcome.", mend="Ask another officer to confirm it.")
        review.confirmed_by, review.confirmed_at = by, core_now()
        review.save(update_fields=["confirmed_by", "confirmed_at"])
        _carry_out(by, agreement, review, proposer=review.proposed_by)
        return review


def _require_open(agreement: Agreement, review: Review) -> None:
    if agreement.status != AgreementStatus.ACTIVE:
        raise WrongStateError("This agreement no longer runs.", mend="There is nothing to review.")
    if review.confirmed_at is not None:
        raise WrongStateError("This review is confirmed already.", mend="The next one comes in a year.")


def _carry_out(by: User, agreement: Agreement, review: Review, *, proposer: User) -> None:
    at = core_now()
    on = localdate(at)
    publish_review(neighbourhood_pk=agreement.allocation.neighbourhood_id, review=review, done_at=at)
    if review.outcome == Review.Outcome.CONTINUE:
        commit_through(by=proposer, agreement=agreement, reviews_passed=review.year, on=on, approver=by)
        return
    move_to(agreement, AgreementStatus.DISCONTINUED)
    agreement.save(update_fields=["status"])
    give_back_pledged(by=proposer, approver=by, agreement=agreement, on=on)
    publish_step(agreement=agreement, kind="discontinued", happens_on=on, done_at=at)
