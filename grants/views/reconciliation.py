"""What the reconciler found: day by day, one check, and the same as a file."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.exports import csv_response
from cwf_portal.core.permissions import Permission
from grants.presenters.reconciliation import (
    DIFFERENCE_HEADER,
    difference_export,
    report_rows,
    report_state,
    totals_rows,
)
from grants.selectors.reconciliation import reports

PER_PAGE = 50


@requires(Permission.VIEW_RUNS)
@require_safe
def reconciliation_list(request: SignedInRequest) -> HttpResponse:
    """Every check, the newest first."""
    page = Paginator(reports(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": [(report, report_state(report)) for report in page], "newest": reports().first()}
    return render(request, "grants/reconciliation_list.html", context)


@requires(Permission.VIEW_RUNS)
@require_safe
def reconciliation_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One check: what it looked at, its sums by source, and every difference."""
    report = get_object_or_404(reports(), pk=pk)
    page = Paginator(report.differences.all(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "report": report,
        "state": report_state(report),
        "rows": report_rows(report),
        "totals": totals_rows(report),
        "page": page,
    }
    return render(request, "grants/reconciliation_detail.html", context)


@requires(Permission.VIEW_RUNS)
@require_safe
def reconciliation_file(request: SignedInRequest, pk: int) -> HttpResponse:
    """The differences of one check as a file, money in pence."""
    report = get_object_or_404(reports(), pk=pk)
    rows = difference_export(report.differences.all())
    name = f"reconciliation-{report.day}-{report.number}"
    return csv_response(name, DIFFERENCE_HEADER, rows, sample=settings.DEMO)
