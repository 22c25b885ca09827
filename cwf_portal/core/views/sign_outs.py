"""Signing out where one is not."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cwf_portal.core.access import SignedInRequest, signed_in
from cwf_portal.core.languages import translated
from cwf_portal.core.sign_outs import sign_out_elsewhere


@translated
@signed_in
@require_POST
def sign_out_others(request: SignedInRequest) -> HttpResponse:
    """Every other device; this one stays signed in."""
    update_session_auth_hash(request, sign_out_elsewhere(by=request.user))
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("core:home")
