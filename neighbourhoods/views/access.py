"""Administrators open the home page of a constituency to a Member or their staff: one asks, another confirms."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.permissions import Permission
from neighbourhoods import selectors
from neighbourhoods.forms import AccessForm, page_of
from neighbourhoods.services import confirm_access, end_access, request_access


@requires(Permission.VIEW_PEOPLE)
@require_safe
def access_list(request: SignedInRequest) -> HttpResponse:
    """Who sees which constituency, and what waits for a second administrator."""
    page = page_of(selectors.accesses(), request.GET.get("page"))
    return render(request, "neighbourhoods/access_list.html", {"page": page})


@requires(Permission.GRANT_ROLES)
def access_request(request: SignedInRequest) -> HttpResponse:
    """Ask for one, by e-mail address and constituency."""
    form = AccessForm(request.POST or None, constituencies=selectors.constituencies())
    if request.method == "POST" and form.is_valid():
        access = request_access(by=request.user, user=form.cleaned_data["user"], area=form.chosen_area())
        messages.success(request, f"Asked for: {access.area.name}. A second administrator confirms it.")
        return redirect("neighbourhoods:access-list")
    return render(request, "neighbourhoods/access_request.html", {"form": form}, status=400 if form.errors else 200)


@requires(Permission.GRANT_ROLES, fresh=True)
@require_POST
def access_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    access = confirm_access(by=request.user, access=get_object_or_404(selectors.accesses(), pk=pk))
    messages.success(request, f"Confirmed: {access.area.name}.")
    return redirect("neighbourhoods:access-list")


@requires(Permission.GRANT_ROLES)
@require_POST
def access_end(request: SignedInRequest, pk: int) -> HttpResponse:
    access = end_access(by=request.user, access=get_object_or_404(selectors.accesses(), pk=pk))
    messages.success(request, f"Ended with today: {access.area.name}.")
    return redirect("neighbourhoods:access-list")
