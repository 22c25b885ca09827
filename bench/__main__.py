"""`make bench`: what the machinery under everything costs on this machine, as one JSON object.

Each number is the median of several runs, in the unit its name ends with.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from cwf_portal.core.clock import core_now  # noqa: E402 - Django comes first
from cwf_portal.embedded.postgres import Postgres  # noqa: E402
from cwf_portal.embedded.supervisor import hold  # noqa: E402
from tests.support import cluster, databases  # noqa: E402

ROUNDS = 5
CLOCK_CALLS = 2_000


def median_ms(work: Callable[[], object]) -> float:
    """Milliseconds that `work` takes, the median of a few runs."""
    seconds = []
    for _ in range(ROUNDS):
        begins = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begins)
    return round(statistics.median(seconds) * 1000, 2)


def first_start_ms() -> float:
    """An embedded PostgreSQL from nothing: initdb, start, roles, database."""
    with tempfile.TemporaryDirectory(prefix="cwf-", dir=cluster.home().parent) as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = Postgres(home=home, sockets=home / "run")
        begins = time.perf_counter()
        server.start()
        taken = time.perf_counter() - begins
        server.stop()
    return round(taken * 1000, 2)


def clone_ms() -> float:
    """A scratch database with everything in it, made and dropped."""

    def once() -> None:
        with databases.clone():
            pass

    return median_ms(once)


def clock_us() -> float:
    """One reading of the clock of record, the round trip included."""
    with databases.switched_to_a_clone():
        return round(median_ms(lambda: [core_now() for _ in range(CLOCK_CALLS)]) * 1000 / CLOCK_CALLS, 2)


def main() -> None:
    cluster.prepare_home()
    with hold(cluster.home(), [cluster.postgres()]):
        begins = time.perf_counter()
        databases.server().ensure_template()
        template = round(time.perf_counter() - begins, 2)
        measured = {
            "template_s": template,
            "clone_ms": clone_ms(),
            "core_now_us": clock_us(),
            "embedded_postgres_first_start_ms": first_start_ms(),
        }
    json.dump(measured, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
