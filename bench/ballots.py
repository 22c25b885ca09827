"""Sealing and counting, in one process."""

import random

from bench.measure import Row, Work, against
from panels.domain import pabulib
from panels.domain.election import Choice, Election
from panels.domain.sealing import Context, new_key, seal
from panels.domain.tally import Method, Rule, count

PROJECTS, VOTERS, BALLOTS = 60, 10_000, 200
SEED = 2026


def sample_election() -> Election:
    """10,000 voters who name up to eight of 60 projects; drawn from a fixed seed."""
    draw = random.Random(SEED)  # noqa: S311 - a sample, not a secret
    projects = tuple(Choice(str(number), draw.randrange(5_000_00, 200_000_00, 500_00)) for number in range(PROJECTS))
    named = (sorted(draw.sample(range(PROJECTS), draw.randint(1, 8))) for _ in range(VOTERS))
    return Election(1_000_000_00, projects, tuple(map(tuple, named)), unit=100)


def measure() -> list[Row]:
    """Fair shares beside reading the same election from its file; sealing beside making the keys it must make."""
    election = sample_election()
    shares = Method(Rule.EQUAL_SHARES)
    file = pabulib.write(election, {"description": "A bench"}).encode()
    context = Context(round_id=b"bench", rules_hash=bytes(32))
    keys = [new_key() for _ in range(3)]
    keepers = [key.public_key() for key in keys]
    ballot = bytes(2 * PROJECTS + 8)

    def sealed() -> None:
        for _ in range(BALLOTS):
            seal(ballot, keepers, context)

    def keys_made() -> None:
        for _ in range(BALLOTS * 6):  # two layers for each of three pairs
            new_key()

    return [
        against(
            Work("equal shares, 10,000 voters x 60", lambda: count(election, shares), VOTERS),
            Work("reading the file of the same election", lambda: pabulib.read(file), VOTERS),
            "voters",
        ),
        against(
            Work("sealing a ballot of 60 projects to three pairs", sealed, BALLOTS),
            Work("six P-256 keys", keys_made, BALLOTS),
            "ballots",
        ),
    ]
