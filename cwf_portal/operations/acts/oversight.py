"""The year's end: the organisation reports, an officer reads, two officers conclude that the work goes on."""

from collections.abc import Iterable, Sequence

from cwf_portal.operations.acts.office import Office
from grants.models import BodyContact, Report, Review
from grants.services.oversight import accept_reports, confirm_reviews, propose_reviews, submit_report

SUMMARY = "Sample report: the projects that residents chose went ahead, and neighbours took part."


def hand_in(report: Report) -> Report:
    """The treasurer reports that the year's payments were spent."""
    contact = report.agreement.body.contacts.standing().select_related("user").get(role=BodyContact.Role.TREASURER)
    tranches = report.agreement.tranches.filter(year=report.year)
    spent = sum(tranche.total_pence for tranche in tranches)
    return submit_report(by=contact.user, report=report, spent_pence=spent, unspent_pence=0, summary=SUMMARY)


def read(office: Office, reports: Sequence[Report]) -> None:
    """A grants officer accepts the reports."""
    accept_reports(by=office.second_grants_officer, reports=reports)


def go_on(office: Office, reviews: Sequence[Review]) -> None:
    """One officer proposes to continue, another confirms; the next year becomes a legal promise."""
    proposed = propose_reviews(
        by=office.second_grants_officer, reviews=reviews, outcome=Review.Outcome.CONTINUE, note="Work goes to plan."
    )
    confirm_reviews(by=office.grants_manager, reviews=proposed)


def close_year(office: Office, reports: Iterable[Report], reviews: Sequence[Review]) -> None:
    """Everything that is due at the end of a year of some agreements."""
    read(office, [hand_in(report) for report in reports])
    go_on(office, reviews)
