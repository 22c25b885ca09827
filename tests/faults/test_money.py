"""The short form of the kill battery: every kind of fault, few of each, and a naive worker that must be caught."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from cwf_portal.operations.faults.battery import EXITS, PER_THOUSAND
from cwf_portal.operations.faults.servers import MEMORY, PREFIX
from tests.support import cluster, databases
from tests.support.portal import environment

ROW = re.compile(r"^(?P<fault>\S.*?)  +(?P<hits>\d+)  +(?P<kills>\d+)  +(?P<due>\d+)  +(?P<paid>\d+)  +(?P<twice>\d+)")
SECONDS = 1200  # beside other tests on a busy machine; alone it takes about a minute and a half


def battery(*options: str) -> "subprocess.Popen[str]":
    surroundings = environment("none", CWF_TESTING="", CWF_VAR=str(cluster.home()))
    command = [sys.executable, "manage.py", "faults", *options]
    return subprocess.Popen(
        command, cwd=cluster.CHECKOUT, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def left_behind(pid: int) -> list[str]:
    """Folders of its servers, and processes that still work in one."""
    return [folder.name for folder in MEMORY.glob(f"{PREFIX}{pid}-*")]


def test_every_kind_of_fault_pays_each_payment_once_and_the_naive_worker_is_caught(
    django_db_setup: None, tmp_path: Path
) -> None:
    databases.write_dump(tmp_path / "template.sql")
    with battery("--short", "--seed", "7", "--dump", str(tmp_path / "template.sql")) as process:
        out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 0, err
    portal, naive = out.split("\n\n")
    rows = {found["fault"]: found for found in map(ROW.match, portal.splitlines()) if found}
    assert set(rows) == {*PER_THOUSAND, "all"}
    assert all(0 < int(row["due"]) == int(row["paid"]) for row in rows.values())
    assert all(int(rows[name]["kills"]) > 0 for name in EXITS)
    assert (
        int(next(found for found in map(ROW.match, naive.splitlines()) if found and found["fault"] == "all")["twice"])
        > 0
    )
    assert left_behind(process.pid) == []


def test_battery_that_is_ended_leaves_nothing_behind() -> None:
    with battery("--short") as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "making the database" in line)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=180)

    assert process.returncode == 128 + signal.SIGTERM
    ends = time.monotonic() + 30
    while left_behind(process.pid) and time.monotonic() < ends:
        time.sleep(0.1)
    assert left_behind(process.pid) == []
