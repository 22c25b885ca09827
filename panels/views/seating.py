"""An officer sets up the panel of a place and seats its members."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission
from panels import presenters, selectors
from panels.forms import PanelForm, SeatForm
from panels.services import add_member, create_panel, end_membership


@requires(Permission.MANAGE_PANEL)
def panel_new(request: SignedInRequest) -> HttpResponse:
    """Set up the panel of a place that has none."""
    places = {place.code: place for place in selectors.places_without_panel()}
    options = [(code, place.label) for code, place in places.items()]
    form = PanelForm(request.POST or None, places=options, initial={"neighbourhood": request.GET.get("place", "")})
    if request.method == "POST" and form.is_valid():
        panel = create_panel(by=request.user, neighbourhood=places[form.cleaned_data["neighbourhood"]])
        messages.success(request, f"{panel.name} is set up. Now seat its members.")
        return redirect("panels:panel-members", pk=panel.pk)
    return render(request, "panels/panel_new.html", {"form": form}, status=400 if form.errors else 200)


@requires(Permission.MANAGE_PANEL)
def panel_members(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who sits on the panel, and a form for one more."""
    panel = get_object_or_404(selectors.panels(), pk=pk)
    form = SeatForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            member = add_member(by=request.user, panel=panel, user=form.cleaned_data["user"], seat=form.seat())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{member.user} sits on {panel.name}.")
            return redirect("panels:panel-members", pk=pk)
    at = core_now()
    context = {
        "panel": panel,
        "form": form,
        "members": presenters.member_rows(selectors.members_of(panel, at)),
        "standing": selectors.standing_of(panel, at),
    }
    return render(request, "panels/panel_members.html", context, status=400 if form.errors else 200)


@requires(Permission.MANAGE_PANEL)
def member_end(request: SignedInRequest, pk: int, member: int) -> HttpResponse:
    """End a member's term today: asked once more, with what it means for the panel."""
    panel, at = get_object_or_404(selectors.panels(), pk=pk), core_now()
    membership = get_object_or_404(selectors.members_of(panel, at), pk=member)
    if request.method != "POST":
        context = {"panel": panel, "member": membership, "standing": selectors.standing_without(membership, at)}
        return render(request, "panels/member_end.html", context)
    end_membership(by=request.user, membership=membership)
    messages.success(request, f"The term of {membership.user} ends today.")
    return redirect("panels:panel-members", pk=pk)
