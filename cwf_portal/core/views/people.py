"""Administration of roles: one administrator asks, another confirms."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.errors import DomainError
from cwf_portal.core.forms.roles import ResetRequestForm, RoleRequestForm
from cwf_portal.core.permissions import Permission, Role
from cwf_portal.core.resetting import confirm_reset, refuse_reset, request_reset
from cwf_portal.core.selectors import people, resets, resets_waiting, roles_held, roles_to_confirm
from cwf_portal.core.services import confirm_role, request_role, revoke_role


@requires(Permission.VIEW_PEOPLE)
@require_safe
def people_list(request: SignedInRequest) -> HttpResponse:
    """Who holds which role, and which requests wait for a second administrator."""
    search = request.GET.get("q", "").replace("\x00", "").strip()
    page = Paginator(people(search=search), 25).get_page(request.GET.get("page"))
    context = {"page": page, "q": search, "to_confirm": roles_to_confirm(), "resets": resets_waiting()}
    return render(request, "core/people_list.html", context)


@requires(Permission.GRANT_ROLES)
def role_request(request: SignedInRequest) -> HttpResponse:
    """Ask for a role for somebody, by e-mail address."""
    form = RoleRequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        grant = request_role(by=request.user, user=form.cleaned_data["user"], role=Role(form.cleaned_data["role"]))
        messages.success(request, f"Asked for: {grant}. A second administrator confirms it.")
        return redirect("core:people-list")
    return render(request, "core/role_request.html", {"form": form}, status=400 if form.errors else 200)


@requires(Permission.GRANT_ROLES, fresh=True)
@require_POST
def role_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    grant = confirm_role(by=request.user, grant=get_object_or_404(roles_to_confirm(), pk=pk))
    messages.success(request, f"Confirmed: {grant}.")
    return redirect("core:people-list")


@requires(Permission.GRANT_ROLES)
@require_POST
def role_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    grant = revoke_role(by=request.user, grant=get_object_or_404(roles_held(), pk=pk))
    messages.success(request, f"Taken back: {grant}.")
    return redirect("core:people-list")


@requires(Permission.GRANT_ROLES)
def reset_request(request: SignedInRequest) -> HttpResponse:
    """Ask that somebody's second step be taken away."""
    form = ResetRequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user, reason = form.cleaned_data["user"], form.cleaned_data["reason"]
        try:
            request_reset(by=request.user, user=user, reason=reason)
        except DomainError as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, f"Asked for {user}. A second administrator confirms it; {user} has been told.")
            return redirect("core:people-list")
    return render(request, "core/reset_request.html", {"form": form}, status=400 if form.errors else 200)


@requires(Permission.GRANT_ROLES, fresh=True)
@require_POST
def reset_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    reset = confirm_reset(by=request.user, reset=get_object_or_404(resets(), pk=pk))
    messages.success(request, f"The second step of {reset.user} was taken away.")
    return redirect("core:people-list")


@requires(Permission.GRANT_ROLES)
@require_POST
def reset_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    reset = refuse_reset(by=request.user, reset=get_object_or_404(resets(), pk=pk))
    messages.success(request, f"The second step of {reset.user} stays.")
    return redirect("core:people-list")
