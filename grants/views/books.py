"""Statements of account, the note of promises, the chain of days, and batches for the accounting system."""

from datetime import date, datetime

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.exports import csv_response, xlsx_response
from cwf_portal.core.permissions import Permission
from grants.forms.books import DayForm, StatementForm
from grants.presenters.books import (
    BATCH_HEADER,
    NOTE_HEADER,
    STATEMENT_HEADER,
    batch_export,
    batch_table,
    day_table,
    note_export,
    note_table,
    statement_balances,
    statement_export,
    statement_table,
)
from grants.selectors.accounts import batch_lines, promise_note, statement_lines, statement_rows
from grants.selectors.books import days_to_export, exports, ledger_head, sealed_days
from grants.selectors.days import today
from grants.services.ledger_exports import export_new_days

PER_PAGE = 50
FILES = {"csv": csv_response, "xlsx": xlsx_response}


def day_asked(request: SignedInRequest, at: datetime) -> tuple[DayForm, date]:
    """The day of the address, or today."""
    form = DayForm(request.GET)
    chosen = form.cleaned_data["on"] if form.is_valid() else None
    return form, chosen or today(at)


@requires(Permission.VIEW_LEDGER)
@require_safe
def statement(request: SignedInRequest) -> HttpResponse:
    """What an account, a place, an agreement or a source held, what moved, and every line."""
    form = StatementForm(request.GET if request.GET else None, today=today())
    context: dict[str, object] = {"form": form, "query": request.GET.urlencode()}
    if form.is_valid():
        asked = form.cleaned_data
        period = {"since": asked["since"], "through": asked["through"]}
        page = Paginator(statement_lines(asked["scope"], **period), PER_PAGE).get_page(request.GET.get("page"))
        balances = statement_balances(statement_rows(asked["scope"], **period))
        context |= period | {"balances": balances, "page": page, "lines": statement_table(page)}
    return render(request, "grants/statement.html", context, status=400 if form.errors else 200)


@requires(Permission.VIEW_LEDGER)
@require_safe
def statement_file(request: SignedInRequest, kind: str) -> HttpResponse:
    """The same statement as a file: opening, every line, closing, in pence."""
    form = StatementForm(request.GET, today=today())
    if not form.is_valid():
        raise Http404("no such statement")
    asked = form.cleaned_data
    period = {"since": asked["since"], "through": asked["through"]}
    rows = statement_export(
        statement_rows(asked["scope"], **period), statement_lines(asked["scope"], **period).iterator(2_000)
    )
    return FILES[kind]("statement", STATEMENT_HEADER, rows, sample=settings.DEMO)


@requires(Permission.VIEW_LEDGER)
@require_safe
def note(request: SignedInRequest) -> HttpResponse:
    """The note of promises at a day: pledged and committed, by when they fall due, never added together."""
    form, on = day_asked(request, core_now())
    context = {"form": form, "on": on, "table": note_table(promise_note(on)), "query": request.GET.urlencode()}
    return render(request, "grants/promise_note.html", context, status=400 if form.errors else 200)


@requires(Permission.VIEW_LEDGER)
@require_safe
def note_file(request: SignedInRequest, kind: str) -> HttpResponse:
    """The note as a file, in pence."""
    _, on = day_asked(request, core_now())
    return FILES[kind](f"promises-{on.isoformat()}", NOTE_HEADER, note_export(promise_note(on)), sample=settings.DEMO)


@requires(Permission.VIEW_LEDGER)
@require_safe
def day_list(request: SignedInRequest) -> HttpResponse:
    """The head of the chain, to be kept elsewhere, and every sealed day."""
    page = Paginator(sealed_days(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"head": ledger_head(), "page": page, "table": day_table(page)}
    return render(request, "grants/ledger_days.html", context)


@requires(Permission.VIEW_LEDGER)
@require_safe
def export_list(request: SignedInRequest) -> HttpResponse:
    """Batches for the accounting system, and what would be in the next."""
    page = Paginator(exports(), PER_PAGE).get_page(request.GET.get("page"))
    days = list(days_to_export())
    context = {
        "page": page,
        "table": batch_table(page),
        "days": days,
        "journals": sum(one.journal_count for one in days),
        "may_keep": Permission.KEEP_LEDGER in request.user.permissions,
    }
    return render(request, "grants/export_list.html", context)


@requires(Permission.KEEP_LEDGER)
@require_POST
def export_make(request: SignedInRequest) -> HttpResponse:
    """Put what is new into the next batch."""
    batch = export_new_days(by=request.user)
    messages.success(request, f"{batch} holds {batch.journal_count} journals up to {batch.through:%-d %B %Y}.")
    return redirect("grants:export-list")


@requires(Permission.VIEW_LEDGER)
@require_safe
def export_file(request: SignedInRequest, number: int, kind: str) -> HttpResponse:
    """One batch; the same whenever it is asked for."""
    batch = get_object_or_404(exports(), number=number)
    rows = batch_export(batch.number, batch_lines(batch).iterator(2_000))
    return FILES[kind](f"journals-batch-{batch.number}", BATCH_HEADER, rows, sample=settings.DEMO)
