"""How often one person may send a form; the numbers are in the settings."""

from allauth.core.ratelimit import consume
from django.utils.translation import gettext_noop

from cwf_portal.core.access import SignedInRequest
from cwf_portal.core.turns import BusyError


def check_how_often(request: SignedInRequest, action: str) -> None:
    """Count that a form was sent.

    Raises:
        BusyError: this person has sent it too often within the hour.
    """
    if not consume(request, action=action, key=str(request.user.pk)):
        raise BusyError(gettext_noop("You have sent this form many times."), mend=gettext_noop("Try again in an hour."))
