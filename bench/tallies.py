"""Fair shares beside pabutools, each in a process of its own: the same files, the same winners, seconds and memory.

pabutools is a peer and never a part of the portal. It is looked for in an environment of its own, which this makes:

    python3 -m venv var/bench/peer && var/bench/peer/bin/pip install pabutools==1.2.3

or in the one whose Python `PABUTOOLS_PYTHON` names. Where it is missing, nothing is measured.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Row
from bench.servers import HOME
from panels.domain import pabulib
from panels.domain.election import Choice, Election

CHECKOUT = Path(__file__).resolve().parent.parent
PEER = Path(__file__).with_name("peer_pabutools.py")
SEED = 2026
ELECTIONS = ((10_000, 60, 200_000), (100_000, 150, 500_000))  # voters, projects, budget
KIB_PER_MIB = 1024


@dataclass(frozen=True)
class Run:
    """What one process answered, and the most memory it held."""

    winners: set[str]
    seconds: float
    peak_mib: int


def measure() -> list[Row]:
    """One row per election; nothing when there is no peer."""
    peer = Path(os.environ.get("PABUTOOLS_PYTHON", HOME / "peer" / "bin" / "python"))
    if not peer.exists():
        print(f"tallies: there is no pabutools at {peer}; see bench/tallies.py", file=sys.stderr)
        return []
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
    """Runs the command and reads the JSON it prints last."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own scripts
    with process, process.stdout:  # type: ignore[union-attr]
        printed = process.stdout.read()  # type: ignore[union-attr]
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    answer = json.loads(printed.splitlines()[-1])
    return Run(set(answer["winners"]), answer["seconds"], usage.ru_maxrss // KIB_PER_MIB)
