"""Checking a voters' list before the box is opened, and printing it for polling day."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from cwf_portal.core.access import SignedInRequest, requires, signed_in
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission
from panels import selectors
from panels.living_forms import BurstReviewForm, MatchVerdictForm
from panels.models import Round
from panels.selectors import roll
from panels.selectors.paper import envelopes_by_person
from panels.services import judge_match, may_check_roll, print_roll, review_bursts


@signed_in
def roll_check(request: SignedInRequest, pk: int) -> HttpResponse:
    """For scrutineers: who confirmed how many, pairs to judge, what others found."""
    round = _round_of_scrutineer(request, pk)
    form = BurstReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            review_bursts(by=request.user, round=round, note=form.cleaned_data["note"])
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Thank you. What you found is noted.")
            return redirect("panels:roll-check", pk=pk)
    numbers = roll.numbers_on_roll(round)
    context = {
        "round": round,
        "form": form,
        "numbers": numbers,
        "envelopes": envelopes_by_person(round),
        "matches": roll.named_matches(round),
        "reviews": [(review, review.counts_hash == numbers.hash) for review in roll.reviews_of(round)],
    }
    return render(request, "panels/roll_check.html", context, status=400 if form.errors else 200)


@signed_in
def roll_match(request: SignedInRequest, pk: int, pair: str) -> HttpResponse:
    """Two entries side by side, and one person's judgement."""
    round = _round_of_scrutineer(request, pk)
    match = next((one for one in roll.matches_of(round) if one.code == pair), None)
    if match is None:
        raise Http404
    entries = roll.entries_of(match)
    form = MatchVerdictForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data
            judge_match(by=request.user, entries=entries, is_same=data["is_same"] == "yes", reason=data["reason"])
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Thank you. It is settled once two people have said the same.")
            return redirect("panels:roll-check", pk=pk)
    context = {"round": round, "match": match, "entries": entries, "form": form}
    context["verdicts"] = roll.verdicts_on(entries[0], entries[1])
    return render(request, "panels/roll_match.html", context, status=400 if form.errors else 200)


@requires(Permission.JUDGE_ROLL)
@require_POST
def roll_print(request: SignedInRequest, pk: int) -> HttpResponse:
    """The voters' list on paper, for polling day."""
    round = _round_of_scrutineer(request, pk)
    context = {"round": round, "entries": print_roll(by=request.user, round=round)}
    return render(request, "panels/roll_print.html", context)


def _round_of_scrutineer(request: SignedInRequest, pk: int) -> Round:
    """To anybody else the page does not exist."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    if not may_check_roll(request.user, round):
        raise Http404
    return round
