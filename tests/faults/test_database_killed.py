"""PostgreSQL killed with -9 under load, again and again: back in seconds, and no acknowledged commit is lost."""

import contextlib
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cwf_portal.embedded import processes
from cwf_portal.embedded.postgres import Postgres
from tests.support import cluster

KILLS = 5
BACK_SECONDS = 30.0  # a second or two alone; other tests have the processors too
BETWEEN_KILLS = 50  # acknowledged commits


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A server as in the demo, but for fsync: the machine does not lose power, and waiting for disks proves nothing."""
    home = Path(tempfile.mkdtemp(prefix="cwf-", dir=cluster.home().parent))
    home.chmod(0o755)
    server = Postgres(home=home, sockets=home / "run", settings={"fsync": "off"})
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home)


class Writer(threading.Thread):
    """Commits one number after another and remembers which ones the database acknowledged."""

    def __init__(self, server: Postgres) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.acknowledged: list[int] = []
        self.over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            try:
                with self.server.connect(user="cwf_owner") as connection:
                    while not self.over.is_set():
                        number += 1  # never again the same: whether a broken attempt was kept is unknown
                        connection.execute("INSERT INTO kept VALUES (%s)", [number])
                        self.acknowledged.append(number)
            except psycopg.OperationalError:
                self.over.wait(0.01)


def test_every_acknowledged_commit_outlives_the_kills(postgres):
    with postgres.connect(user="cwf_owner") as connection:
        connection.execute("CREATE TABLE kept (n int PRIMARY KEY)")
    writer = Writer(postgres)
    writer.start()
    slowest = 0.0
    for _ in range(KILLS):
        reached = len(writer.acknowledged) + BETWEEN_KILLS
        assert processes.wait_until(lambda reached=reached: len(writer.acknowledged) >= reached, 60)
        for pid in list(processes.working_in(postgres.data)):
            with contextlib.suppress(ProcessLookupError):  # it fell with the one before
                os.kill(pid, signal.SIGKILL)
        begins = time.monotonic()
        postgres.start()
        slowest = max(slowest, time.monotonic() - begins)
    writer.over.set()
    writer.join()
    with postgres.connect(user="cwf_owner") as connection:
        kept = {row[0] for row in connection.execute("SELECT n FROM kept")}
    assert set(writer.acknowledged) - kept == set()
    assert slowest <= BACK_SECONDS
