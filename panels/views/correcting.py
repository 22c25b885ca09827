"""Correcting what others have confirmed: asked for by the person, looked at by two."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.languages import translated
from cwf_portal.core.permissions import Permission
from panels import selectors
from panels.correction_presenters import changes_of, how_it_stands
from panels.living_forms import CorrectionForm, CorrectionVerdictForm
from panels.models import Correction
from panels.selectors import corrections
from panels.services import ask_for_correction, judge_correction
from panels.views.limits import check_how_often
from panels.views.living import say_where


@translated
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
    """Whose details wait for this person to look at them, and whose for others."""
    at = core_now()
    others = corrections.corrections_for_others(request.user, at)
    context = {
        "corrections": corrections.corrections_to_judge(request.user, at),
        "others": [(one, how_it_stands(one, request.user)) for one in others],
    }
    return render(request, "panels/correction_list.html", context)


@requires(Permission.JUDGE_ROLL)
@sensitive_post_parameters()
def correction_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """What somebody wants corrected, and what one person finds; sent late or twice, what is true by then."""
    correction = get_object_or_404(corrections.corrections_seen_by(request.user, core_now()), pk=pk)
    form = CorrectionVerdictForm(request.POST or None)
    if request.method == "POST" and _is_to_judge(request, pk) and form.is_valid():
        try:
            return _judged(request, correction, form)
        except DomainError as error:
            form.add_error(None, str(error))
    if not _is_to_judge(request, pk):
        correction.refresh_from_db()
        says = how_it_stands(correction, request.user)
        return render(request, "panels/correction_stands.html", {"correction": correction, "says": says})
    context = {
        "correction": correction,
        "form": form,
        "changes": changes_of(correction),
        "is_joined": corrections.is_shown_by_nobody(correction),
        "former_holders": corrections.former_holders(correction),
        "entered_by": corrections.entered_at_table_by(correction),
    }
    return render(request, "panels/correction_detail.html", context, status=400 if form.errors else 200)


def _is_to_judge(request: SignedInRequest, pk: int) -> bool:
    return corrections.corrections_to_judge(request.user, core_now()).filter(pk=pk).exists()


def _judged(request: SignedInRequest, correction: Correction, form: CorrectionVerdictForm) -> HttpResponse:
    check_how_often(request, "correction_verdict")  # nobody finds out a birth date by trying
    judge_correction(by=request.user, correction=correction, **form.verdict())
    messages.success(request, "Thank you. Details are corrected once two people have said yes.")
    return redirect("panels:correction-list")


def _ask(request: SignedInRequest, **said: Any) -> None:
    check_how_often(request, "correction")
    ask_for_correction(**said)
    messages.success(request, _("We have noted it. Nothing changes until two people have looked at it."))
