"""How often one person may send a form; the numbers are in the settings."""

from allauth.core.ratelimit import consume
from django.utils.translation import gettext_noop

from cwf_portal.core.access import SignedInRequest
from cwf_portal.core.turns import BusyError

TOO_MANY = gettext_noop("You have sent this form many times.")


def check_how_often(request: SignedInRequest, action: str, said: str = TOO_MANY) -> None:
    """Count that a form was sent. `said` is what somebody reads who sent it too often.

    Raises:
        BusyError: this person has sent it too often within the hour.
    """
    if not consume(request, action=action, key=str(request.user.pk)):
        raise BusyError(said, mend=gettext_noop("Try again in an hour."))
