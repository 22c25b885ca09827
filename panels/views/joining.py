"""The panel joins ideas that belong together, says which exclude each other, and takes either back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission
from panels import selectors
from panels.idea_forms import ExcludeForm, JoinForm, ReasonForm
from panels.selectors.ideas import excluded_by
from panels.services import join_ideas, part_idea
from panels.services.ideas_excluding import exclude_each_other, stand_alone


@requires(Permission.SHAPE_PROPOSAL)
def proposal_join(request: SignedInRequest, pk: int) -> HttpResponse:
    """Join other ideas of the vote with this one."""
    proposal = get_object_or_404(selectors.proposals(), pk=pk)
    others = {str(other.pk): other for other in selectors.others_to_join(proposal)}
    form = JoinForm(request.POST or None, others=[(other.pk, other.title) for other in others.values()])
    if request.method == "POST" and form.is_valid():
        chosen = [others[number] for number in form.cleaned_data["ideas"]]
        try:
            join_ideas(by=request.user, ideas=chosen, into=proposal, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Joined with “{proposal.title}”. Everybody who put one of them forward is told.")
            return redirect("panels:proposal-detail", pk=pk)
    context = {"proposal": proposal, "form": form, "has_others": bool(others)}
    return render(request, "panels/proposal_join.html", context, status=400 if form.errors else 200)


@requires(Permission.SHAPE_PROPOSAL)
def proposal_part(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an idea out of the one it was joined with."""
    proposal = get_object_or_404(selectors.proposals(), pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            part_idea(by=request.user, proposal=proposal, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"“{proposal.title}” stands by itself again and waits to be worked out.")
            return redirect("panels:proposal-detail", pk=pk)
    context = {"proposal": proposal, "form": form}
    return render(request, "panels/proposal_part.html", context, status=400 if form.errors else 200)


@requires(Permission.SHAPE_PROPOSAL)
def proposal_exclude(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say of which other ideas and this one only one can be paid for."""
    proposal = get_object_or_404(selectors.proposals(), pk=pk)
    others = {str(other.pk): other for other in selectors.others_to_join(proposal)}
    form = ExcludeForm(request.POST or None, others=[(other.pk, other.title) for other in others.values()])
    if request.method == "POST" and form.is_valid():
        chosen = [others[number] for number in form.cleaned_data["ideas"]]
        try:
            exclude_each_other(by=request.user, proposal=proposal, others=chosen, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, "Only one of them can be paid for. Everybody who put one of them forward is told."
            )
            return redirect("panels:proposal-detail", pk=pk)
    context = {"proposal": proposal, "form": form, "has_others": bool(others)}
    return render(request, "panels/proposal_exclude.html", context, status=400 if form.errors else 200)


@requires(Permission.SHAPE_PROPOSAL)
def proposal_beside(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that an idea can be paid for beside the others again."""
    proposal = get_object_or_404(selectors.proposals(), pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            stand_alone(by=request.user, proposal=proposal, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"“{proposal.title}” can be paid for beside the others again.")
            return redirect("panels:proposal-detail", pk=pk)
    context = {"proposal": proposal, "form": form, "others": excluded_by([proposal]).get(pk, [])}
    return render(request, "panels/proposal_beside.html", context, status=400 if form.errors else 200)
