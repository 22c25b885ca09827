"""Showing again that it is you: before money is approved or released, a sign-in or a code of the last five minutes.

Times here are real time, like sessions and sign-in codes. The code's keyed digest lies in the session, never the code.
"""

import hmac
import secrets
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext, gettext_noop

from cwf_portal.core.errors import DomainError
from cwf_portal.core.inside_allauth import get_authentication_records, record_authentication
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User

FRESH_SECONDS = 5 * 60
CODE_SECONDS = 15 * 60
CODE_DIGITS = 8
TRIES = 3
SESSION_KEY = "confirm_code"
SALT = "cwf_portal.core.fresh"
WHY = gettext_noop(
    "Somebody signed in as you wants to approve or release money, give powers, or change your account. "
    "If it is you, enter this code:"
)
BEWARE = gettext_noop(
    "It works for 15 minutes. If it is not you, tell the fund at once, and do not give the code to anybody."
)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person behind this session signed in, or confirmed that it is them, in the last five minutes."""
    records = get_authentication_records(request, _user(request))
    return any(time.time() - record["at"] < FRESH_SECONDS for record in records)


def send_code(request: HttpRequest) -> None:
    """Send a new code to the person's address, in the language of the page; an earlier one no longer works."""
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    request.session[SESSION_KEY] = {"digest": _digest(code), "sent_at": time.time(), "tries": 0}
    written = f"{code[:4]}-{code[4:]}"
    send_message(
        to=_user(request).email,
        subject=gettext("Your code to confirm that it is you"),
        body=f"{gettext(WHY)}\n\n{written}\n\n{gettext(BEWARE)}",
        topic="core.confirm",
    )


def has_code(request: HttpRequest) -> bool:
    """Whether a code was sent that can still be entered."""
    return _standing(request) is not None


def confirm(request: HttpRequest, code: str) -> None:
    """Take the code that the person typed; after this the session is fresh.

    Raises:
        DomainError: The code is wrong, too old, or was tried too often.
    """
    sent = _standing(request)
    if sent is None:
        raise DomainError("This code no longer works.", mend="Ask for a new one.")
    digits = "".join(letter for letter in code if letter.isascii() and letter.isdigit())
    request.session[SESSION_KEY] = sent | {"tries": sent["tries"] + 1}
    if not hmac.compare_digest(_digest(digits), sent["digest"]):
        raise DomainError("This code is not right.", mend="Look at the newest email from us and type the code again.")
    del request.session[SESSION_KEY]
    record_authentication(request, _user(request), method="code", reauthenticated=True)


def note_sign_in(request: HttpRequest, user: User, method: str) -> None:
    """Remember that the session began with a sign-in that allauth does not know of."""
    record_authentication(request, user, method=method)


def _standing(request: HttpRequest) -> dict[str, Any] | None:
    sent: dict[str, Any] | None = request.session.get(SESSION_KEY)
    if sent is None or sent["tries"] >= TRIES or time.time() - sent["sent_at"] > CODE_SECONDS:
        return None
    return sent


def _digest(code: str) -> str:
    return salted_hmac(SALT, code, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("only somebody who has signed in can show again that it is them")
    return request.user
