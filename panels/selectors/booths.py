"""Somebody about to vote. What is frozen each process reads once a minute; what can change is one question."""

from copy import copy
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from django.db import connection

from cwf_portal.core.models import User
from panels.models import Round

MOST_KNOWN = 256  # votes, each with rules of some ten kilobytes
KNOWN_FOR_SECONDS = 60  # no rule changes, but the name of a place might
CAN_CHANGE = ("annulment", "opening", "result")  # so it is asked of the database each time

BOOTH = """
SELECT round.code, entry.id, COALESCE(box.version, 0)
FROM panels_round round
    JOIN panels_rollentry entry ON entry.round_id = round.id AND entry.user_id = %(user)s
    LEFT JOIN panels_sealedballot box ON box.roll_entry_id = entry.id
WHERE round.id = %(round)s AND core_now() < round.voting_closes_at
    AND NOT EXISTS (SELECT FROM panels_annulment WHERE panels_annulment.round_id = round.id)
"""

_known: dict[int, tuple[float, Round]] = {}
_changing = Lock()  # threads of one process share what it knows


@dataclass(frozen=True)
class Booth:
    """Somebody on the list of a frozen vote that is not over.

    Attributes:
        round: The vote.
        entry: The key of their entry on the list.
        times_cast: Ballots of theirs that went into the box, see `times_cast`.
    """

    round: Round
    entry: int
    times_cast: int


def booth_of(user: User, round: int) -> Booth | None:
    """The booth of `user` in the vote with this key, where it is known and they are on its list; else None."""
    known = known_round(round)
    if known is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(BOOTH, {"user": user.pk, "round": round})
        row = cursor.fetchone()
    return Booth(known, row[1], row[2]) if row and row[0] == known.code else None


def known_round(pk: int) -> Round | None:
    """The frozen vote with this key as this process read it less than a minute ago, from whatever database; else None.

    Its rules and their signature belong together. Whether the database has the same is for the caller to ask.
    """
    read_at, round = _known.get(pk, (0.0, None))
    return copy(round) if round and monotonic() - read_at < KNOWN_FOR_SECONDS else None


def remember_round(round: Round) -> None:
    """Keep a vote that was just read, if it is frozen: from then on its row never changes."""
    if round.frozen_at is None:
        return
    kept = copy(round)
    for name in CAN_CHANGE:
        kept._state.fields_cache.pop(name, None)
    with _changing:
        _known.pop(round.pk, None)  # read anew: nobody else is forgotten for it
        while len(_known) >= MOST_KNOWN:
            del _known[next(iter(_known))]
        _known[round.pk] = (monotonic(), kept)
