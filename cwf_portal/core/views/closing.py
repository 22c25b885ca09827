"""Closing one's account: what goes and what stays is said first, and it is asked once."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, freshly_signed_in, public
from cwf_portal.core.closing import close_account, hindrances
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.languages import translated


@translated
@freshly_signed_in
def account_close(request: SignedInRequest) -> HttpResponse:
    """Read it, and close one's own account for good; or what must be done before."""
    why = hindrances(request.user)
    if request.method == "POST" and not why:
        try:
            close_account(by=request.user)
        except ConflictError:  # something came up since
            why = hindrances(request.user)
        else:
            logout(request)
            return redirect("core:account-closed")
    return render(
        request, "core/account_close.html", {"hindrances": why}, status=409 if request.method == "POST" else 200
    )


@translated
@public
@require_safe
def account_closed(request: HttpRequest) -> HttpResponse:
    """Where whoever closed their account arrives, signed out."""
    return render(request, "core/account_closed.html")
