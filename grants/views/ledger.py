"""The ledger for auditors: trial balance and journals, as pages and as files."""

from datetime import date
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.exports import csv_response, xlsx_response
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import day, moment
from grants.forms import JournalFilterForm
from grants.forms.books import DayForm
from grants.models import Journal
from grants.presenters.ledger import (
    BALANCE_HEADER,
    JOURNAL_HEADER,
    balance_export,
    balance_table,
    journal_export,
    journal_rows,
    posting_table,
    who,
)
from grants.selectors.balances import kept_month
from grants.selectors.books import reversal_of, why_not_corrected
from grants.selectors.ledger import journals, lines_of, moved_by, trial_balance

PER_PAGE = 50
FILES = {"csv": csv_response, "xlsx": xlsx_response}


@requires(Permission.VIEW_LEDGER)
@require_safe
def trial_balance_page(request: SignedInRequest) -> HttpResponse:
    """Every account by source and purpose, now or at the end of a day. Sources are never added up."""
    at = core_now()
    form = DayForm(request.GET)
    on = form.cleaned_data["on"] if form.is_valid() else None
    rows = trial_balance(through=on or date.max)
    context = {
        "form": form,
        "at": at,
        "on": on,
        "kept": kept_month(on or date.max),
        "rows": balance_table(rows),
        "sum_pence": sum(row.balance_pence for row in rows),
        "query": request.GET.urlencode(),
    }
    return render(request, "grants/trial_balance.html", context, status=400 if form.errors else 200)


@requires(Permission.VIEW_LEDGER)
@require_safe
def trial_balance_file(request: SignedInRequest, kind: str) -> HttpResponse:
    """The trial balance as a file, in pence."""
    form = DayForm(request.GET)
    on = form.cleaned_data["on"] if form.is_valid() else None
    rows = balance_export(trial_balance(through=on or date.max))
    return FILES[kind](
        f"trial-balance-{on.isoformat()}" if on else "trial-balance", BALANCE_HEADER, rows, sample=settings.DEMO
    )


def _filtered(request: SignedInRequest) -> tuple[JournalFilterForm, QuerySet[Journal]]:
    form = JournalFilterForm(request.GET)
    chosen: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    found = journals(
        kind=chosen.get("kind", ""),
        agreement_reference=chosen.get("agreement", ""),
        key_contains=chosen.get("key", ""),
    )
    return form, found


@requires(Permission.VIEW_LEDGER)
@require_safe
def journal_list(request: SignedInRequest) -> HttpResponse:
    """Journals, latest first, filtered by address."""
    form, found = _filtered(request)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = journal_rows(list(page), moved_by(page))
    context = {"form": form, "page": page, "rows": rows, "query": request.GET.urlencode()}
    return render(request, "grants/journal_list.html", context)


@requires(Permission.VIEW_LEDGER)
@require_safe
def journal_file(request: SignedInRequest, kind: str) -> HttpResponse:
    """Every line of the journals found, as a file."""
    _, found = _filtered(request)
    return FILES[kind](
        "journals", JOURNAL_HEADER, journal_export(lines_of(found).iterator(2_000)), sample=settings.DEMO
    )


@requires(Permission.VIEW_LEDGER)
@require_safe
def journal_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One journal with its lines."""
    journal = get_object_or_404(journals(), pk=pk)
    lines = lines_of(journals().filter(pk=pk))
    rows = [
        ("Kind", journal.get_kind_display()),
        ("Effective on", day(journal.effective_on)),
        *([("The bank's date", day(journal.value_on))] if journal.value_on else []),
        ("Recorded", moment(journal.recorded_at)),
        ("Key", journal.idempotency_key),
        ("Reference", journal.source_reference or "None"),
        ("By", who(journal)),
        ("Approved by", journal.approver or "Nobody is needed for this kind"),
        ("Fingerprint of the request", journal.request_hash),
    ]
    context = {
        "journal": journal,
        "rows": rows,
        "lines": posting_table(lines),
        "reversed_by": reversal_of(journal),
        "may_correct": Permission.KEEP_LEDGER in request.user.permissions and not why_not_corrected(journal),
    }
    return render(request, "grants/journal_detail.html", context)
