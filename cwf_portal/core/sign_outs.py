"""Ending the sessions of somebody on all devices but the one in their hand."""

from django.contrib.sessions.models import Session

from cwf_portal.core.audit import acting
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import SignIn, User

TOLD = (
    "You signed out on every device but the one you did it on. Sign in again where you want to go on.\n\n"
    "If it was not you, somebody reads your email: tell the fund at once."
)


def sign_out_elsewhere(*, by: User) -> User:
    """End every session of `by`; the caller keeps its own by `update_session_auth_hash`. Doing it twice does no harm.

    Sessions hang on the password, which nobody has: a new one that cannot be used either ends them all. Those that are
    known are deleted too; the caller notes its own again.
    """
    with acting(by, "signed out everywhere else"):
        user = User.objects.select_for_update().get(pk=by.pk)
        user.set_unusable_password()
        user.save(update_fields=["password"])
        Session.objects.filter(pk__in=SignIn.objects.filter(user=user).values("session")).delete()
        send_message(to=user.email, subject="You signed out everywhere else", body=TOLD, topic="core.sign_out")
        return user
