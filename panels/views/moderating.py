"""Comments on ideas, and what should not be shown: reporting it, deciding, asking again."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.languages import in_words, translated
from cwf_portal.core.permissions import Permission
from panels import selectors
from panels.idea_forms import AppealForm, CaseForm, CommentForm, ComplaintForm
from panels.models import ModerationCase
from panels.selectors import moderation
from panels.selectors.photos import shown_photos
from panels.services.ideas_comments import comment_on_idea, switch_comments
from panels.services.ideas_moderation import answer_appeal, appeal_case, decide_case, report_idea, waive_appeal
from panels.views.limits import check_how_often


@requires(Permission.MANAGE_ROUND)
@require_POST
def comments_switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Switch comments on the ideas of a vote on or off."""
    is_on = request.POST.get("comments") == "on"
    switch_comments(by=request.user, round=get_object_or_404(selectors.rounds(), pk=pk), is_on=is_on)
    messages.success(request, "Residents can comment on ideas now." if is_on else "Nobody can add comments now.")
    return redirect("panels:round-shaping", pk=pk)


@translated
@requires(Permission.PROPOSE_IDEA)
def proposal_comment(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say something about an idea."""
    proposal = get_object_or_404(selectors.proposals().shown(), pk=pk)
    form = CommentForm(request.POST or None, initial={"submission": str(uuid.uuid4())})
    if request.method == "POST" and form.is_valid():
        try:
            check_how_often(request, "comment")
            comment_on_idea(by=request.user, proposal=proposal, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, in_words(error))
        else:
            messages.success(request, _("Your comment is published."))
            return redirect("panels:proposal-detail", pk=pk)
    context = {"proposal": proposal, "form": form, "is_on": moderation.comments_are_on(proposal.round)}
    return render(request, "panels/proposal_comment.html", context, status=400 if form.errors else 200)


@translated
@requires(Permission.PROPOSE_IDEA)
def proposal_report(
    request: SignedInRequest, pk: int, *, comment: int | None = None, photo: uuid.UUID | None = None
) -> HttpResponse:
    """Say that an idea, or a comment or photo of it, should not be shown."""
    proposal = get_object_or_404(selectors.proposals().shown(), pk=pk)
    said = get_object_or_404(moderation.comments_on(proposal), pk=comment) if comment else None
    seen = get_object_or_404(shown_photos(proposal), key=photo) if photo else None
    form = ComplaintForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            check_how_often(request, "report")
            case = report_idea(by=request.user, proposal=proposal, about=said or seen, complaint=form.complaint())
        except DomainError as error:
            form.add_error(None, in_words(error))
        else:
            messages.success(request, _("Thank you. Somebody will look at it."))
            may = moderation.cases_waiting_for(request.user, core_now()).filter(pk=case.pk).exists()
            return redirect("panels:case-detail", pk=case.pk) if may else redirect("panels:proposal-detail", pk=pk)
    context = {"proposal": proposal, "comment": said, "photo": seen, "form": form}
    return render(request, "panels/proposal_report.html", context, status=400 if form.errors else 200)


@requires(Permission.SHAPE_PROPOSAL)
@require_safe
def case_list(request: SignedInRequest) -> HttpResponse:
    """What waits to be looked at."""
    context = {"cases": moderation.cases_waiting_for(request.user, core_now())}
    return render(request, "panels/case_list.html", context)


@requires(Permission.SHAPE_PROPOSAL)
def case_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One of them: what was written, what is wrong with it, and the decision."""
    case = get_object_or_404(moderation.cases_for(request.user, core_now()), pk=pk)
    form = CaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, case, form)
        except DomainError as error:
            form.add_error(None, in_words(error))
        else:
            messages.success(request, "Decided. Whoever wrote it can read the reason.")
            return redirect("panels:case-list")
    waits = moderation.cases_waiting_for(request.user, core_now()).filter(pk=pk).exists()
    context = {"case": case, "reports": moderation.reports_of(case), "form": form, "waits": waits}
    return render(request, "panels/case_detail.html", context, status=400 if form.errors else 200)


@translated
@requires(Permission.PROPOSE_IDEA)
def case_appeal(request: SignedInRequest, pk: int) -> HttpResponse:
    """For whoever wrote it: why it is hidden, and asking once that another person looks at it."""
    case = get_object_or_404(moderation.cases().filter(author=request.user, outcome="hidden"), pk=pk)
    form = AppealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            appeal_case(by=request.user, case=case, text=form.cleaned_data["text"])
        except DomainError as error:
            form.add_error(None, in_words(error))
        else:
            messages.success(request, _("Thank you. Another person will look at it."))
            return redirect(reverse("panels:case-appeal", args=[pk]))
    return render(request, "panels/case_appeal.html", {"case": case, "form": form}, status=400 if form.errors else 200)


@translated
@requires(Permission.PROPOSE_IDEA)
@require_POST
def case_waive(request: SignedInRequest, pk: int) -> HttpResponse:
    """For whoever wrote it: let it rest, so that nobody waits."""
    case = get_object_or_404(moderation.cases().filter(author=request.user, outcome="hidden"), pk=pk)
    try:
        waive_appeal(by=request.user, case=case)
    except DomainError as error:
        messages.error(request, in_words(error))
    else:
        messages.success(request, _("Thank you. It stays hidden, and nobody waits for you."))
    return redirect("panels:case-appeal", pk=pk)


def _decide(request: SignedInRequest, case: ModerationCase, form: CaseForm) -> None:
    shows, reason = form.cleaned_data["shows"] == "yes", form.cleaned_data["reason"]
    if case.appealed_at:
        answer_appeal(by=request.user, case=case, shows=shows, reason=reason)
    else:
        decide_case(by=request.user, case=case, hides=not shows, reason=reason)
