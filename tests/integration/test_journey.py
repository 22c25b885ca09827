"""The whole story, small: two real places, one year, six voters each, with a real worker, Redis, bank and database."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cwf_portal.operations.bank import SandboxBank
from tests.support import cluster, databases
from tests.support.portal import environment

SMALL = ("--neighbourhoods", "2", "--years", "1", "--voters", "6", "--json")


def journey_process(*options: str) -> "subprocess.Popen[str]":
    """The command in the tests' cluster; it makes its own database, Redis, bank and worker."""
    surroundings = environment("postgres", CWF_VAR=str(cluster.home()), CWF_TESTING="")
    command = [sys.executable, "manage.py", "journey", *options]
    return subprocess.Popen(
        command,
        cwd=cluster.CHECKOUT,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hear_interrupts,
    )


def _hear_interrupts() -> None:
    """Tests that run in the background of a shell are deaf to Ctrl-C, and so would be what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def journey(*options: str) -> tuple[int, str, str]:
    with journey_process(*options) as process:
        out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def left_behind(pid: int) -> list[str]:
    """Databases and processes that a journey should have taken with it."""
    databases_left = [name for name in databases.server().names("clone_journey_%") if f"_{pid}_" in name]
    folder = f"cwf-journey-{os.geteuid()}-{pid}"
    processes = [
        entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit() and folder in _command_of(entry)
    ]
    return databases_left + processes


def _command_of(entry: Path) -> str:
    try:
        return (entry / "environ").read_text(errors="replace") + (entry / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


@pytest.fixture
def servers(postgres_server, redis_server, django_db_setup):
    """The tests' cluster with its template, which the journey clones too."""


def test_command_that_fails_after_the_play_is_what_the_journey_answers(servers):
    code, out, _ = journey(*SMALL, "--then", "verify_ledger --json --head 00", "--then", "verify_ledger")

    played, verified, *_ = out.splitlines()
    assert code == 1
    assert json.loads(played)["tranches_paid"] == 4
    assert "is not in the chain" in json.loads(verified)["problems"][0]


def test_small_journey_keeps_every_promise_and_leaves_nothing_behind(servers):
    with journey_process(*SMALL, "--then", "verify_ledger --json") as process:
        out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    report, verified = map(json.loads, out.splitlines())
    assert (verified["ledger_sum_pence"], verified["problems"]) == (0, [])
    assert verified["journals"] > report["tranches_paid"]
    assert report.pop("seconds") > 0
    assert report == {
        "neighbourhoods": 2,
        "voters": 12,
        "ballots": 12,
        "agreements": 2,
        "tranches_due": 4,
        "tranches_paid": 4,
        "duplicates": 0,
        "ledger_sum_pence": 0,
        "committed_pence": 0,
        "paid_pence": report["paid_pence"],
        "endowment_pence": 50_000_000_000 - report["paid_pence"],
    }
    assert report["paid_pence"] > 0
    assert left_behind(process.pid) == []


def test_journey_interrupted_leaves_nothing_behind(servers):
    with journey_process(*SMALL) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "start 1" in line:
                process.send_signal(signal.SIGINT)
                break
        process.communicate(timeout=180)
    assert process.returncode == 130, lines
    ends = time.monotonic() + 30
    while left_behind(process.pid) and time.monotonic() < ends:
        time.sleep(0.1)  # children of children end a moment later
    assert left_behind(process.pid) == []


def test_journey_with_an_argument_that_cannot_be_says_so_in_one_line(servers):
    code, out, err = journey("--years", "ten")
    assert (code, out, err.strip()) == (2, "", "--years takes a whole number, not 'ten'.")


def test_bank_that_is_away_is_said_in_a_sentence():
    assert not SandboxBank("http://127.0.0.1:1").is_healthy()
