"""What an organisation sees of its own agreement."""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import day, pence
from grants.models import Agreement, AgreementStatus, Hold, Report
from grants.presenters.case import STATUS_COLOURS, PaymentRow, Row, payment_rows, term_in_words, terms_rows
from grants.presenters.clawback import claim_links
from grants.presenters.holds import is_over

# What an organisation can do about a hold; the words that stand in the hold are for officers.
TO_DO = {
    Hold.Reason.REPORT: "Send it below. Once we have read it, the payment goes on.",
    Hold.Reason.BANK_DETAILS: "Tell us where to pay you. We call you back, then two working days pass.",
    Hold.Reason.DUE_DILIGENCE: "We check your organisation again, and ask you for papers where we need them.",
    Hold.Reason.REVIEW: "There is nothing to do for you: the fund concludes the yearly review first.",
}


@dataclass(frozen=True)
class ReportRow:
    """One yearly report: when it is due, how it stands, and where to send it."""

    year: int
    due_on: date
    status: str
    colour: str
    url: str


@dataclass(frozen=True)
class OwnPage:
    """Everything on the page of one's own agreement."""

    agreement: Agreement
    status_colour: str
    accept_url: str
    summary: list[Row]
    payments: list[PaymentRow]
    reports: list[ReportRow]
    holds: list[str]
    claims: list[tuple[str, str, str, str]]


def own_page(agreement: Agreement, user: User, today: date) -> OwnPage:
    """Prepare the page for a signatory or a treasurer. `agreement` comes from `own_agreements`."""
    may_accept = agreement.status == AgreementStatus.OFFERED and Permission.ACCEPT_AGREEMENT in user.permissions
    may_report = Permission.SUBMIT_REPORT in user.permissions
    return OwnPage(
        agreement=agreement,
        status_colour=STATUS_COLOURS[AgreementStatus(agreement.status)],
        accept_url=reverse("grants:agreement-accept", args=[agreement.reference]) if may_accept else "",
        summary=_summary(agreement),
        payments=payment_rows(agreement),
        reports=[_report(report, agreement, today=today, may_report=may_report) for report in agreement.reports.all()],
        holds=[_hold(hold) for hold in agreement.holds.all() if not is_over(hold)],
        claims=claim_links(agreement, own=True),
    )


def _hold(hold: Hold) -> str:
    if hold.reason == Hold.Reason.UNSPENT:
        return f"{hold.get_reason_display()}: {hold.detail}"  # what the organisation reported, and what follows from it
    to_do = TO_DO.get(Hold.Reason(hold.reason), "We look into it, and write to you if we need anything.")
    return f"{hold.get_reason_display()}. {to_do}"


def _summary(agreement: Agreement) -> list[Row]:
    rows: list[Row] = [
        ("Reference", agreement.reference),
        ("Place", agreement.allocation.neighbourhood),
        ("Organisation", agreement.body),
        ("Grant for the place", pence(agreement.amount_pence)),
        ("For your own costs, on top", pence(agreement.contribution_pence)),
        ("Term", f"{agreement.term_years} years from acceptance"),
        *terms_rows(agreement),
    ]
    if agreement.starts_on:
        return [*rows, ("Runs", term_in_words(agreement))]
    return [*rows, ("Open until", day(agreement.offer_lapses_on))] if agreement.offer_lapses_on else rows


def _report(report: Report, agreement: Agreement, *, today: date, may_report: bool) -> ReportRow:
    if report.accepted_at:
        status, colour = "Accepted", "green"
    elif report.submitted_at:
        status, colour = "Being read", "blue"
    elif report.sent_back_reason:
        status, colour = "Sent back", "red"
    elif report.due_on < today:
        status, colour = "Late", "red"
    else:
        status, colour = "Not due yet", "grey"
    is_open = may_report and report.accepted_at is None
    url = reverse("grants:report-submit", args=[agreement.reference, report.year]) if is_open else ""
    return ReportRow(report.year, report.due_on, status, colour, url)
