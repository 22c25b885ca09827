"""Fair shares beside pabutools, each in a process of its own: the same files, the same winners, seconds and memory.

pabutools is a peer and never a part of the portal: it is installed into an environment of its own, by name.
"""

import json
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Row
from bench.peer import PABUTOOLS, environment
from panels.domain import pabulib
from panels.domain.election import Choice, Election

CHECKOUT = Path(__file__).resolve().parent.parent
PEER = Path(__file__).with_name("peer_pabutools.py")
WEIGH = Path(__file__).with_name("weigh.py")
SEED = 2026
ELECTIONS = ((10_000, 60, 200_000), (100_000, 150, 500_000))  # voters, projects, budget


@dataclass(frozen=True)
class Run:
    """What one process answered, and the most memory it held."""

    winners: set[str]
    seconds: float
    peak_mib: int


def measure() -> list[Row]:
    """One row per election."""
    peer = environment("pabutools", PABUTOOLS)
    return [_beside(peer, size) for size in ELECTIONS]


def sample_election(voters: int, projects: int, budget: int) -> Election:
    """Voters name up to eight projects, some far more popular than others; drawn from a fixed seed."""
    draw = random.Random(SEED)
    costs = [draw.randrange(500, 20_000, 50) for _ in range(projects)]
    liked = [draw.random() ** 2 + 0.05 for _ in range(projects)]
    ballots = (set(draw.choices(range(projects), weights=liked, k=draw.randint(1, 8))) for _ in range(voters))
    choices = tuple(Choice(str(number), cost) for number, cost in enumerate(costs))
    return Election(budget, choices, tuple(tuple(sorted(ballot)) for ballot in ballots))


def _beside(peer: Path, size: tuple[int, int, int]) -> Row:
    voters, projects, _ = size
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vote.pb"
        file.write_text(pabulib.write(sample_election(*size), {}), encoding="utf-8")
        rule = ("--rule=equal-shares", "--utility=cost", "--completion=add1", "--json")
        ours = _run([sys.executable, str(CHECKOUT / "manage.py"), "tally", str(file), *rule])
        theirs = _run([str(peer), str(PEER), str(file)])
    return Row(
        name=f"equal shares with Add1, {voters:,} voters x {projects}",
        unit="voters",
        per_second=voters / ours.seconds,
        floor_name="pabutools 1.2.3",
        floor_per_second=voters / theirs.seconds,
        also={
            "seconds": ours.seconds,
            "floor_seconds": theirs.seconds,
            "peak_mib": ours.peak_mib,
            "floor_peak_mib": theirs.peak_mib,
            "equal_winners": ours.winners == theirs.winners,
        },
    )


def _run(command: list[str]) -> Run:
    """Runs the command and reads the JSON it prints last, and the weight that is printed after it."""
    weighed = [sys.executable, "-S", str(WEIGH), *command]
    printed = subprocess.run(weighed, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - our own scripts
    *_, told, peak_mib = printed.splitlines()
    answer = json.loads(told)
    return Run(set(answer["winners"]), answer["seconds"], int(peak_mib))
