"""What the bank says: statements, lines that nobody can explain yet, and whether the books meet the bank."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.permissions import Permission
from grants.models import StatementLine
from grants.presenters.payments import balance_rows, line_state
from grants.selectors.payment_pages import reconciliation, statement_lines, statements

MATCHES = [("", "All lines"), *StatementLine.Match.choices]


@requires(Permission.VIEW_RUNS)
@require_safe
def bank_home(request: SignedInRequest) -> HttpResponse:
    """The balance by the bank and by the books, and what needs a person."""
    page = Paginator(statements(), 25).get_page(request.GET.get("page"))
    books = reconciliation(core_now())
    return render(request, "grants/bank_home.html", {"books": books, "rows": balance_rows(books), "page": page})


@requires(Permission.VIEW_RUNS)
@require_safe
def statement_detail(request: SignedInRequest, sequence: int) -> HttpResponse:
    """One statement, every line with what it was matched to."""
    statement = get_object_or_404(statements(), sequence=sequence)
    page = Paginator(statement_lines(statement=statement), 100).get_page(request.GET.get("page"))
    context = {"statement": statement, "page": page, "lines": [(line, line_state(line)) for line in page]}
    return render(request, "grants/statement_detail.html", context)


@requires(Permission.VIEW_RUNS)
@require_safe
def line_list(request: SignedInRequest) -> HttpResponse:
    """Lines of all statements, filtered by what they were matched to; the filter stands in the address."""
    chosen = request.GET.get("match", "")
    match = chosen if chosen in StatementLine.Match.values else ""
    page = Paginator(statement_lines(match=match), 50).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [(line, line_state(line)) for line in page],
        "matches": [(value, label, value == match) for value, label in MATCHES],
    }
    return render(request, "grants/line_list.html", context)
