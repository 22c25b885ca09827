"""A ballot put aside on the voter's own device: one encrypted cookie that ends with the browser, and nothing here.

It always has the same length, opens for the same person and round only, and needs https: a browser takes a `__Host-`
cookie from nowhere else. Where the browser seals the ballot itself there is no draft.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cwf_portal.core.models import User
from panels.domain.ballot_paper import encode
from panels.models import Round

LABEL = b"cwf-draft-v1"
HEAD_BYTES = 4  # version, kind and number of projects, as in a ballot


def can_be_kept() -> bool:
    """True where pages come over https."""
    return not settings.PLAIN_HTTP


def has_draft(request: HttpRequest, round: Round) -> bool:
    return _name(round) in request.COOKIES


def keep(response: HttpResponse, *, by: User, round: Round, chosen: list[str], codes: list[str]) -> HttpResponse:
    """Put the choices into the cookie of `response`; codes that are not on this ballot are left out."""
    places = sorted({codes.index(code) for code in chosen if code in codes})
    sealed = _fernet().encrypt(_whose(by, round) + encode(places, len(codes)))
    response.set_cookie(_name(round), sealed.decode(), secure=True, httponly=True, samesite="Strict", path="/")
    return response


def choices_in(request: HttpRequest, *, by: User, round: Round, codes: list[str]) -> list[str]:
    """The choices kept on this device; none where there is no draft, or it is another person's, or was changed."""
    try:
        plain = _fernet().decrypt(request.COOKIES.get(_name(round), "").encode())
    except InvalidToken:
        return []
    whose = _whose(by, round)
    if not plain.startswith(whose) or len(plain) != len(whose) + HEAD_BYTES + 2 * len(codes):
        return []
    marks = plain[len(whose) + HEAD_BYTES :]
    return [code for place, code in enumerate(codes) if marks[2 * place + 1]]


def forget(response: HttpResponse, round: Round) -> HttpResponse:
    response.delete_cookie(_name(round), path="/", samesite="Strict")
    return response


def _name(round: Round) -> str:
    return f"__Host-draft-{round.pk}"


def _whose(by: User, round: Round) -> bytes:
    return LABEL + by.pk.to_bytes(8) + round.code.bytes


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(LABEL + settings.SECRET_KEY.encode()).digest()))
