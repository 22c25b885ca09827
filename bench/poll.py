"""A vote to measure in: 60 projects, open, with as many invented voters as asked, each signed in."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils.timezone import localdate

from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.models import User
from cwf_portal.operations.acts.office import Office, open_office
from cwf_portal.operations.acts.places import Casting, prepare_place
from cwf_portal.operations.acts.votes import Sketch, begin_round, cost_ideas, freeze, put_ideas
from neighbourhoods.models import Neighbourhood
from panels.keys import KeysInMemory
from panels.models import Round
from panels.services import notify_envelope

SEED = 2026
PROJECTS = 60
KEEPERS = (1, 2)  # who open the box
BUDGET_PENCE = 900_000_00
LONG = timedelta(days=3650)
KINDS = ("meet", "groups", "green")


@dataclass(frozen=True)
class Poll:
    """One open vote.

    Attributes:
        round: Open for a week.
        voters: On its list; nobody has voted.
        codes: Of the projects, in the order of the frozen rules.
        keys: The three keepers' private keys.
        chair: Who may open the box.
    """

    round: Round
    voters: list[User]
    codes: list[str]
    keys: KeysInMemory
    chair: User


def office() -> Office:
    """The fund's people; once in a database."""
    return open_office(seed=SEED, from_on=localdate(core_now()))


def open_poll(office: Office, *, number: int, voters: int) -> Poll:
    """The vote of the `number`-th place, by the steps that a panel takes."""
    neighbourhood = Neighbourhood.objects.order_by("code")[number]
    casting = Casting(SEED, voters, checked_until=localdate(core_now() + LONG))
    place = prepare_place(office, neighbourhood, casting)
    notify_envelope(by="system:bench", neighbourhood=neighbourhood, amount_pence=BUDGET_PENCE, version=1)
    round = begin_round(place, title="What first?", at=core_now(), budget_pence=BUDGET_PENCE)
    sketches = [_sketch(n) for n in range(PROJECTS)]
    ideas = put_ideas(place, round, sketches)
    advance_clock(to=round.ideas_close_at)
    cost_ideas(place, ideas, sketches)
    keys = KeysInMemory()
    round = freeze(place, round, keys)
    advance_clock(to=round.voting_opens_at)
    codes = list(round.projects.order_by("place").values_list("code", flat=True))
    return Poll(round, place.voters, codes, keys, place.chair)


def session_of(user: User, *, backend: str = settings.AUTHENTICATION_BACKENDS[0]) -> str:
    """The key of a session as signing in leaves it; `backend` finds the person again."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = backend
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def _sketch(number: int) -> Sketch:
    what = f"Something for everybody in street {number}, put forward to be measured."
    return Sketch(f"Project {number}", what, 5_000 + 700 * number, 400 + 10 * number, KINDS[number % len(KINDS)])
