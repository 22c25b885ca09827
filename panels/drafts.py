"""A ballot put aside on the voter's own device: one encrypted cookie that ends with the browser, and nothing here.

It always has the same length, opens for the same person and round only, and needs https: a browser takes a `__Host-`
cookie from nowhere else. Where the browser seals the ballot itself there is no draft.
"""

import base64
import hashlib
import struct
from collections.abc import Mapping, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cwf_portal.core.models import User
from panels.models import Round

LABEL = b"cwf-draft-v2"
MOST = 65_535  # one 16-bit number per project, as on a ballot


def can_be_kept() -> bool:
    """True where pages come over https."""
    return not settings.PLAIN_HTTP


def has_draft(request: HttpRequest, round: Round) -> bool:
    return _name(round) in request.COOKIES


def keep(
    response: HttpResponse, *, by: User, round: Round, marks: Mapping[str, int], codes: Sequence[str]
) -> HttpResponse:
    """Put the marks of each code into the cookie of `response`, a ballot or not yet; unknown codes are left out."""
    numbers = [min(max(marks.get(code, 0), 0), MOST) for code in codes]
    sealed = _fernet().encrypt(_whose(by, round) + struct.pack(f">{len(codes)}H", *numbers))
    response.set_cookie(_name(round), sealed.decode(), secure=True, httponly=True, samesite="Strict", path="/")
    return response


def marks_in(request: HttpRequest, *, by: User, round: Round, codes: Sequence[str]) -> dict[str, int]:
    """The marks kept on this device; none where there is no draft, or it is another person's, or was changed."""
    try:
        plain = _fernet().decrypt(request.COOKIES.get(_name(round), "").encode())
    except InvalidToken:
        return {}
    whose = _whose(by, round)
    if not plain.startswith(whose) or len(plain) != len(whose) + 2 * len(codes):
        return {}
    numbers = struct.unpack_from(f">{len(codes)}H", plain, len(whose))
    return {code: number for code, number in zip(codes, numbers, strict=True) if number}


def forget(response: HttpResponse, round: Round) -> HttpResponse:
    response.delete_cookie(_name(round), path="/", samesite="Strict")
    return response


def _name(round: Round) -> str:
    return f"__Host-draft-{round.pk}"


def _whose(by: User, round: Round) -> bytes:
    return LABEL + by.pk.to_bytes(8) + round.code.bytes


def _fernet() -> MultiFernet:
    """Seals with the key of today, opens what the one before sealed too: no voter loses a draft when it is changed."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(LABEL + key.encode()).digest())) for key in keys]
    )
