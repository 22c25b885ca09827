"""A polling day on a phone: labels and papers to print, envelopes handed out and received."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.forms import small_number
from cwf_portal.core.languages import translated
from cwf_portal.core.permissions import Permission
from panels import paper_presenters, selectors
from panels.models import Act, PaperEnvelope, Round
from panels.paper_forms import HandOutForm, LabelsForm, PersonOnListForm, SerialForm, SpoiltForm
from panels.permissions import may_run_polling
from panels.selectors import paper
from panels.services import (
    envelope_by_serial,
    issue_envelope,
    print_labels,
    receive_envelope,
    restore_envelope,
    spoil_envelope,
    withdraw_ballot,
)
from panels.views.starting import refused_at_the_start

State = PaperEnvelope.State


@requires(Permission.RUN_POLLING)
@require_safe
def polling(request: SignedInRequest, pk: int) -> HttpResponse:
    """Where paper stands in this vote, and the way to one envelope."""
    round = round_of_polling(request, pk)
    form = SerialForm(request.GET if "serial" in request.GET else None)
    if form.is_bound and form.is_valid():
        try:
            envelope = envelope_by_serial(round, form.cleaned_data["serial"])
        except DomainError as error:
            form.add_error("serial", str(error))
        else:
            return redirect("panels:polling-envelope", pk=pk, serial=envelope.serial)
    counts = paper.envelope_counts(round)
    context = {
        "round": round,
        "form": form,
        "labels": LabelsForm(),
        "rows": paper_presenters.envelope_rows(counts),
        "to_open": counts[State.RECEIVED],
        "batches": [(batch, paper_presenters.batch_state(batch)) for batch in paper.batches_of(round)],
        "is_open": round.permits(Act.PREPARE_PAPER, core_now()),
    }
    return render(request, "panels/polling.html", context, status=400 if form.errors else 200)


@requires(Permission.RUN_POLLING)
@require_POST
def polling_labels(request: SignedInRequest, pk: int) -> HttpResponse:
    """Labels for envelopes, to print."""
    round, form = round_of_polling(request, pk), LabelsForm(request.POST)
    if form.is_valid():
        envelopes = print_labels(by=request.user, round=round, count=form.cleaned_data["count"])
        context = {"round": round, "labels": paper_presenters.label_rows(envelopes)}
        return render(request, "panels/polling_labels.html", context)
    return render(request, "panels/polling_labels.html", {"round": round, "form": form}, status=400)


@requires(Permission.RUN_POLLING)
def polling_envelope(request: SignedInRequest, pk: int, serial: str) -> HttpResponse:
    """One envelope: what to do with it; a blank one is handed out to somebody looked up by name."""
    round = round_of_polling(request, pk)
    envelope = _envelope_or_404(round, serial)
    search = PersonOnListForm(request.GET if "name" in request.GET else None)
    name = search.cleaned_data["name"] if search.is_bound and search.is_valid() else ""
    people = list(paper.people_for_paper(round, name))
    form = HandOutForm(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        try:
            issue_envelope(by=request.user, round=round, serial=serial, entry=form.person())
            return redirect("panels:polling-envelope", pk=pk, serial=envelope.serial)
        except DomainError as error:
            form.add_error("entry", str(error))
    context = {"search": search, "form": form, "people": people, "name": name}
    return _envelope_page(request, round, envelope, **context)


@requires(Permission.RUN_POLLING)
@require_POST
def polling_receive(request: SignedInRequest, pk: int, serial: str) -> HttpResponse:
    """An envelope came back."""
    receive_envelope(by=request.user, round=round_of_polling(request, pk), serial=serial)
    return redirect("panels:polling-envelope", pk=pk, serial=serial)


@requires(Permission.RUN_POLLING)
@require_POST
def polling_spoil(request: SignedInRequest, pk: int, serial: str) -> HttpResponse:
    """An envelope or its paper is spoilt or lost: why, and the voter is told."""
    round, form = round_of_polling(request, pk), SpoiltForm(request.POST)
    if not form.is_valid():
        return _envelope_page(request, round, _envelope_or_404(round, serial), spoilt=form)
    spoil_envelope(by=request.user, round=round, serial=serial, reason=form.cleaned_data["reason"])
    return redirect("panels:polling-envelope", pk=pk, serial=serial)


@requires(Permission.RUN_POLLING)
@require_POST
def polling_restore(request: SignedInRequest, pk: int, serial: str) -> HttpResponse:
    """An envelope noted as lost has turned up."""
    restore_envelope(by=request.user, round=round_of_polling(request, pk), serial=serial)
    return redirect("panels:polling-envelope", pk=pk, serial=serial)


@translated
@requires(Permission.CAST_BALLOT)
@require_POST
@refused_at_the_start
def vote_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take one's own ballot out of the box."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    seen = small_number(request.POST.get("seen", ""))
    mark = withdraw_ballot(by=request.user, round=round, seen_version=-1 if seen is None else seen)
    counts = mark.state == mark.State.ON_PAPER
    messages.success(
        request,
        _("Your ballot is withdrawn. Your envelope counts now.")
        if counts
        else _("Your ballot is withdrawn. You can vote again."),
    )
    return redirect("panels:vote-start", pk=pk)


def _envelope_page(request: SignedInRequest, round: Round, envelope: PaperEnvelope, **shown: Any) -> HttpResponse:
    context = {"round": round, "envelope": envelope, "spoilt": SpoiltForm(), **shown}
    context["what"] = paper_presenters.WHAT_TO_DO[State(envelope.state)]
    context["forms"] = [form for name in ("form", "search", "spoilt") if (form := context.get(name)) and form.errors]
    context["has_errors"] = bool(context["forms"])
    return render(request, "panels/polling_envelope.html", context, status=400 if context["has_errors"] else 200)


def round_of_polling(request: SignedInRequest, pk: int) -> Round:
    """To anybody else the page does not exist."""
    round = get_object_or_404(selectors.rounds().frozen(), pk=pk)
    if not may_run_polling(request.user, round.panel, localdate(core_now())):
        raise Http404
    return round


def _envelope_or_404(round: Round, serial: str) -> PaperEnvelope:
    try:
        return envelope_by_serial(round, serial)
    except DomainError:
        raise Http404 from None
