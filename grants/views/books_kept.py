"""Two people keep the ledger: closing months, and correcting what was entered in error."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import day
from grants.forms.books import CorrectionForm
from grants.presenters.books import correction_state, month_state
from grants.selectors.books import corrections, months, next_month_to_close, why_not_corrected
from grants.selectors.days import today
from grants.selectors.ledger import journals
from grants.services.corrections import agree_correction, ask_correction, refuse_correction
from grants.services.months import ask_to_close, close_month
from grants.views.steps import StepPage, posted, take_step

PER_PAGE = 50


@requires(Permission.VIEW_LEDGER)
@require_safe
def month_list(request: SignedInRequest) -> HttpResponse:
    """Which months are closed, and which one somebody asks to close."""
    keeps = Permission.KEEP_LEDGER in request.user.permissions
    page = Paginator(months(), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        (close, month_state(close), keeps and close.closed_at is None and close.asked_by_id != request.user.pk)
        for close in page
    ]
    context = {"page": page, "rows": rows, "next": next_month_to_close(today()) if keeps else None}
    return render(request, "grants/month_list.html", context)


@requires(Permission.KEEP_LEDGER)
@require_POST
def month_ask(request: SignedInRequest, year: str, month: str) -> HttpResponse:
    """Ask to close a month."""
    close = ask_to_close(by=request.user, month=date(int(year), int(month), 1))
    messages.success(request, f"You asked to close {close}. Somebody else closes it.")
    return redirect("grants:month-list")


@requires(Permission.KEEP_LEDGER, fresh=True)
@require_POST
def month_close(request: SignedInRequest, pk: int) -> HttpResponse:
    """Close a month that somebody else asked to close."""
    close = close_month(by=request.user, close=get_object_or_404(months(), pk=pk))
    messages.success(request, f"{close} is closed. Later lines of the bank are posted in the open month.")
    return redirect("grants:month-list")


@requires(Permission.VIEW_LEDGER)
@require_safe
def correction_list(request: SignedInRequest) -> HttpResponse:
    """Journals that somebody asks to reverse, and what became of others."""
    keeps = Permission.KEEP_LEDGER in request.user.permissions
    page = Paginator(corrections(), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        (one, correction_state(one), keeps and one.is_agreed is None and one.asked_by_id != request.user.pk)
        for one in page
    ]
    return render(request, "grants/correction_list.html", {"page": page, "rows": rows})


@requires(Permission.KEEP_LEDGER)
def correction_ask(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask to reverse a journal, or read why it cannot be."""
    journal = get_object_or_404(journals(), pk=pk)
    form = CorrectionForm(posted(request))
    page = StepPage(
        title=f"Reverse journal {journal.pk}",
        button="Ask to reverse it",
        back=reverse("grants:journal-detail", args=[pk]),
        done="You asked to reverse this journal. Somebody else decides.",
        intro=why_not_corrected(journal) or "The same lines are posted with opposite signs, today, once.",
        rows=[("What happened", journal.get_kind_display()), ("On", day(journal.effective_on))],
    )
    return take_step(
        request,
        form,
        page,
        act=lambda: ask_correction(by=request.user, journal=journal, reason=form.cleaned_data["reason"]),
    )


@requires(Permission.KEEP_LEDGER, fresh=True)
@require_POST
def correction_agree(request: SignedInRequest, pk: int) -> HttpResponse:
    """Reverse the journal."""
    correction = agree_correction(by=request.user, correction=get_object_or_404(corrections(), pk=pk))
    messages.success(request, f"Journal {correction.journal_id} is reversed by journal {correction.reversal_id}.")
    return redirect("grants:correction-list")


@requires(Permission.KEEP_LEDGER)
@require_POST
def correction_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the journal stand."""
    correction = refuse_correction(by=request.user, correction=get_object_or_404(corrections(), pk=pk))
    messages.success(request, f"Journal {correction.journal_id} stands as it is.")
    return redirect("grants:correction-list")
