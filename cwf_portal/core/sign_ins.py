"""On which devices somebody is signed in: noted when they sign in, shown to them alone, ended by them one by one."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from cwf_portal.core.audit import acting
from cwf_portal.core.models import SignIn, User

# What a browser calls itself holds the names of others too: the first that is found is it.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "Chromebook"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def device_of(agent: str) -> tuple[str, str]:
    """Browser and system in words, from what a browser says of itself; each "" where it says nothing we know."""
    named = (next((name for sign, name in known if sign in agent), "") for known in (BROWSERS, SYSTEMS))
    browser, system = named
    return browser, system


@receiver(user_logged_in, dispatch_uid="core.note_sign_in")
def note_sign_in(sender: Any, request: HttpRequest | None, user: User, **_: Any) -> None:
    """Beside the session that has just begun."""
    if request is not None:
        keep_sign_in(request, user)


def keep_sign_in(request: HttpRequest, user: User) -> None:
    """Note the session of this request; one that was given a new key is noted anew."""
    if request.session.session_key is None:
        request.session.save()
    browser, system = device_of(request.headers.get("User-Agent", ""))
    SignIn.objects.update_or_create(
        session_id=request.session.session_key, defaults={"user": user, "browser": browser, "system": system}
    )


def sign_ins_of(user: User) -> QuerySet[SignIn]:
    """Sessions that have not lapsed, the latest first."""
    return SignIn.objects.filter(user=user, session__expire_date__gt=timezone.now()).order_by("-signed_in_at", "pk")


def end_sign_in(*, by: User, pk: int) -> bool:
    """Sign `by` out of one device; False where that had ended already, or is somebody else's."""
    with acting(by, "signed out on one device"):
        ended, _ = Session.objects.filter(pk__in=SignIn.objects.filter(user=by, pk=pk).values("session")).delete()
        return bool(ended)
