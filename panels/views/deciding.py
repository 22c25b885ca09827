"""A panel decides: a decision is moved, members vote, it is closed; afterwards residents follow the projects."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, public, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission
from panels import presenters, round_presenters, selectors
from panels.domain.deciding import Vote
from panels.forms import DecisionForm, DecisionVoteForm, DeliveryForm
from panels.models import Resolution, Round
from panels.selectors.paper import has_project_at_home
from panels.services import close_resolution, move_resolution, report_on_project, vote_on_resolution


@requires(Permission.DECIDE)
def decision_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put the decision on a published result before the panel."""
    round = get_object_or_404(selectors.rounds_run_by(request.user, core_now()), pk=pk)
    organisations = {str(body.pk): body for body in selectors.organisations()}
    form = DecisionForm(request.POST or None, organisations=list(organisations.values()))
    if request.method == "POST" and form.is_valid():
        try:
            resolution = move_resolution(
                by=request.user,
                panel=round.panel,
                kind=Resolution.Kind.ENDORSE_RESULT,
                round=round,
                accountable_body=organisations[form.cleaned_data["accountable_body"]],
                term_years=form.cleaned_data["term_years"],
            )
            return redirect("panels:decision-detail", pk=resolution.pk)
        except DomainError as error:
            form.add_error(None, str(error))
    until = round_presenters.objections_until(round, core_now())
    context = {"round": round, "form": form, "objections_until": until, "pays_for": _pays_for(round)}
    return render(request, "panels/decision_new.html", context, status=400 if form.errors else 200)


@public
@require_safe
def decision_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A decision, its votes by name, and for members who have not voted, the form."""
    return _decision_page(request, pk, DecisionVoteForm())


@requires(Permission.DECIDE)
@require_POST
def decision_vote(request: SignedInRequest, pk: int) -> HttpResponse:
    form = DecisionVoteForm(request.POST)
    if not form.is_valid():
        return _decision_page(request, pk, form, status=400)
    resolution = get_object_or_404(selectors.resolutions(), pk=pk)
    vote, conflict = Vote(form.cleaned_data["vote"]), form.cleaned_data["conflict"]
    vote_on_resolution(by=request.user, resolution=resolution, vote=vote, conflict=conflict)
    messages.success(request, "Your vote is noted.")
    return redirect("panels:decision-detail", pk=pk)


@requires(Permission.DECIDE)
@require_POST
def decision_close(request: SignedInRequest, pk: int) -> HttpResponse:
    resolution = close_resolution(by=request.user, resolution=get_object_or_404(selectors.resolutions(), pk=pk))
    messages.success(request, f"{resolution.get_status_display()}: {resolution.outcome}")
    return redirect("panels:decision-detail", pk=pk)


@requires(Permission.REPORT_PROJECT)
def delivery_report(request: SignedInRequest, pk: int) -> HttpResponse:
    """Tell residents where a funded project stands."""
    project = get_object_or_404(selectors.projects_run_by(request.user, core_now()), pk=pk)
    form = DeliveryForm(request.POST or None, initial=presenters.delivery_of(project))
    if request.method == "POST" and form.is_valid():
        try:
            report_on_project(by=request.user, project=project, report=form.report())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Residents now see your news about “{project.title}”.")
            return redirect("panels:project-detail", pk=pk)
    context = {"project": project, "form": form}
    return render(request, "panels/delivery_report.html", context, status=400 if form.errors else 200)


def _pays_for(round: Round) -> dict[str, Any]:
    """The sum of a published result, and its funded projects with what each gets; empty before it is published."""
    result = getattr(round, "result", None)
    if result is None or result.published_at is None:
        return {}
    lines = selectors.result_lines(round, is_decisive=True)
    rows = presenters.result_rows(lines, result)
    return {"spent_pence": result.spent_pence, "rows": [row for row in rows if row.is_funded]}


def _decision_page(request: HttpRequest, pk: int, form: DecisionVoteForm, *, status: int = 200) -> HttpResponse:
    resolution = get_object_or_404(selectors.resolutions(), pk=pk)
    at = core_now()
    members = list(selectors.members_of(resolution.panel, at))
    votes = list(selectors.votes_on(resolution))
    me = next((member for member in members if member.user_id == request.user.pk), None)
    has_voted = me is not None and any(vote.member_id == me.pk for vote in votes)
    is_open = resolution.status == Resolution.Status.OPEN
    objections_until = round_presenters.objections_until(resolution.round, at)
    context = {
        "resolution": resolution,
        "pays_for": _pays_for(resolution.round),
        "votes": votes,
        "rules": presenters.decision_rules(resolution.panel, len(members)),
        "form": form,
        "can_vote": me is not None and is_open and not has_voted,
        "is_out": me is not None and has_project_at_home(me.user, resolution.round),
        "can_close": me is not None and is_open and not objections_until,
        "objections_until": objections_until if is_open else "",
        "standing": selectors.standing_of(resolution.panel, at),
    }
    return render(request, "panels/decision_detail.html", context, status=status)
