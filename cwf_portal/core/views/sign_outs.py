"""Where one is signed in, and signing out where one is not."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, signed_in
from cwf_portal.core.languages import translated
from cwf_portal.core.sign_ins import end_sign_in, keep_sign_in, sign_ins_of
from cwf_portal.core.sign_outs import sign_out_elsewhere


@translated
@signed_in
@require_safe
def sign_in_list(request: SignedInRequest) -> HttpResponse:
    """Each device on which one is signed in."""
    context = {"sign_ins": sign_ins_of(request.user), "here": request.session.session_key}
    return render(request, "core/sign_in_list.html", context)


@translated
@signed_in
@require_POST
def sign_in_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """One device; what has ended already, or is somebody else's, changes nothing."""
    end_sign_in(by=request.user, pk=pk)
    messages.success(request, _("You are signed out there."))
    return redirect("core:sign-in-list")


@translated
@signed_in
@require_POST
def sign_out_others(request: SignedInRequest) -> HttpResponse:
    """Every other device; this one stays signed in."""
    update_session_auth_hash(request, sign_out_elsewhere(by=request.user))
    keep_sign_in(request, request.user)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("core:home")
