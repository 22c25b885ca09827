"""Start the servers a command needs and that nobody runs yet; the last command to leave stops them.

Who uses the servers of a checkout is counted with a shared file lock, which the kernel takes back from a killed
process: a command killed with -9 leaves servers running, the next one finds and uses them, and stops them when it
is the last.
"""

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cwf_portal.embedded import external, paths
from cwf_portal.embedded.errors import ServerError
from cwf_portal.embedded.postgres import Postgres
from cwf_portal.embedded.redis import Redis

CHECKOUT = Path(__file__).resolve().parent.parent.parent
WITHOUT_SERVERS = frozenset(
    {"check", "collectstatic", "compilemessages", "help", "makemessages", "spectacular", "tally", "version", ""}
)
WITHOUT_REDIS = frozenset({"dbshell", "lintmigrations", "makemigrations", "migrate", "showmigrations", "sqlmigrate"})


@contextmanager
def servers_for(argv: Sequence[str]) -> Iterator[None]:
    """Around a `manage.py` command: its servers are there, or it ends with one line that says which is not and why.

    Args:
        argv: As in `sys.argv`: program, command, options.
    """
    command = argv[1] if len(argv) > 1 else ""
    if command in WITHOUT_SERVERS or command.startswith("-") or {"--help", "-h"} & set(argv):
        yield
        return
    try:
        with servers(var_folder(), with_redis=command not in WITHOUT_REDIS):
            yield
    except ServerError as error:
        sys.exit(f"{error}")


def var_folder() -> Path:
    """The folder of everything this checkout writes, as the settings have it."""
    return Path(os.environ.get("CWF_VAR", CHECKOUT / "var"))


@contextmanager
def servers(var: Path, *, with_redis: bool = True) -> Iterator[None]:
    """Hold the embedded servers of `var`, or check those that the environment names instead.

    Raises:
        ServerError: a server cannot be reached or started.
    """
    wanted = _wanted(var, with_redis=with_redis)
    if not wanted:
        yield
        return
    var.mkdir(parents=True, exist_ok=True)
    with (var / "servers.users").open("a") as users:
        with _exclusive(var):
            fcntl.flock(users, fcntl.LOCK_SH)
            for server in wanted:
                server.start()
        try:
            with _terminated_like_interrupted():
                yield
        finally:
            _leave(var, users)


def _wanted(var: Path, *, with_redis: bool) -> list[Postgres | Redis]:
    """The servers of ours that the command needs; those named by the environment are asked at once."""
    wanted: list[Postgres | Redis] = []
    for name in external.DATABASE_NAMES:
        if os.environ.get(name):
            external.check_database(name)
    if not os.environ.get("DATABASE_URL"):
        wanted.append(embedded_postgres(var))
    if not with_redis:
        return wanted
    if os.environ.get("REDIS_URL"):
        external.check_redis()
    else:
        wanted.append(embedded_redis(var))
    return wanted


def embedded_postgres(var: Path) -> Postgres:
    """The PostgreSQL of this checkout."""
    return Postgres(home=paths.home(var), sockets=paths.socket_folder(var))


def embedded_redis(var: Path) -> Redis:
    """The Redis of this checkout."""
    return Redis(home=paths.home(var), socket=paths.redis_socket(var))


@contextmanager
def _exclusive(var: Path) -> Iterator[None]:
    """Nobody else starts or stops servers of this checkout meanwhile."""
    with (var / "servers.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _leave(var: Path, users: IO[str]) -> None:
    """Stop the servers where no other command uses them."""
    with _exclusive(var):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        embedded_redis(var).stop()
        embedded_postgres(var).stop()


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM unwinds the stack as Ctrl-C does, so that what was started is stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


