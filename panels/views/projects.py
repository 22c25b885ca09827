"""Funded projects: the page that residents follow, milestones, and following."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, public, requires, signed_in
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.languages import translated
from cwf_portal.core.permissions import Permission
from panels import project_presenters, selectors
from panels.project_forms import MilestoneForm
from panels.selectors import photos, projects
from panels.services.projects import finish_milestone, follow_project, plan_milestone, unfollow_project


@translated
@public
@require_safe
def project_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A funded project: who is responsible, how far it is, what was spent, and everything the panel told."""
    project = get_object_or_404(projects.projects_with_news(), pk=pk)
    user, at = request.user, core_now()
    context = {
        "project": project,
        "colour": project_presenters.COLOURS.get(project.delivery.state, "grey"),
        "facts": project_presenters.project_facts(project),
        "bars": project_presenters.money_bars(project),
        "milestones": project_presenters.milestone_rows(projects.milestones_of(project), localdate(at)),
        "news": project_presenters.news_rows(projects.news_of(project), photos.photos_of_news(project)),
        "photos": photos.photos_of(project.proposal),
        "follows": user.is_authenticated and projects.follows(user, project),
        "is_member": user.is_authenticated and selectors.projects_run_by(user, at).filter(pk=pk).exists(),
    }
    return render(request, "panels/project_detail.html", context)


@translated
@signed_in
@require_POST
def project_follow(request: SignedInRequest, pk: int) -> HttpResponse:
    """Be told when the state changes, or no longer."""
    project = get_object_or_404(projects.funded_projects(), pk=pk)
    if "stop" in request.POST:
        unfollow_project(by=request.user, project=project)
        messages.success(request, _("We no longer write to you about this project."))
    else:
        follow_project(by=request.user, project=project)
        messages.success(request, _("We write to you when this project starts, changes, stops or is done."))
    return redirect("panels:project-detail", pk=pk)


@requires(Permission.REPORT_PROJECT)
def project_milestones(request: SignedInRequest, pk: int) -> HttpResponse:
    """The milestones of a project, for the panel to plan and to tick off."""
    project = get_object_or_404(selectors.projects_run_by(request.user, core_now()), pk=pk)
    form = MilestoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            plan_milestone(by=request.user, project=project, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Residents now see it on the page of the project.")
            return redirect("panels:project-milestones", pk=pk)
    rows = project_presenters.milestone_rows(projects.milestones_of(project), localdate(core_now()))
    context = {"project": project, "form": form, "rows": rows}
    return render(request, "panels/project_milestones.html", context, status=400 if form.errors else 200)


@requires(Permission.REPORT_PROJECT)
@require_POST
def milestone_done(request: SignedInRequest, pk: int, milestone: int) -> HttpResponse:
    """A milestone is reached today."""
    project = get_object_or_404(selectors.projects_run_by(request.user, core_now()), pk=pk)
    reached = get_object_or_404(projects.milestones_of(project).select_related("project__round__panel"), pk=milestone)
    finish_milestone(by=request.user, milestone=reached)
    messages.success(request, f"“{reached.title}” is done.")
    return redirect("panels:project-milestones", pk=pk)
