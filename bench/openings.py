"""Opening a box: 50,000 sealed ballots, opened by two keepers, sorted, written and counted, in a process of its own."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connections

from bench.measure import Row
from bench.poll import KEEPERS, PROJECTS, Poll, office, open_poll
from cwf_portal.core.clock import advance_clock
from panels.domain.ballot_paper import BallotRules, encode, naming
from panels.domain.log import leaf_hash
from panels.domain.marks import Standing
from panels.domain.sealing import Context, KeeperKey, load_public, private_bytes, seal, unseal
from panels.keys import box_key
from panels.models import CountedBallot
from panels.models.round import OPENING_PAUSE, TIME_TO_SHOW
from panels.services import rules_sheet

CHECKOUT = Path(__file__).resolve().parent.parent
BALLOTS, ALONE, CHOSEN = 50_000, 2_000, 5
BOXED = "COPY panels_sealedballot (roll_entry_id, sealed, leaf, version, mark) FROM STDIN"
QUEUED = "INSERT INTO panels_leafqueue (leaf, round_id) SELECT leaf, %s FROM panels_sealedballot"


def measure() -> list[Row]:
    """All of opening beside nothing but the decrypting of one copy of each ballot."""
    poll = open_poll(office(), number=1, voters=BALLOTS)
    sealed = _sealed(poll)
    _fill(poll, sealed)
    advance_clock(to=poll.round.voting_closes_at + TIME_TO_SHOW + 2 * OPENING_PAUSE)
    opened = _open(poll)
    counted = CountedBallot.objects.filter(round=poll.round).count()
    if counted != BALLOTS:
        raise RuntimeError(f"{counted} of {BALLOTS} ballots were counted")
    floor = ALONE / _decrypt(poll, sealed[:ALONE])
    rate = BALLOTS / opened["seconds"]
    return [
        Row(f"{BALLOTS:,} sealed ballots opened and counted", "ballots", rate, "decrypting alone", floor, {**opened})
    ]


def _sealed(poll: Poll) -> list[bytes]:
    """A ballot for each voter, on all processors."""
    sheet = rules_sheet(poll.round)
    keepers = [bytes.fromhex(key) for key in sheet.content["keepers"]]
    one = partial(_seal, keepers=keepers, context=sheet.context, rules=sheet.ballot)
    with ProcessPoolExecutor() as processes:
        return list(processes.map(one, range(BALLOTS), chunksize=500))


def _seal(voter: int, *, keepers: list[bytes], context: Context, rules: BallotRules) -> bytes:
    chosen = {(voter * 7 + step * (1 + voter % 11)) % PROJECTS for step in range(CHOSEN)}
    return seal(encode(naming(chosen, PROJECTS), rules), [load_public(key) for key in keepers], context)


def _fill(poll: Poll, sealed: list[bytes]) -> None:
    """As if each had been cast: in the box, and in the queue of the log."""
    entries = poll.round.roll.filter(user__in=poll.voters).order_by("pk").values_list("pk", "user_id")
    code, key = poll.round.code.bytes, box_key()
    with connections["owner"].cursor() as cursor:
        with cursor.copy(BOXED) as copy:
            for (entry, voter), ballot in zip(entries, sealed, strict=True):
                leaf = leaf_hash(ballot)
                copy.write_row((entry, ballot, leaf, 1, Standing(code, voter, 1, leaf).mark(key)))
        cursor.execute(QUEUED, [poll.round.pk])


def _open(poll: Poll) -> dict[str, float]:
    """Seconds, and the most memory that the portal's process and the opener held, in MiB."""
    told = {
        "database": connections["default"].settings_dict["NAME"],
        "round": poll.round.pk,
        "chair": poll.chair.pk,
        "keys": [private_bytes(poll.keys.read(poll.round.code, number).private).hex() for number in KEEPERS],
    }
    command = [sys.executable, "-m", "bench.opener"]
    done = subprocess.run(
        command, input=json.dumps(told), cwd=CHECKOUT, env=os.environ, check=True, stdout=subprocess.PIPE, text=True
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _decrypt(poll: Poll, sealed: list[bytes]) -> float:
    """Seconds for opening these and nothing else."""
    first, second = (KeeperKey(number, _private(poll, number)) for number in KEEPERS)
    context = rules_sheet(poll.round).context
    begins = time.perf_counter()
    for ballot in sealed:
        unseal(ballot, (first, second), context)
    return time.perf_counter() - begins


def _private(poll: Poll, number: int) -> ec.EllipticCurvePrivateKey:
    return poll.keys.read(poll.round.code, number).private
