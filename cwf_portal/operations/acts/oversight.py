"""The year's end: the organisation reports, an officer reads, two officers conclude that the work goes on."""

from collections.abc import Iterable

from cwf_portal.operations.acts.office import Office
from grants.models import BodyContact, Report, Review
from grants.services.oversight import accept_report, confirm_review, propose_review, submit_report

SUMMARY = "Sample report: the projects that residents chose went ahead, and neighbours took part."


def hand_in(report: Report) -> Report:
    """The treasurer reports that the year's payments were spent."""
    contact = report.agreement.body.contacts.standing().select_related("user").get(role=BodyContact.Role.TREASURER)
    tranches = report.agreement.tranches.filter(year=report.year)
    spent = sum(tranche.total_pence for tranche in tranches)
    return submit_report(by=contact.user, report=report, spent_pence=spent, unspent_pence=0, summary=SUMMARY)


def read(office: Office, report: Report) -> Report:
    """A grants officer accepts the report."""
    return accept_report(by=office.second_grants_officer, report=report)


def go_on(office: Office, review: Review) -> Review:
    """One officer proposes to continue, another confirms; the next year becomes a legal promise."""
    propose_review(
        by=office.second_grants_officer, review=review, outcome=Review.Outcome.CONTINUE, note="Work goes to plan."
    )
    return confirm_review(by=office.grants_manager, review=review)


def close_year(office: Office, reports: Iterable[Report], reviews: Iterable[Review]) -> None:
    """Everything that is due at the end of a year of some agreements."""
    for report in reports:
        read(office, hand_in(report))
    for review in reviews:
        go_on(office, review)
