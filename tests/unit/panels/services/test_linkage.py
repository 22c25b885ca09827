"""What somebody can work out who holds the database, its logs and its dumps, but not two keys: no more than by chance.

Every voter chooses something else, so one right guess links one person to one ballot. An adversary who pairs voters and
ballots in any order unrelated to how people voted is right once on average, whatever the number of voters.
"""

import random
import re
import subprocess
from collections.abc import Sequence

import pytest
from django.db import connection, connections

from cwf_portal.core.clock import advance_clock
from panels.models import CountedBallot, LogLeaf, Round, SealedBallot
from panels.services import assess_proposal, cast_ballot, enrol_residents, freeze_round, open_box
from panels.services.proposals import Costs
from tests.support import cluster
from tests.unit.panels.builders import DAY, World

VOTERS = 50
IDEAS = 6
BY_CHANCE = 7  # a right guess more often than this has a chance of one in a hundred thousand for each order
SEED = 2026


def voted_round(world: World) -> Round:
    """Six projects, open."""
    round = world.round_for_ideas(most_choices=IDEAS)
    for number in range(IDEAS):
        proposal = world.idea(round, f"Idea {number}")
        assess_proposal(by=world.chair, proposal=proposal, costs=Costs(10_000_00, 0), reason="It can be done.")
    world.keep(round)
    advance_clock(by=2 * DAY)
    round = freeze_round(by=world.chair, round=round)
    enrol_residents(by=world.chair, round=round)
    advance_clock(to=round.voting_opens_at)
    return round


def choices_of(mask: int) -> str:
    return ",".join(str(place) for place in range(IDEAS) if mask >> place & 1)


def rows(statement: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def right(voters: Sequence[int], ballots: Sequence[str], truth: dict[int, str]) -> int:
    """Right guesses when the first voter is paired with the first ballot, and so on, or the other way round."""
    return max(
        sum(truth[voter] == ballot for voter, ballot in zip(voters, order, strict=True))
        for order in (ballots, list(reversed(ballots)))
    )


@pytest.fixture
def opened(committed_db) -> tuple[Round, dict[int, str]]:
    """A round whose voters voted in an order of their own, and what each of them chose."""
    world, draw = World(residents=VOTERS), random.Random(SEED)
    round = voted_round(world)
    voters = draw.sample(world.residents, VOTERS)
    masks = draw.sample(range(1, 2**IDEAS), VOTERS)
    truth = {}
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE careless (choices text)")
    for voter, mask in zip(voters, masks, strict=True):
        codes = [str(int(place) + 1) for place in choices_of(mask).split(",")]
        cast_ballot(by=voter, round=round, choices=codes, seen_version=0)
        with connections["owner"].cursor() as cursor:
            cursor.execute("INSERT INTO careless VALUES (%s)", [choices_of(mask)])
        truth[voter.pk] = choices_of(mask)
    world.close(round)
    return open_box(by=world.chair, round=round, keys=world.keys), truth


def orders_of_voters(round: Round) -> dict[str, list[int]]:
    """Every order in which the tables show who voted."""
    joined = (
        "SELECT roll.user_id FROM panels_rollentry roll JOIN panels_sealedballot box ON box.roll_entry_id = roll.id "
        "LEFT JOIN panels_logleaf leaf ON leaf.leaf = box.leaf WHERE roll.round_id = %s ORDER BY "
    )
    by = ("roll.id", "roll.ctid", "box.xmin::text::bigint", "box.ctid", "box.leaf", "leaf.position", "box.sealed")
    return {order: [row[0] for row in rows(joined + order, round.pk)] for order in by}


def orders_of_ballots(round: Round) -> dict[str, list[str]]:
    """Every order in which the tables show what was chosen."""
    counted = "SELECT choices FROM panels_countedballot WHERE round_id = %s ORDER BY "
    by = ("number", "ctid", "xmin::text::bigint, ctid", "id")
    return {order: [row[0] for row in rows(counted + order, round.pk)] for order in by}


def dumped(table: str) -> list[dict[str, str]]:
    """The rows of a table in the order of a dump."""
    server = cluster.postgres()
    name = connections["default"].settings_dict["NAME"]
    socket = connections["default"].settings_dict["HOST"]
    command = [str(server.program() / "pg_dump"), "-h", socket, "-U", "cwf_owner", "--data-only", "-t", table, name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    body = re.search(r"^COPY [^(]*\(([^)]*)\)[^\n]*\n(.*?)^\\\.$", done.stdout, re.MULTILINE | re.DOTALL)
    assert body, done.stdout[:200]
    columns = body[1].split(", ")
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in body[2].splitlines()]


def test_who_voted_what_is_found_no_better_than_by_chance(opened):
    round, truth = opened
    voters, ballots = orders_of_voters(round), orders_of_ballots(round)
    guesses = {(one, other): right(voters[one], ballots[other], truth) for one in voters for other in ballots}

    assert CountedBallot.objects.count() == SealedBallot.objects.count() == len(truth) == VOTERS
    assert {pair: number for pair, number in guesses.items() if number > BY_CHANCE} == {}
    shared = "SELECT count(*) FROM panels_sealedballot box JOIN panels_countedballot counted ON box.xmin = counted.xmin"
    assert rows(shared) == [(0,)]


def test_rows_written_as_people_vote_would_be_found(opened):
    """The positive control: the same adversary finds everybody in a table written in the order of voting."""
    round, truth = opened
    careless = [row[0] for row in rows_of_owner("SELECT choices FROM careless ORDER BY ctid")]

    assert right(orders_of_voters(round)["box.xmin::text::bigint"], careless, truth) == VOTERS


def rows_of_owner(statement: str) -> list[tuple]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_a_dump_and_the_servers_log_hold_no_more(opened):
    round, truth = opened
    roll = {row["id"]: int(row["user_id"]) for row in dumped("panels_rollentry")}
    users = [roll[row["roll_entry_id"]] for row in dumped("panels_sealedballot")]
    ballots = [row["choices"] for row in dumped("panels_countedballot")]
    log = cluster.postgres().log.read_text(encoding="utf-8", errors="replace")
    sealed = [bytes(ballot.sealed).hex() for ballot in SealedBallot.objects.all()]

    assert right(users, ballots, truth) <= BY_CHANCE
    assert not any(text[:64] in log for text in sealed)
    assert not any(bytes(leaf.leaf).hex() in log for leaf in LogLeaf.objects.filter(round=round))
