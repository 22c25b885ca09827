"""What we use of allauth that it does not promise to keep: here only, so that a new version is tried in one place.

`pyproject.toml` bounds its version; raise the bound after the tests of signing in and confirming have passed with it.
"""

import json

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY, resume_request, suspend_request
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from django.http import HttpRequest

__all__ = [
    "begin_authentication",
    "forget_suspended",
    "format_hotp_value",
    "get_authentication_records",
    "hotp_value",
    "perform_passwordless_login",
    "record_authentication",
    "resume_request",
    "suspend_request",
    "suspended_path",
    "sync_user_email_address",
    "yield_hotp_counters_from_time",
]


def suspended_path(request: HttpRequest) -> str | None:
    """Where the POST was going that waits in this session, None where none waits. `resume_request` sends it on only if
    the person goes on to exactly this path: with a query behind it, or from another tab, it is dropped without a word.
    """
    waiting = request.session.get(STATE_SESSION_KEY, {}).get("request")
    return str(json.loads(waiting)["path"]) if waiting else None


def forget_suspended(request: HttpRequest) -> None:
    """Whoever asks for a page anew has left what they had sent before: it is not done when they go on to that page."""
    request.session.pop(STATE_SESSION_KEY, None)
