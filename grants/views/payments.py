"""The payments desk: runs to check and release, held payments, and trying again."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.exports import csv_response
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from grants.forms import ReasonForm
from grants.forms.payments import RetryForm, StopRunForm
from grants.models import FileStatus, PaymentRun, RunStatus
from grants.presenters.payments import (
    file_rows,
    payment_row,
    question_card,
    removal_card,
    replaced_rows,
    run_actions,
    run_rows,
    run_state,
)
from grants.presenters.retries import failed_card, retry_card, retry_rows
from grants.selectors.days import today
from grants.selectors.files import payments_in_question, removals_to_decide, taken_out, why_kept_back
from grants.selectors.payment_pages import (
    coming_up,
    holds_now,
    payments_desk,
    payments_in_full,
    reconciliation,
    runs_with_counts,
    totals_by_source,
)
from grants.selectors.payments import awaiting_letter
from grants.selectors.retries import (
    payments_to_ask_for,
    payments_to_retry,
    retries_to_agree_to,
    retries_to_confirm,
)
from grants.selectors.runs import held_payments, paying_to_details_of
from grants.services.retries import (
    confirm_retry,
    refuse_retry,
    request_retry,
    require_may_ask,
    require_may_refuse,
)
from grants.services.runs import check_run, release_run, stop_run, withdraw_run
from grants.views.steps import StepPage, posted, take_step

CSV_HEADER = (
    "reference",
    "place",
    "organisation",
    "agreement",
    "payment",
    "grant_pence",
    "uplift_pence",
    "contribution_pence",
    "state",
)


@requires(Permission.VIEW_RUNS)
@require_safe
def payments_home(request: SignedInRequest) -> HttpResponse:
    """What waits for a person, and what is with the bank."""
    at = core_now()
    desk = payments_desk()
    groups = [
        ("To check", "A payments officer checks payees, amounts and totals.", desk.to_check),
        ("To release", "A second person releases what was checked.", desk.to_release),
        ("Stopped", "A second person withdraws a stopped run.", desk.to_withdraw),
        ("With the bank", "Released; the bank has not yet said that all was paid.", desk.with_bank),
    ]
    context = {
        "groups": [(title, note, [(run, run_state(run)) for run in runs]) for title, note, runs in groups],
        "held_count": holds_now().count(),
        "books": reconciliation(at),
    }
    return render(request, "grants/payments_home.html", context)


@requires(Permission.VIEW_RUNS)
@require_safe
def run_list(request: SignedInRequest) -> HttpResponse:
    """Every run there was, latest first."""
    page = Paginator(runs_with_counts(), 25).get_page(request.GET.get("page"))
    return render(request, "grants/run_list.html", {"page": page, "rows": [(run, run_state(run)) for run in page]})


@requires(Permission.VIEW_RUNS)
@require_safe
def run_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One run: what is in it, from which source, who did what, and the file."""
    run = get_object_or_404(runs_with_counts().select_related("withdrawn_by"), pk=pk)
    page = Paginator(
        payments_in_full().filter(run=run).prefetch_related("notices").order_by("end_to_end_id"), 50
    ).get_page(request.GET.get("page"))
    is_open = run.status in (RunStatus.PREPARED, RunStatus.CHECKED)
    held = held_payments(run, core_now()) if is_open else {}
    context = {
        "run": run,
        "state": run_state(run),
        "rows": run_rows(run),
        **(_about_file(run, request.user) if run.status == RunStatus.RELEASED else {}),
        "totals": totals_by_source(run),
        "page": page,
        "payments": [payment_row(payment, held) for payment in page],
        "held_count": len(held),
        "unsettled": set(awaiting_letter(today()).filter(run=run).values_list("pk", flat=True)),
        "actions": run_actions(
            run, request.user, own_details=paying_to_details_of(request.user).filter(pk=run.pk).exists()
        ),
    }
    return render(request, "grants/run_detail.html", context)


def _about_file(run: PaymentRun, user: User) -> dict[str, Any]:
    """The file of a released run, what keeps it back, and what was or should be taken out of it."""
    waits = hasattr(run, "file") and run.file.status == FileStatus.WAITING
    return {
        "file_rows": [*file_rows(run), *replaced_rows(taken_out(run))],
        "file_waits": waits,
        "kept_back": why_kept_back(run.file) if waits else [],
        "removals": [removal_card(one, run, user) for one in removals_to_decide().filter(payment__run=run)],
    }


@requires(Permission.CHECK_RUN)
@require_POST
def run_check(request: SignedInRequest, pk: int) -> HttpResponse:
    run = check_run(by=request.user, run=get_object_or_404(runs_with_counts(), pk=pk))
    messages.success(request, f"{run} is checked. Somebody else releases it.")
    return redirect("grants:run-detail", pk)


@requires(Permission.RELEASE_RUN, fresh=True)
@require_POST
def run_release(request: SignedInRequest, pk: int) -> HttpResponse:
    run = release_run(by=request.user, run=get_object_or_404(runs_with_counts(), pk=pk))
    done = run.status == RunStatus.RELEASED
    sentence = "goes to the bank now" if done else "waits for the other director"
    messages.success(request, f"You released {str(run).lower()}. It {sentence}.")
    return redirect("grants:run-detail", pk)


@requires(Permission.VIEW_RUNS)
def run_stop(request: SignedInRequest, pk: int) -> HttpResponse:
    """Stop a run, with the reason."""
    run = get_object_or_404(runs_with_counts(), pk=pk)
    form = StopRunForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        stop_run(by=request.user, run=run, reason=form.cleaned_data["reason"])
        messages.success(request, f"{run} is stopped. Somebody else withdraws it.")
        return redirect("grants:run-detail", pk)
    context = {"form": form, "run": run}
    return render(request, "grants/run_stop.html", context, status=400 if form.errors else 200)


@requires(Permission.RELEASE_RUN)
@require_POST
def run_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    run = withdraw_run(by=request.user, run=get_object_or_404(runs_with_counts(), pk=pk))
    messages.success(request, f"{run} is withdrawn. Its payments are held until somebody lifts the holds.")
    return redirect("grants:run-detail", pk)


@requires(Permission.VIEW_LEDGER)
@require_safe
def run_file(request: SignedInRequest, pk: int) -> HttpResponse:
    """The payment file as the bank got it, to compare with its hash."""
    run = get_object_or_404(runs_with_counts(), pk=pk, status=RunStatus.RELEASED, file__isnull=False)
    kind = "application/xml" if run.file.name.endswith("xml") else "text/plain"
    response = HttpResponse(bytes(run.file.content), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{run.file.name}"'
    return response


@requires(Permission.VIEW_RUNS)
@require_safe
def run_csv(request: SignedInRequest, pk: int) -> HttpResponse:
    """The payments of a run as a table; without account numbers."""
    run = get_object_or_404(runs_with_counts(), pk=pk)
    rows = [payment_row(payment) for payment in payments_in_full().filter(run=run).order_by("end_to_end_id")]
    cells = [
        (
            row.payment.end_to_end_id,
            row.place,
            row.organisation,
            row.payment.tranche.agreement.reference,
            row.payment.tranche.number,
            row.payment.amount_pence,
            row.payment.uplift_pence,
            row.payment.contribution_pence,
            row.state.text,
        )
        for row in rows
    ]
    return csv_response(f"payment-run-{run.pk}", CSV_HEADER, cells, sample=run.is_sample)


@requires(Permission.VIEW_RUNS)
@require_safe
def held_list(request: SignedInRequest) -> HttpResponse:
    """What is held and why, what failed, and what would be held of what must arrive within twenty working days."""
    user = request.user
    may_ask = set(payments_to_ask_for(user).values_list("pk", flat=True))
    may_agree = set(retries_to_agree_to(user).values_list("pk", flat=True))
    context = {
        "holds": Paginator(holds_now(), 50).get_page(request.GET.get("page")),
        "failed": [failed_card(one, user, may=one.pk in may_ask) for one in payments_to_retry()],
        "retries": [retry_card(one, user, may=one.pk in may_agree) for one in retries_to_confirm()],
        "in_question": [question_card(one, user) for one in payments_in_question()],
        "coming": coming_up(core_now()),
    }
    context["page"] = context["holds"]
    return render(request, "grants/held_list.html", context)


@requires(Permission.VIEW_RUNS)
def retry_request(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask to pay a failed payment again."""
    payment = get_object_or_404(payments_to_retry(), pk=pk)
    require_may_ask(request.user, payment)
    form = RetryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        request_retry(by=request.user, payment=payment, reason=form.cleaned_data["reason"])
        messages.success(request, "Asked for. Somebody else agrees, then it goes into the next run.")
        return redirect("grants:held-list")
    context = {"form": form, "row": payment_row(payment)}
    return render(request, "grants/retry_request.html", context, status=400 if form.errors else 200)


@requires(Permission.RELEASE_RUN, fresh=True)
@require_POST
def retry_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    confirm_retry(by=request.user, request=get_object_or_404(retries_to_confirm(), pk=pk))
    messages.success(request, "Agreed. The payment goes into the next run under a new reference.")
    return redirect("grants:held-list")


@requires(Permission.VIEW_RUNS, fresh=True)
def retry_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that a payment is not paid again for now, or take back what one asked."""
    retry = get_object_or_404(retries_to_confirm(), pk=pk)
    require_may_refuse(request.user, retry)
    is_own = retry.requested_by_id == request.user.pk
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Take back what you asked?" if is_own else "Refuse to pay this again for now?",
        button="Take it back" if is_own else "Refuse",
        back=reverse("grants:held-list"),
        done="Taken back. The payment stays held." if is_own else "Refused. The payment stays held; who asked is told.",
        intro="The payment stays held until somebody asks anew and another person agrees.",
        rows=retry_rows(retry),
    )

    def act() -> None:
        refuse_retry(by=request.user, request=retry, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)
