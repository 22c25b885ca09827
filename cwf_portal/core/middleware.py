"""What holds for every response."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from psycopg import errors

from cwf_portal.core import second_step
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import User

# On the way to a second step, or of no person at all.
BEFORE_SECOND_STEP = frozenset({"account_logout", "core:confirm-identity", "core:health"})
BUSY = (errors.LockNotAvailable, errors.QueryCanceled, errors.DeadlockDetected)


class PermissionsPolicyMiddleware:
    """No page of ours may ask for what nothing here uses, not even one into which somebody slipped a script."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        return response


class NothingThereMiddleware:
    """Nothing has a NUL in its name: the database cannot even be asked, so such an address leads nowhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> None:
        if "\x00" in request.path_info:
            raise Http404


class PrivatePagesMiddleware:
    """A page shown to somebody who signed in is not kept by browsers or proxies; the demo is not indexed.

    What a view marked `same_for_everybody` calls public is left as it is: for a photo nobody's session is read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        whoever_asks = request.user  # not read yet; the interface for programs puts nobody in their place
        response = self.get_response(request)
        match = getattr(request, "resolver_match", None)
        says_so = response.headers.get("Cache-Control", "").startswith("public")
        is_for_everybody = says_so and getattr(match and match.func, "is_same_for_everybody", False)
        if not is_for_everybody and (whoever_asks.is_authenticated or request.method == "POST"):
            response["Cache-Control"] = "no-store, private"
        if settings.DEMO:
            response["X-Robots-Tag"] = "noindex, nofollow"
        return response


class SecondStepMiddleware:
    """Whoever needs a second step opens only the pages to set it up, or to show it, until this session has it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        user = None if _is_open_without(request, view) else request.user
        if not isinstance(user, User) or not second_step.is_asked_of(user) or second_step.has_shown(request, user):
            return None
        page = "core:confirm-identity" if second_step.has_second_step(user) else "mfa_index"
        wanted = request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("core:home")
        return redirect(f"{reverse(page)}?{urlencode({REDIRECT_FIELD_NAME: wanted})}")


def _is_open_without(request: HttpRequest, view: Any) -> bool:
    """Pages on which nobody's session is read, and those on the way to a second step."""
    match = request.resolver_match
    name = match.view_name if match else ""
    return getattr(view, "is_same_for_everybody", False) or name.startswith("mfa_") or name in BEFORE_SECOND_STEP


class DomainErrorMiddleware:
    """A refusal that no form could show becomes a page with the same sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotAllowedError):
            return render(request, "403.html", {"error": error}, status=403)
        if isinstance(error, DomainError):
            return render(request, "409.html", {"error": error}, status=409)
        if _is_busy(error):
            busy = render(request, "503.html", {"is_busy": True}, status=503)
            busy["Retry-After"] = "5"
            return busy
        return None


def _is_busy(error: Exception) -> bool:
    """Whether the database gave up waiting for what somebody else holds, or broke the circle of two who wait."""
    return isinstance(error, DatabaseError) and isinstance(error.__cause__, BUSY)
