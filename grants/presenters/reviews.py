"""What whoever writes, reads, proposes or confirms a year's report or review has to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html

from cwf_portal.core.figures_text import day_text
from cwf_portal.core.templatetags.cwf import day, pence
from grants.domain.schedule import committed_through
from grants.models import Agreement, Report, Review, Tranche, TrancheStatus

Row = tuple[str, object]
PROMISED = (TrancheStatus.COMMITTED, TrancheStatus.PAYABLE, TrancheStatus.INSTRUCTED)


@dataclass(frozen=True)
class ReviewPage:
    """The rows of a review's page, and what whoever confirms it is about to do."""

    rows: list[Row]
    intro: str
    button: str
    button_kind: str


def review_page(review: Review, *, report: Report | None, tranches: Sequence[Tranche]) -> ReviewPage:
    """A review before it is proposed, or as it waits for the second officer.

    Args:
        review: With its agreement, place, organisation and programme.
        report: Of the same year.
        tranches: Every payment of the agreement, by number.
    """
    facts: list[Row] = [
        ("Place", linked_agreement(review.agreement)),
        ("Organisation", review.agreement.body),
        ("Due", day(review.due_on)),
        (f"Report of year {review.year}", _state_of(report)),
        sent_row(review.year, tranches),
    ]
    to_continue = ("If it continues", _continuing(review, tranches))
    to_end = ("If it is discontinued", _ending(tranches))
    if not review.outcome:
        return ReviewPage([*facts, to_continue, to_end], "", "Propose", "")
    ends = review.outcome == Review.Outcome.DISCONTINUE
    proposed: list[Row] = [
        ("Proposed", review.get_outcome_display()),
        ("Ground", review.get_ground_display() or "None is needed"),
        ("By", review.proposed_by),
        ("Reasons", review.note),
    ]
    return ReviewPage(
        [*facts, *proposed, ("What confirming does", (to_end if ends else to_continue)[1])],
        "To discontinue ends the agreement. Nobody can take that back." if ends else "",
        "Discontinue the agreement" if ends else "Confirm: it continues",
        "warning" if ends else "",
    )


def linked_agreement(agreement: Agreement) -> str:
    """The place of an agreement, as a link to its page."""
    address = reverse("grants:agreement-detail", args=[agreement.reference])
    return format_html('<a class="govuk-link" href="{}">{}</a>', address, agreement.allocation.neighbourhood)


def sent_row(year: int, tranches: Sequence[Tranche]) -> Row:
    """What the fund sent for a year of an agreement: a report should say what became of it."""
    sent = [one for one in tranches if one.year == year and one.status == TrancheStatus.PAID]
    return (f"Sent for year {year}", f"{pence(_sum(sent))}: {_numbers(sent)}" if sent else "Nothing")


def _state_of(report: Report | None) -> str:
    if report is None or report.submitted_at is None:
        return "Has not come in"
    state = "accepted" if report.accepted_at else "not accepted yet"
    words = f"Spent {pence(report.spent_pence)}, left {pence(report.unspent_pence)}; {state}"
    address = reverse("grants:report-detail", args=[report.agreement.reference, report.year])
    return format_html('<a class="govuk-link" href="{}">{}</a>', address, words)


def _continuing(review: Review, tranches: Sequence[Tranche]) -> str:
    agreement = review.agreement
    if agreement.starts_on is None:
        return "Nothing becomes a promise: it has not begun"
    last = committed_through(
        agreement.starts_on,
        reviews_passed=review.year,
        wind_down_months=agreement.allocation.programme.wind_down_months,
    )
    opened = [one for one in tranches if one.status == TrancheStatus.PLEDGED and one.due_on <= last]
    if not opened:
        return "No further payment becomes a legal promise"
    becomes = "becomes a legal promise" if len(opened) == 1 else "become a legal promise"
    return f"{_numbers(opened).capitalize()}, {pence(_sum(opened))} in all and due by {day_text(last)}, {becomes}"


def _ending(tranches: Sequence[Tranche]) -> str:
    pledged = [one for one in tranches if one.status == TrancheStatus.PLEDGED]
    promised = [one for one in tranches if one.status in PROMISED]
    kept = f"; {pence(_sum(promised))} promised before is still paid" if promised else ""
    return f"{pence(_sum(pledged))} of later payments is cancelled{kept}"


def _numbers(tranches: Sequence[Tranche]) -> str:
    """ "payment 4", "payments 4 and 5", or "payments 4 to 9"."""
    first, last = tranches[0].number, tranches[-1].number
    if len(tranches) == 1:
        return f"payment {first}"
    return f"payments {first} {'and' if len(tranches) == 2 else 'to'} {last}"


def _sum(tranches: Sequence[Tranche]) -> int:
    return sum(one.total_pence for one in tranches)
