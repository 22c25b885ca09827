"""Checks of the reconciler as tables, for pages and for exports."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.template.defaultfilters import pluralize

from cwf_portal.core.templatetags.cwf import moment, pence
from grants.models import ReconciliationDifference, ReconciliationReport

DIFFERENCE_HEADER = ("Kind", "About", "What differs", "Expected (pence)", "Found (pence)")


@dataclass(frozen=True)
class CheckState:
    """What came of a check, for a tag."""

    text: str
    colour: str


def report_state(report: ReconciliationReport) -> CheckState:
    """Whether everything agreed."""
    count = report.difference_count
    return CheckState(f"{count} difference{pluralize(count)}", "red") if count else CheckState("All agrees", "green")


def report_rows(report: ReconciliationReport) -> list[tuple[str, str]]:
    """What a check looked at, for the page."""
    return [
        ("Made", moment(report.made_at)),
        ("Statements of the bank", f"through number {report.statements_through}"),
        ("Journals of the ledger", f"through number {report.journals_through}"),
        ("The bank’s balance", pence(report.bank_pence)),
        ("The ledger’s cash", pence(report.ledger_pence)),
    ]


def totals_rows(report: ReconciliationReport) -> list[tuple[str, ...]]:
    """Per source, what should have been paid by that day and what the bank's statements show."""
    return [
        (
            row["source"],
            f"{row['due_count']:,}",
            pence(row["due_pence"]),
            f"{row['paid_count']:,}",
            pence(row["paid_pence"]),
        )
        for row in report.by_source
    ]


def difference_export(found: Iterable[ReconciliationDifference]) -> list[tuple[object, ...]]:
    """One row a difference."""
    return [(one.get_kind_display(), one.subject, one.sentence, one.expected_pence, one.found_pence) for one in found]
