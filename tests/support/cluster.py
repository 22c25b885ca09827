"""Where the tests' own servers live: in memory, one set per checkout, kept between runs for the template in it."""

import hashlib
import os
import shutil
from pathlib import Path

from cwf_portal.embedded.postgres import Postgres
from cwf_portal.embedded.redis import Redis

CHECKOUT = Path(__file__).resolve().parent.parent.parent
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, 0700 where it matters
WANTED_BYTES = 2**30
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


def home() -> Path:
    """The folder of this checkout's test servers: in memory where a gigabyte is free, else under `var`."""
    if os.environ.get("CWF_TEST_HOME"):
        return Path(os.environ["CWF_TEST_HOME"])
    chosen = MEMORY / f"cwf-test-{hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]}"
    if not chosen.exists() and (not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < WANTED_BYTES):
        chosen = CHECKOUT / "var" / "test-servers"
    os.environ["CWF_TEST_HOME"] = str(chosen)
    return chosen


def postgres() -> Postgres:
    """The tests' PostgreSQL: what it loses at a power cut nobody misses."""
    return Postgres(home=home(), sockets=home() / "run", settings=FAST)


def redis() -> Redis:
    """A Redis for this worker alone, or queues of two workers would mix."""
    return Redis(home=home() / f"redis-{WORKER}", socket=home() / "run" / f"{WORKER}.sock")


def prepare_home() -> None:
    """Make the home, note whose it is, and clear away those of checkouts that are gone."""
    home().mkdir(parents=True, exist_ok=True)
    (home() / "checkout").write_text(str(CHECKOUT), encoding="utf-8")
    for other in MEMORY.glob("cwf-test-*"):
        owner = other / "checkout"
        if owner.exists() and os.access(other, os.W_OK) and not Path(owner.read_text(encoding="utf-8")).exists():
            Postgres(home=other, sockets=other / "run").stop()
            shutil.rmtree(other, ignore_errors=True)
