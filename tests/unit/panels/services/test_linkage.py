"""What somebody can work out who holds the database, its logs and its dumps, but not two keys: no more than by chance.

Every voter chooses something else, so one right guess links one person to one ballot. An adversary who pairs voters and
ballots in any order unrelated to how people voted is right once on average, whatever the number of voters.
"""

import random
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from django.db import connection, connections

from cwf_portal.core.clock import advance_clock
from cwf_portal.core.models import User
from panels.domain.ballot_paper import content_of, decode
from panels.domain.sealing import unseal
from panels.models import CountedBallot, KeyedPaper, LogLeaf, RollEntry, Round, SealedBallot, SealedPaper
from panels.services import (
    assess_proposal,
    cast_ballot,
    compare_batch,
    count_batch,
    freeze_round,
    issue_envelope,
    key_paper,
    open_batch,
    open_box,
    print_labels,
    receive_envelope,
    rules_sheet,
)
from panels.services.proposals import Costs
from tests.support import cluster
from tests.unit.panels.builders import DAY, World, taken_up, with_its_key

VOTERS, ON_PAPER = 50, 12
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


@dataclass
class Voted:
    """A round whose voters voted in an order of their own, some of them on paper; its box is open.

    Attributes:
        truth: What each of them chose, in the order in which they voted.
    """

    world: World
    round: Round
    truth: dict[int, str]


def tell_voted() -> Voted:
    draw = random.Random(SEED)
    world = World(residents=VOTERS)
    round = voted_round(world)
    voters = draw.sample(world.residents, VOTERS)
    envelopes = handed_out(world, round, draw.sample(voters, ON_PAPER))
    masks = draw.sample(range(1, 2**IDEAS), VOTERS)
    truth = {}
    for voter, mask in zip(voters, masks, strict=True):
        if voter.pk in envelopes:
            receive_envelope(by=world.officer, round=round, serial=envelopes[voter.pk])
        else:
            cast_ballot(by=voter, round=round, choices=codes_of(choices_of(mask)), seen_version=0)
        truth[voter.pk] = choices_of(mask)
    world.close(round)
    enter_papers(world, round, draw.sample([truth[voter] for voter in envelopes], ON_PAPER))
    return Voted(with_its_key(world), open_box(by=world.chair, round=round, keys=world.keys), truth)


@pytest.fixture
def voted(committed_beginning) -> Voted:
    """A copy, block by block: where a row lies and who wrote it is as it was in the database of the vote."""
    return committed_beginning("voted", tell_voted)


@pytest.fixture
def world(voted) -> World:
    return taken_up(voted.world)


@pytest.fixture
def opened(voted) -> tuple[Round, dict[int, str]]:
    return voted.round, voted.truth


def codes_of(choices: str) -> list[str]:
    return [str(int(place) + 1) for place in choices.split(",")]


def handed_out(world: World, round: Round, voters: Sequence[User]) -> dict[int, str]:
    """Serials of envelopes by voter."""
    labels = print_labels(by=world.chair, round=round, count=len(voters))
    for label, voter in zip(labels, voters, strict=True):
        entry = RollEntry.objects.get(round=round, user=voter)
        issue_envelope(by=world.chair, round=round, serial=label.serial, entry=entry)
    return {voter.pk: label.serial for label, voter in zip(labels, voters, strict=True)}


def enter_papers(world: World, round: Round, mixed: Sequence[str]) -> None:
    """The papers in the order into which they were mixed, entered by two."""
    batch = open_batch(by=world.chair, round=round)
    for by in (world.chair, world.officer):
        count_batch(by=by, batch=batch, papers=len(mixed), empty=0)
    for keyer in (world.members[3], world.officer):
        for number, choices in enumerate(mixed, start=1):
            key_paper(by=keyer, batch=batch, number=number, choices=codes_of(choices))
    assert compare_batch(by=world.officer, batch=batch) == []


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
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE careless (choices text)")
        cursor.executemany("INSERT INTO careless VALUES (%s)", [(choices,) for choices in truth.values()])
        cursor.execute("SELECT choices FROM careless ORDER BY ctid")
        careless = [row[0] for row in cursor.fetchall()]

    assert right(orders_of_voters(round)["box.xmin::text::bigint"], careless, truth) == VOTERS


def test_a_dump_and_the_servers_log_hold_no_more(opened):
    round, truth = opened
    roll = {row["id"]: int(row["user_id"]) for row in dumped("panels_rollentry")}
    users = [roll[row["roll_entry_id"]] for row in dumped("panels_sealedballot")]
    ballots = [row["choices"] for row in dumped("panels_countedballot")]
    log = cluster.postgres().log.read_text(encoding="utf-8", errors="replace")
    sealed = [bytes(ballot.sealed).hex() for ballot in SealedBallot.objects.in_box()]
    sealed += [bytes(paper.sealed).hex() for paper in SealedPaper.objects.all()]

    assert right(users, ballots, truth) <= BY_CHANCE
    assert not any(text[:64] in log for text in sealed)
    assert not any(bytes(leaf.leaf).hex() in log for leaf in LogLeaf.objects.filter(round=round))


def papers_in_order(world: World, round: Round, order: str) -> list[str]:
    """What the sealed papers say, for somebody who even has two keys, in an order of their table."""
    sheet = rules_sheet(round)
    keys = (world.keys.read(round.code, 1), world.keys.read(round.code, 2))
    of_round = (
        "SELECT paper.sealed FROM panels_sealedpaper paper JOIN panels_logleaf leaf ON leaf.leaf = paper.leaf "
        "WHERE paper.round_id = %s ORDER BY "
    )
    found = rows(of_round + order, round.pk)
    marks = (decode(unseal(bytes(row[0]), keys, sheet.context), sheet.ballot) for row in found)
    return [",".join(map(str, content_of(one, sheet.ballot.kind))) for one in marks]


def test_whose_paper_it_was_is_found_no_better_than_by_chance_even_with_two_keys(world, opened):
    round, truth = opened
    listed = (
        "SELECT roll.user_id FROM panels_paperenvelope envelope JOIN panels_rollentry roll ON "
        "roll.id = envelope.roll_entry_id JOIN panels_sealedballot box ON box.roll_entry_id = roll.id "
        "WHERE roll.round_id = %s ORDER BY "
    )
    by = ("envelope.id", "envelope.serial", "envelope.ctid", "envelope.xmin::text::bigint", "roll.id", "box.ctid")
    voters = {order: [row[0] for row in rows(listed + order, round.pk)] for order in by}
    by = ("paper.leaf", "paper.ctid", "paper.xmin::text::bigint, paper.ctid", "leaf.position", "paper.sealed")
    papers = {order: papers_in_order(world, round, order) for order in by}
    guesses = {(one, other): right(voters[one], papers[other], truth) for one in voters for other in papers}

    assert {len(order) for order in (*voters.values(), *papers.values())} == {ON_PAPER}
    assert {pair: number for pair, number in guesses.items() if number > BY_CHANCE} == {}
    for beside in ("panels_paperenvelope", "panels_sealedballot"):
        assert rows(f"SELECT count(*) FROM panels_sealedpaper a JOIN {beside} b ON a.xmin = b.xmin") == [(0,)]  # noqa: S608
    assert (KeyedPaper.objects.count(), dumped("panels_keyedpaper")) == (0, [])
