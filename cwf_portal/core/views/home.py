from django.http import HttpResponse
from django.shortcuts import render

from cwf_portal.core.access import SignedInRequest, signed_in
from cwf_portal.core.languages import translated
from cwf_portal.core.waiting import waiting_for


@translated
@signed_in
def home(request: SignedInRequest) -> HttpResponse:
    """What is waiting for this person, in plain words, whatever their roles."""
    return render(request, "core/home.html", {"groups": waiting_for(request.user)})
