"""Following a place by email."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cwf_portal.core.access import SignedInRequest, signed_in
from cwf_portal.core.languages import translated
from neighbourhoods import selectors
from neighbourhoods.forms import FollowForm
from neighbourhoods.services import follow_place, unfollow_place


@translated
@signed_in
def place_follow(request: SignedInRequest, code: str) -> HttpResponse:
    """Say how often to be written to about a place, or that no longer."""
    place = selectors.neighbourhood_by_code(code)
    if place is None:
        raise Http404("There is no place of this code")
    follow = selectors.follow_of(request.user, place)
    if request.method == "POST" and "stop" in request.POST:
        unfollow_place(by=request.user, place=place)
        messages.success(request, _("We no longer write to you about this place."))
        return redirect("neighbourhoods:place-detail", code=place.code)
    form = FollowForm(request.POST or None, initial=FollowForm.chosen(follow))
    if request.method == "POST" and form.is_valid():
        follow_place(by=request.user, place=place, is_weekly=form.cleaned_data["often"] == FollowForm.WEEKLY)
        messages.success(request, _("We write to you about this place."))
        return redirect("neighbourhoods:place-detail", code=place.code)
    context = {"place": place, "form": form, "follow": follow}
    return render(request, "neighbourhoods/place_follow.html", context, status=400 if form.errors else 200)
