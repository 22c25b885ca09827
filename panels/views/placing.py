"""Judging in which place a home lies, where its postcode does not say it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission, has_permission
from neighbourhoods.models import Neighbourhood
from neighbourhoods.selectors import neighbourhoods_on_target_list
from panels import selectors
from panels.living_forms import PlaceVerdictForm
from panels.models import PlaceQuestion
from panels.selectors.residence import PlaceQuestions
from panels.services import judge_place


@requires(Permission.JUDGE_ROLL)
@require_safe
def place_question_list(request: SignedInRequest) -> HttpResponse:
    """Homes whose place two people have to judge."""
    return render(request, "panels/place_question_list.html", {"questions": _questions(request)})


@requires(Permission.JUDGE_ROLL)
def place_question_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One such home, and the judgement of one person."""
    question = get_object_or_404(_questions(request), pk=pk)
    named = question.residence.neighbourhood
    places = {place.code: place for place in neighbourhoods_on_target_list()}
    options = [(code, place.label) for code, place in places.items() if code != named.code]
    form = PlaceVerdictForm(request.POST or None, named=named.name, places=options)
    if request.method == "POST" and form.is_valid():
        try:
            return _judged(request, question, data=form.cleaned_data, places=places)
        except DomainError as error:
            form.add_error(None, str(error))
    context = {"question": question, "form": form, "suggested": selectors.place_of_postcode(question.postcode)}
    return render(request, "panels/place_question_detail.html", context, status=400 if form.errors else 200)


def _questions(request: SignedInRequest) -> PlaceQuestions:
    """Of every place for officers, of their own for panel members."""
    is_officer = has_permission(request.user, Permission.MANAGE_PANEL)
    return selectors.place_questions(None if is_officer else list(selectors.panels_of(request.user, core_now())))


def _judged(
    request: SignedInRequest, question: PlaceQuestion, *, data: dict[str, Any], places: dict[str, Neighbourhood]
) -> HttpResponse:
    found = {"here": question.residence.neighbourhood, "other": places.get(data["other"])}.get(data["lies"])
    judge_place(by=request.user, question=question, neighbourhood=found, reason=data["reason"])
    messages.success(request, "Thank you. It is settled once two people have said the same.")
    return redirect("panels:place-question-list")
