"""The year's end: the organisation reports, an officer reads, two officers conclude that the work goes on."""

from collections import Counter
from collections.abc import Iterable, Sequence

from cwf_portal.core.models import User
from cwf_portal.operations.acts.office import Office
from grants.models import BodyContact, Report, Review, Tranche
from grants.services.oversight import accept_reports, confirm_reviews, propose_reviews, submit_report

SUMMARY = "Sample report: the projects that residents chose went ahead, and neighbours took part."


def hand_in(reports: Sequence[Report]) -> list[Report]:
    """The treasurers report, each for their own organisation, that the year's payments were spent."""
    treasurers = _treasurers(report.agreement.body_id for report in reports)
    spent = _paid_out(reports)
    return [
        submit_report(
            by=treasurers[report.agreement.body_id],
            report=report,
            spent_pence=spent[report.agreement_id, report.year],
            unspent_pence=0,
            summary=SUMMARY,
        )
        for report in reports
    ]


def _treasurers(bodies: Iterable[int]) -> dict[int, User]:
    """Who keeps the accounts of each organisation, by its primary key."""
    contacts = BodyContact.objects.standing().filter(role=BodyContact.Role.TREASURER, body__in=set(bodies))
    return {contact.body_id: contact.user for contact in contacts.select_related("user")}


def _paid_out(reports: Iterable[Report]) -> dict[tuple[int, int], int]:
    """What the schedule gives in the year of each report, in pence, by agreement and year."""
    tranches = Tranche.objects.filter(agreement__in={report.agreement_id for report in reports})
    totals: Counter[tuple[int, int]] = Counter()
    for tranche in tranches:
        totals[tranche.agreement_id, tranche.year] += tranche.total_pence
    return totals


def read(office: Office, reports: Sequence[Report]) -> None:
    """A grants officer accepts the reports."""
    accept_reports(by=office.second_grants_officer, reports=reports)


def propose(office: Office, reviews: Sequence[Review]) -> list[Review]:
    """One officer proposes to continue."""
    return propose_reviews(
        by=office.second_grants_officer, reviews=reviews, outcome=Review.Outcome.CONTINUE, note="Work goes to plan."
    )


def confirm(office: Office, reviews: Sequence[Review]) -> None:
    """Another confirms; the next year becomes a legal promise."""
    confirm_reviews(by=office.grants_manager, reviews=reviews)


def go_on(office: Office, reviews: Sequence[Review]) -> None:
    """One officer proposes to continue, another confirms."""
    confirm(office, propose(office, reviews))


def close_year(office: Office, reports: Sequence[Report], reviews: Sequence[Review]) -> None:
    """Everything that is due at the end of a year of some agreements."""
    read(office, hand_in(reports))
    go_on(office, reviews)
