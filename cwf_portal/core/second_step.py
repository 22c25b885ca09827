"""The second step of a sign-in: something a person has, besides the mailbox to which their code was sent.

Whoever works for the fund, watches it or sits in Parliament must have one: an app that shows codes, or a passkey.
allauth asks for it at each sign-in of a person who has one, and writes into the session that it was shown; so a page
asks the database about it only where the session does not know.
"""

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from cwf_portal.core.inside_allauth import (
    format_hotp_value,
    get_authentication_records,
    hotp_value,
    record_authentication,
    yield_hotp_counters_from_time,
)
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role

# Residents, panels and those who look after the money locally are volunteers: they may have one, nobody makes them.
NOT_ASKED = frozenset({Role.RESIDENT, Role.PANEL_MEMBER, Role.TREASURER, Role.SIGNATORY, Role.COUNCILLOR})
STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
METHOD = "mfa"  # as allauth records it
SPENT = "spent"  # beside an app's secret: the half minute of the last code that was taken


def is_asked_of(user: User) -> bool:
    """Whether one of the person's roles needs a second step."""
    return settings.SECOND_STEP_ASKED and bool(user.roles - NOT_ASKED)


def has_second_step(user: User) -> bool:
    """Whether the person has set one up; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user=user, type__in=STEPS).exists())


def has_app(user: User) -> bool:
    """Whether the person has an app that shows codes."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def has_passkey(user: User) -> bool:
    """Whether the person has a passkey."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists())


def is_last(authenticator: Authenticator) -> bool:
    """Whether the person would have no second step without this one."""
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=STEPS).exclude(pk=authenticator.pk)
    return authenticator.type in STEPS and not others.exists()


def has_shown(request: HttpRequest, user: User) -> bool:
    """Whether a second step was shown in this session."""
    return any(record.get("method") == METHOD for record in get_authentication_records(request, user))


def note_shown(request: HttpRequest, user: User, kind: str) -> None:
    """Remember that the person has just set a step up, and so shown that they have it."""
    record_authentication(request, user, method=METHOD, type=kind, reauthenticated=True)


def spend_code(authenticator: Authenticator, code: str) -> bool:
    """Take a code of an app for good; False where it, or a later one, was taken before.

    allauth forgets after half a minute, in a cache, which codes were used, and takes each for a minute and a half.
    """
    with transaction.atomic():
        app = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        secret = decrypt(app.data["secret"])
        known = [
            step for step in yield_hotp_counters_from_time() if format_hotp_value(hotp_value(secret, step)) == code
        ]
        if not known or max(known) <= app.data.get(SPENT, 0):
            return False
        app.data[SPENT] = max(known)
        app.save(update_fields=["data"])
        return True
