"""After the opening: a copy of the box for its keepers, what they found, and certification by two."""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires, signed_in
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission
from panels import key_presenters, paper_presenters, selectors
from panels.key_forms import FoundForm
from panels.objection_forms import AnnulForm
from panels.selectors import objections
from panels.selectors.paper import paper_count_of
from panels.services import (
    attest_contents,
    call_for_annulment,
    certify_round,
    challenge_ends_at,
    export_of,
    is_to_annul,
    keepers_to_open_again,
    unexplained_entries,
)


@signed_in
@require_safe
def round_box(request: SignedInRequest, pk: int) -> HttpResponse:
    """A copy of the box for a keeper's own tool: sealed ballots without any voter."""
    keeper = get_object_or_404(selectors.keeper_of(request.user, pk))
    response = JsonResponse(export_of(by=request.user, round=keeper.round))
    response["Content-Disposition"] = f'attachment; filename="box-{pk}.json"'
    return response


@signed_in
@require_POST
def key_attest(request: SignedInRequest, pk: int) -> HttpResponse:
    """What a keeper found with the tool, for everybody to read."""
    keeper = get_object_or_404(selectors.keeper_of(request.user, pk))
    form = FoundForm(request.POST)
    if form.is_valid():
        try:
            attest_contents(by=request.user, round=keeper.round, **form.cleaned_data)
        except DomainError as error:
            form.add_error("digest", str(error))
        else:
            messages.success(request, "Thank you. What you found now stands on the page of the vote.")
            return redirect("panels:key-detail", pk=pk)
    return render(request, "panels/key_found.html", {"round": keeper.round, "form": form}, status=400)


@requires(Permission.APPOINT_KEEPER)
def round_certify(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the list and the box add up to, and the end of the vote, by two people."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    if request.method == "POST":
        done = certify_round(by=request.user, round=round)
        said = "The vote is certified." if done.certified_at else "Noted. A second person now certifies the vote."
        messages.success(request, said)
        return redirect("panels:round-certify", pk=pk)
    certification = selectors.certification_of(round)
    is_done = certification is not None and certification.certified_at is not None
    is_mine = certification is not None and certification.asked_by_id == request.user.pk
    ends_at = challenge_ends_at(round)
    is_over = hasattr(round, "annulment") or (ends_at is not None and ends_at <= core_now())
    context = {
        "round": round,
        "certification": certification,
        "facts": key_presenters.certifying_facts(round, certification, ends_at),
        "checks": key_presenters.checked_again(
            round,
            selectors.attestations_of(round),
            waiting=keepers_to_open_again(round),
            objections=objections.objections_to(round),
        ),
        "sums": key_presenters.sums_of(round, selectors.reconciliations_of(round), unexplained_entries(round)),
        "envelopes": paper_presenters.envelope_sums(paper_count_of(round)),
        "is_mine": is_mine and not is_done,
        "can_certify": is_over and not (is_done or is_mine),
    }
    return render(request, "panels/round_certify.html", context)


@requires(Permission.APPOINT_KEEPER)
def round_annul(request: SignedInRequest, pk: int) -> HttpResponse:
    """A vote that can neither stand nor be certified: annulled by one of the panel and one of the fund."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    form = AnnulForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            call_for_annulment(by=request.user, round=round, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.add_error("reason", str(error))
        else:
            messages.success(request, "Your reason is noted.")
            return redirect("panels:round-annul", pk=pk)
    calls = list(objections.annulment_calls_of(round))
    mine = any(call.called_by_id == request.user.pk for call in calls)
    is_open = is_to_annul(round, core_now())
    context = {"round": round, "form": form, "calls": calls, "mine": mine, "can_call": is_open and not mine}
    return render(request, "panels/round_annul.html", context, status=400 if form.errors else 200)
