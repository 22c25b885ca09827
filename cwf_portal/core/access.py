"""View decorators. Every view declares who may open it; a test refuses one that does not."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from cwf_portal.core.fresh import is_fresh
from cwf_portal.core.inside_allauth import forget_suspended, suspend_request
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require


class SignedInRequest(HttpRequest):
    """The request that a view behind `signed_in` or `requires` is given."""

    user: User  # never anonymous behind the decorators


View = Callable[..., HttpResponseBase]


def _declare(view: View, access: str) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """Anyone may open the page, signed in or not."""
    return _declare(view, "public")


def same_for_everybody(view: View) -> View:
    """What it answers as `public` is kept by browsers and proxies, whoever asked; put it above `public`."""
    view.is_same_for_everybody = True  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Anyone who has signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        return view(request, *args, **kwargs)

    return _declare(guarded, "signed_in")


def freshly_signed_in(view: View) -> View:
    """Anyone who has signed in, and showed in the last five minutes that it is them: for the keys to one's account."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if not is_fresh(request):
            return _show_again(request)
        return view(request, *args, **kwargs)

    guarded.is_fresh = True  # type: ignore[attr-defined]
    return _declare(guarded, "signed_in")


def requires(permission: Permission, *, fresh: bool = False) -> Callable[[View], View]:
    """Whoever holds `permission` now; a person who has not signed in is asked to, anyone else gets a 403 page.

    Args:
        permission: What the person must be allowed.
        fresh: True where money, bank details or somebody's powers are at stake: who signed in more than five minutes
            ago shows again that it is them first; what they had sent is kept, and done afterwards.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            require(request.user, permission)
            if fresh and not is_fresh(request):
                return _show_again(request)
            return view(request, *args, **kwargs)

        guarded.is_fresh = fresh  # type: ignore[attr-defined]
        return _declare(guarded, permission.value)

    return decorate


def _show_again(request: HttpRequest) -> HttpResponse:
    """Ask first; what was sent waits, and is done afterwards. What was sent before, and left, is not."""
    if request.method != "POST":
        forget_suspended(request)
    asked: HttpResponse = suspend_request(request, reverse("core:confirm-identity"))
    return asked


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """After signing in a person returns to the page asked for; never to the target of a POST."""
    return redirect_to_login(request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("core:home"))
