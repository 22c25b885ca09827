"""Objections to a result: for everybody to read, for voters to make, for the panel and the fund to answer."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, public, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.languages import in_words, translated
from cwf_portal.core.permissions import Permission
from panels import selectors
from panels.errors import PanelError
from panels.models import Objection, Withholding
from panels.objection_forms import ObjectionAnswerForm, ObjectionForm, WithholdForm
from panels.selectors import objections
from panels.services import (
    agree_to_withhold,
    answer_alike,
    ask_to_withhold,
    challenge_ends_at,
    object_to_result,
    refuse_to_withhold,
)
from panels.views.limits import check_how_often


@translated
@public
@require_safe
def objection_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Objections to a result, and what the panel and the fund have answered."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    at, ends_at = core_now(), challenge_ends_at(round)
    context = {
        "round": round,
        "rows": objections.objections_to(round),
        "ends_at": ends_at,
        "looked_after": set(
            objections.objections_looked_after_by(request.user, at).filter(round=round).values_list("pk", flat=True)
        ),
        "is_open": ends_at is not None and at < ends_at and round.has_result_at(at),
    }
    return render(request, "panels/objection_list.html", context)


@translated
@requires(Permission.CAST_BALLOT)
def objection_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say why a result should not stand; afterwards, what one has said."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            check_how_often(request, "objection")
            object_to_result(by=request.user, round=round, text=form.cleaned_data["text"])
        except DomainError as error:
            form.add_error("text", in_words(error))
        else:
            messages.success(request, _("Your objection is noted. The panel and the fund answer it."))
            return redirect("panels:objection-list", pk=pk)
    context = {
        "round": round,
        "form": form,
        "mine": objections.objection_of(request.user, round),
        "may": objections.may_object(request.user, round),
        "ends_at": challenge_ends_at(round),
    }
    return render(request, "panels/objection_new.html", context, status=400 if form.errors else 200)


@requires(Permission.APPOINT_KEEPER)
def objection_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Answer one, as somebody of the panel or of the fund; to anybody else the page does not exist."""
    objection = objections.objections_to_answer(request.user, core_now()).filter(pk=pk).first()
    if objection is None:
        raise Http404("There is no objection for you to answer.")
    alike = objections.alike_objections(request.user, objection, core_now())
    form = ObjectionAnswerForm(request.POST or None, alike=alike)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        ticked = [one for one in alike if str(one.pk) in data.get("alike", ())]
        is_right = data["finds"] == "right"
        try:
            answer_alike(by=request.user, objections=[objection, *ticked], is_right=is_right, reason=data["reason"])
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Noted. It is published once the panel and the fund agree.")
            return redirect("panels:objection-list", pk=objection.round_id)
    context = {"objection": objection, "form": form, "answers": objections.answers_to(objection)}
    return render(request, "panels/objection_answer.html", context, status=400 if form.errors else 200)


@requires(Permission.APPOINT_KEEPER)
def objection_withhold(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask that what an objection says is not published, or say what one makes of it that the other side asks so."""
    objection = get_object_or_404(objections.objections_looked_after_by(request.user, core_now()), pk=pk)
    asked = objections.withholding_of(objection)
    form = WithholdForm(request.POST or None)
    if request.method == "POST" and (form.is_valid() or asked or "no" in request.POST.getlist("agrees")):
        try:
            messages.success(request, _withhold(request, objection, asked, data=form.cleaned_data))
            return redirect("panels:objection-list", pk=objection.round_id)
        except DomainError as error:
            form.add_error(None, str(error))
    may_answer = asked in objections.withholdings_to_answer(request.user, core_now())
    context = {"objection": objection, "asked": asked, "form": form, "may_answer": may_answer}
    is_wrong = request.method == "POST"
    return render(request, "panels/objection_withhold.html", context, status=400 if is_wrong else 200)


def _withhold(
    request: SignedInRequest, objection: Objection, asked: Withholding | None, *, data: dict[str, str]
) -> str:
    agrees = request.POST.get("agrees")
    if agrees == "no":
        if asked is not None:  # else it is pressed a second time
            refuse_to_withhold(by=request.user, withholding=asked)
        return "Noted. The text stays published with its answer."
    if asked is not None and agrees == "yes":
        agree_to_withhold(by=request.user, withholding=asked)
        return "The text is no longer published. The reason is."
    if asked is None:
        asked = ask_to_withhold(by=request.user, objection=objection, why=data["why"], reason=data["reason"])
    if asked.asked_by_id != request.user.pk:
        raise PanelError("Somebody has asked for this meanwhile.", mend="Read the request, then agree or do not.")
    return "Noted. The text is withheld once the other side agrees."
