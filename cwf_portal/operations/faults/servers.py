"""Servers of the battery's own, in a folder of its own: it kills them, and nobody else may stand on them."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cwf_portal.embedded.errors import ServerError
from cwf_portal.embedded.postgres import DATABASE, SUPERUSER, Postgres
from cwf_portal.embedded.redis import Redis

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
WANTED_BYTES = 2**30
PREFIX = "cwf-faults-"
# The machine does not lose power, so nobody waits for disks; what was acknowledged outlives its process all the same.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
ROLES = {"DATABASE_URL": "cwf_app", "DATABASE_OWNER_URL": "cwf_owner", "DATABASE_READER_URL": "cwf_reader"}


def postgres_in(folder: Path) -> Postgres:
    return Postgres(home=folder, sockets=folder / "run", settings=SETTINGS)


def redis_in(folder: Path) -> Redis:
    return Redis(home=folder / "broker", socket=folder / "broker" / "run" / "redis.sock")


def restore(postgres: Postgres, dump: Path) -> None:
    """Fill the database with what `pg_dump` wrote of another, all of it or nothing.

    Raises:
        ServerError: the file is none, or does not fit; the sentence says what was wrong.
    """
    whose = [f"--host={postgres.sockets}", f"--username={SUPERUSER}", f"--dbname={DATABASE}"]
    how = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={dump}"]
    done = subprocess.run(
        [postgres.program() / "psql", *whose, *how], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        raise ServerError(f"The dump could not be restored: {done.stderr.strip()}")


@contextmanager
def own_servers() -> Iterator[dict[str, str]]:
    """PostgreSQL and Redis, gone when the block ends; yields what a process needs to play in there."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= WANTED_BYTES
    home = MEMORY if roomy else Path(tempfile.gettempdir())
    _clear_away_dead_runs(home)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=home))
    folder.chmod(0o755)  # PostgreSQL may run as another user
    postgres, redis = postgres_in(folder), redis_in(folder)
    (folder / "points").mkdir()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that what stands is taken down
    try:
        redis.home.mkdir()
        postgres.start()
        redis.start()
        yield os.environ | {
            **{name: f"postgresql://{role}@/cwf?host={postgres.sockets}" for name, role in ROLES.items()},
            "REDIS_URL": f"redis+socket://{redis.socket}",
            "CWF_SCRATCH": "1",
            "CWF_VAR": str(folder),
            "CWF_CRASH_POINTS": str(folder / "points"),
            "DEMO": "",
            "CWF_TESTING": "",
        }
    finally:
        _take_down(folder)


def _take_down(folder: Path) -> None:
    redis_in(folder).stop()
    postgres_in(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


def _clear_away_dead_runs(home: Path) -> None:
    """What a battery that was itself killed with -9 left behind."""
    for folder in home.glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            _take_down(folder)
