"""Correcting what others have confirmed: asked for by the person, looked at by two."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission
from panels import selectors
from panels.correction_presenters import changes_of
from panels.living_forms import CorrectionForm, CorrectionVerdictForm
from panels.selectors import corrections
from panels.services import ask_for_correction, judge_correction
from panels.views.limits import check_how_often
from panels.views.living import say_where


@requires(Permission.DECLARE_RESIDENCE)
@sensitive_post_parameters()
def living_corrected(request: SignedInRequest) -> HttpResponse:
    """Say which details are right, where somebody has confirmed other ones."""
    if selectors.residence_of(request.user) is None:
        return redirect("panels:living-here")
    return say_where(request, partial(_ask, request), form_class=CorrectionForm)


@requires(Permission.JUDGE_ROLL)
@require_safe
def correction_list(request: SignedInRequest) -> HttpResponse:
    """Whose details wait for this person to look at them."""
    waiting = corrections.corrections_to_judge(request.user, core_now())
    return render(request, "panels/correction_list.html", {"corrections": waiting})


@requires(Permission.JUDGE_ROLL)
def correction_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """What somebody wants corrected, and what one person finds; to anybody else the page does not exist."""
    correction = corrections.corrections_to_judge(request.user, core_now()).filter(pk=pk).first()
    if correction is None:
        raise Http404("There is no correction for you to look at.")
    form = CorrectionVerdictForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        finds, how = form.cleaned_data["finds"], form.cleaned_data["how"]
        try:
            judge_correction(by=request.user, correction=correction, is_right=finds == "right", how=how)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Thank you. Details are corrected once two people have said yes.")
            return redirect("panels:correction-list")
    context = {
        "correction": correction,
        "form": form,
        "changes": changes_of(correction),
        "is_joined": corrections.is_shown_by_nobody(correction),
        "entered_by": corrections.entered_at_table_by(correction),
    }
    return render(request, "panels/correction_detail.html", context, status=400 if form.errors else 200)


def _ask(request: SignedInRequest, **said: Any) -> None:
    check_how_often(request, "correction")
    ask_for_correction(**said)
    messages.success(request, "We have noted it. Nothing changes until two people have looked at it.")
