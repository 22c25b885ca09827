"""Many yearly reports on one page: what each says, what follows from it, and the choice beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.forms import BoundField

from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.templatetags.cwf import pence
from grants.forms import ReportBatchForm
from grants.models import Report
from grants.presenters.unspent import following_rows
from grants.selectors.unspent import Surplus

Row = tuple[str, object]


@dataclass(frozen=True)
class ReportCard:
    """One report and the fields that decide about it."""

    report: Report
    rows: list[Row]
    fields: list[BoundField]
    seen: BoundField


@dataclass(frozen=True)
class BatchPage:
    """Reports of one due date, and the other dates with how many wait."""

    due_on: date | None
    days: list[tuple[date, int]]
    count: int
    cards: list[ReportCard]


def chosen_day(text: str, days: Sequence[date]) -> date | None:
    """The day asked for where reports of it wait, else the earliest; None where none waits."""
    return next((day for day in days if day.isoformat() == text), next(iter(days), None))


def _sent_in(report: Report) -> str:
    at = moment_text(report.submitted_at) if report.submitted_at else ""
    return f"{report.submitted_by}, {at}"


def batch_page(
    days: Sequence[tuple[date, int]], due_on: date | None, form: ReportBatchForm, *, limits: Mapping[int, Surplus]
) -> BatchPage:
    """Prepare the page."""
    return BatchPage(
        due_on=due_on,
        days=[(day, count) for day, count in days if day != due_on],
        count=dict(days).get(due_on, 0) if due_on else 0,
        cards=[
            ReportCard(
                report=report,
                rows=[
                    ("Organisation", report.agreement.body),
                    ("Sent in", _sent_in(report)),
                    ("Spent this year", pence(report.spent_pence)),
                    ("Left in the bank", pence(report.unspent_pence)),
                    *following_rows(report, limits.get(report.pk)),
                ],
                fields=[form[f"what_{pk}"], form[f"reason_{pk}"]],
                seen=form[f"seen_{pk}"],
            )
            for pk, report in form.reports.items()
        ],
    )
