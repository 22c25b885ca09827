"""Ballots through gunicorn with session, CSRF and sealing, beside a bare view that checks the sign-in and inserts.

Twenty people send at once. Each ballot is the first of its voter. The page with 60 projects stands beside the bare
view as well, and its target is its own: 150 pages a second.
"""

import statistics
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from django.conf import settings
from django.db import connections

from bench import bare, bare_settings
from bench.measure import Row
from bench.poll import Poll, office, open_poll, session_of
from bench.web import Load, Request, p95_ms, people_send, portal
from panels.models import SealedBallot

VOTERS, WARM = 2_000, 200
CHOSEN = 5
TOKEN = "a" * 32
TURNS = 10
REDIRECT, OK = 302, 200
FLOOR = "bare view on Django's own engine: sign-in check and one INSERT"


def measure() -> list[Row]:
    """One row for casting, one for the ballot page; each takes turns with the bare view, so that noise falls on all."""
    poll = open_poll(office(), number=0, voters=VOTERS + WARM)
    cookies = [_cookies(session_of(voter)) for voter in poll.voters]
    asked = {
        "bare": _bare_casts(poll),
        "cast": [_cast(poll, cookie) for cookie in cookies],
        "page": [_page(poll, cookie) for cookie in cookies],
    }
    with portal("bench.bare_settings") as bare_port, portal("cwf_portal.settings") as port:
        got = _take_turns(asked, {"bare": bare_port, "cast": port, "page": port})
    stored = SealedBallot.objects.of(poll.round).count()
    others = {name: sum(load.others for load in loads) for name, loads in got.items()}
    if stored != len(cookies) or any(others.values()):
        raise RuntimeError(f"{stored} of {len(cookies)} ballots are in the box; answers that were errors: {others}")
    return [
        _row("ballots cast, 20 people at once", "ballots", got["cast"], floor=got["bare"]),
        _row(f"ballot page of {len(poll.codes)} projects", "pages", got["page"], floor=got["bare"]),
    ]


def _take_turns(asked: Mapping[str, Sequence[Request]], ports: Mapping[str, int]) -> dict[str, list[Load]]:
    """What people got of each, one part of the requests after another; the first of all only warm up."""
    got: dict[str, list[Load]] = {name: [] for name in asked}
    for begins in (0, *range(WARM, WARM + VOTERS, VOTERS // TURNS)):
        ends = begins + VOTERS // TURNS if begins else WARM
        for name, requests in asked.items():
            load = people_send(ports[name], requests[begins:ends])
            if begins or load.others:
                got[name].append(load)
    return got


def _bare_casts(poll: Poll) -> list[Request]:
    cookies = [_cookies(session_of(voter, backend=bare_settings.PLAIN_BACKEND)) for voter in poll.voters]
    with connections["owner"].cursor() as cursor:
        cursor.execute(bare.TABLE)
        cursor.execute(bare.GRANT)
    form = urlencode({"csrfmiddlewaretoken": TOKEN})
    return [Request("POST", "/cast/", cookie, form, REDIRECT) for cookie in cookies]


def _cookies(session: str) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"


def _cast(poll: Poll, cookies: str) -> Request:
    form = [("csrfmiddlewaretoken", TOKEN), ("seen", "0"), *(("project", code) for code in poll.codes[:CHOSEN])]
    return Request("POST", f"/rounds/{poll.round.pk}/vote/cast/", cookies, urlencode(form), REDIRECT)


def _page(poll: Poll, cookies: str) -> Request:
    form = urlencode({"csrfmiddlewaretoken": TOKEN})
    return Request("POST", f"/rounds/{poll.round.pk}/vote/ballot/", cookies, form, OK)


def _row(name: str, unit: str, loads: list[Load], *, floor: list[Load]) -> Row:
    also: dict[str, object] = {"p95_ms": round(p95_ms(loads), 1), "floor_p95_ms": round(p95_ms(floor), 1)}
    ratios = [load.per_second / bare.per_second for load, bare in zip(loads, floor, strict=True)]
    also["ratio_of_turns"] = [round(ratio, 2) for ratio in sorted(ratios)]
    rates = [statistics.median(load.per_second for load in each) for each in (loads, floor)]
    return Row(name, unit, rates[0], FLOOR, rates[1], also)
