"""Ballots through gunicorn with session, CSRF and sealing, beside a bare view that checks the sign-in and inserts.

Twenty people send at once. Each ballot is the first of its voter. The page with 60 projects stands beside the bare
view as well, and its target is its own: 150 pages a second.
"""

from urllib.parse import urlencode

from django.conf import settings
from django.db import connections

from bench import bare, bare_settings
from bench.measure import Row
from bench.poll import Poll, office, open_poll, session_of
from bench.web import Load, Request, people_send, portal
from panels.models import SealedBallot

VOTERS, WARM = 2_000, 200
CHOSEN = 5
TOKEN = "a" * 32
REDIRECT, OK = 302, 200


def measure() -> list[Row]:
    """One row for casting, one for the ballot page."""
    poll = open_poll(office(), number=0, voters=VOTERS + WARM)
    cookies = [_cookies(session_of(voter)) for voter in poll.voters]
    floor = _bare(poll)
    with portal("cwf_portal.settings") as port:
        casts = [_cast(poll, cookie) for cookie in cookies]
        people_send(port, casts[:WARM])
        cast = people_send(port, casts[WARM:])
        page = people_send(port, [_page(poll, cookie) for cookie in cookies[WARM:]])
    stored = SealedBallot.objects.of(poll.round).count()
    if stored != len(cookies) or cast.others or page.others:
        raise RuntimeError(f"{stored} of {len(cookies)} ballots are in the box; {cast.others} answers were no receipt")
    return [
        _row("ballots cast, 20 people at once", "ballots", cast, floor=floor),
        _row(f"ballot page of {len(poll.codes)} projects", "pages", page, floor=floor),
    ]


def _bare(poll: Poll) -> Load:
    cookies = [_cookies(session_of(voter, backend=bare_settings.PLAIN_BACKEND)) for voter in poll.voters]
    with connections["owner"].cursor() as cursor:
        cursor.execute(bare.TABLE)
        cursor.execute(bare.GRANT)
    form = urlencode({"csrfmiddlewaretoken": TOKEN})
    casts = [Request("POST", "/cast/", cookie, form, REDIRECT) for cookie in cookies]
    with portal("bench.bare_settings") as port:
        people_send(port, casts[:WARM])
        floor = people_send(port, casts[WARM:])
    if floor.others:
        raise RuntimeError(f"{floor.others} answers of the bare view were errors")
    return floor


def _cookies(session: str) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"


def _cast(poll: Poll, cookies: str) -> Request:
    form = [("csrfmiddlewaretoken", TOKEN), ("seen", "0"), *(("project", code) for code in poll.codes[:CHOSEN])]
    return Request("POST", f"/rounds/{poll.round.pk}/vote/cast/", cookies, urlencode(form), REDIRECT)


def _page(poll: Poll, cookies: str) -> Request:
    form = urlencode({"csrfmiddlewaretoken": TOKEN})
    return Request("POST", f"/rounds/{poll.round.pk}/vote/ballot/", cookies, form, OK)


def _row(name: str, unit: str, load: Load, *, floor: Load) -> Row:
    also: dict[str, object] = {"p95_ms": round(load.p95_ms, 1), "floor_p95_ms": round(floor.p95_ms, 1)}
    return Row(name, unit, load.per_second, "bare view: sign-in check and one INSERT", floor.per_second, also)
