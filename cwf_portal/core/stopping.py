"""Letters that somebody asked for, and the link in each of them that ends them without signing in.

The link is signed and says only which wish it ends: whoever holds the letter can end that, and do nothing else. Mail
programs press it too (RFC 8058): `messages` names it in the head of the letter.
"""

from collections.abc import Callable

from django.core.signing import BadSignature, Signer

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.languages import in_every_language

Stop = Callable[[int], object]
SIGNER = Signer(salt="core.stopping", sep=".")
_stops: dict[str, Stop] = {}


def ended_by_link(kind: str) -> Callable[[Stop], Stop]:
    """Register `fn(key of the wish)`, which ends it; it must be harmless twice, and where nothing is left to end."""

    def register(stop: Stop) -> Stop:
        _stops[kind] = stop
        return stop

    return register


def stop_address(kind: str, pk: int) -> str:
    """The public address of the page that ends this wish."""
    return address_of("core:letter-stop", SIGNER.sign(f"{kind}.{pk}"))


def stop_line(address: str) -> str:
    """How a letter that goes out again and again ends, in every language: nobody's language is kept."""
    return in_every_language("Stop these emails", about=address)


def is_ours(token: str) -> bool:
    """Whether the portal signed this link."""
    try:
        SIGNER.unsign(token)
    except BadSignature:
        return False
    return True


def stop_letters(token: str) -> None:
    """End what the link is about; it may be ended already.

    Raises:
        BadSignature: the portal did not sign it.
    """
    kind, _, pk = SIGNER.unsign(token).partition(".")
    with acting("system:letters", "ended by the link in a letter"):
        _stops[kind](int(pk))
