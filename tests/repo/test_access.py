"""Every address declares who may open it."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver, path
from django.urls.resolvers import URLResolver

from cwf_portal.core.permissions import Permission

# Views that others wrote, reviewed one by one: none shows or changes anything of another person.
REVIEWED = {
    "account_login": "public",
    "account_logout": "public",
    "account_signup": "public",
    "account_inactive": "public",
    "account_request_login_code": "public",
    "account_confirm_login_code": "public",
    "account_email_verification_sent": "public",
    "account_reauthenticate": "signed_in",
    "account_email": "signed_in",
}
# Where a second person's yes asks for no code: neither money nor anybody's powers hang on it.
NOT_FRESH = {
    "batch_release": "papers are only entered anew, and by two",
    "card_release": "a card is worth nothing without two who know the person who holds it",
    "key_confirm": "line 2 of the sheet, typed back, says more than a code",
    "living_confirm": "finds somebody by the code they read out, and confirms nothing",
}
POWERFUL = ("_confirm", "_release", "_agree")
DECLARED = {"public", "signed_in", *Permission.values}


def addresses(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route with its pattern, included ones too."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield route, pattern


def access(pattern: URLPattern) -> Any:
    """What the view, or the class behind it, declares."""
    view = pattern.callback
    behind = getattr(view, "view_class", None) or getattr(view, "cls", None)
    return getattr(view, "access", None) or getattr(behind, "access", None) or REVIEWED.get(pattern.name or "")


def undeclared(patterns: list[URLPattern | URLResolver]) -> list[str]:
    return [
        f"/{route} ({pattern.lookup_str}) declares no access: {access(pattern)!r}"
        for route, pattern in addresses(patterns)
        if access(pattern) not in DECLARED
    ]


def test_every_view_declares_who_may_open_it():
    missing = undeclared(get_resolver().url_patterns)
    assert not missing, "\n".join(missing)


def test_every_reviewed_view_exists():
    names = {pattern.name for _, pattern in addresses(get_resolver().url_patterns)}
    assert set(REVIEWED) - names == set()


def test_view_without_declaration_is_found():
    assert len(undeclared([path("open/", lambda request: None)])) == 1


def test_every_yes_of_a_second_person_asks_for_a_fresh_sign_in():
    views = {pattern.callback.__name__: pattern.callback for _, pattern in addresses(get_resolver().url_patterns)}
    stale = {name for name, view in views.items() if name.endswith(POWERFUL) and not getattr(view, "is_fresh", False)}
    assert {"role_confirm", "access_confirm", "run_release"} <= views.keys()
    assert stale == NOT_FRESH.keys()
