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
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO

from cwf_portal.embedded import external, paths
from cwf_portal.embedded.errors import ServerError
from cwf_portal.embedded.postgres import Postgres
from cwf_portal.embedded.redis import Redis

Server = Postgres | Redis
CHECKOUT = Path(__file__).resolve().parent.parent.parent
WITHOUT_SERVERS = frozenset(
    {
        "check",
        "collectstatic",
        "compilemessages",
        "faults",
        "help",
        "makemessages",
        "spectacular",
        "tally",
        "version",
        "",
    }
)
STAYS_UP = frozenset({"demo"})  # servers that die under it are started again
WATCH_SECONDS = 1.0
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
        with servers(var_folder(), with_redis=command not in WITHOUT_REDIS, watch=command in STAYS_UP):
            yield
    except ServerError as error:
        sys.exit(f"{error}")


def var_folder() -> Path:
    """The folder of everything this checkout writes, as the settings have it."""
    return Path(os.environ.get("CWF_VAR", CHECKOUT / "var"))


@contextmanager
def servers(var: Path, *, with_redis: bool = True, watch: bool = False) -> Iterator[None]:
    """Hold the embedded servers of `var`, or check those that the environment names instead.

    Args:
        var: The folder of everything the checkout writes.
        with_redis: False for commands that only need the database.
        watch: Start a server again that dies meanwhile.

    Raises:
        ServerError: a server cannot be reached or started.
    """
    ours = (embedded_postgres(var), embedded_redis(var))
    wanted = _wanted(var, with_redis=with_redis)
    watcher = watching(var, wanted) if watch else nullcontext()
    with hold(var, wanted, stop=ours), _terminated_like_interrupted(), watcher:
        yield


@contextmanager
def watching(folder: Path, wanted: Sequence[Server]) -> Iterator[None]:
    """Start servers again that die, within a second or two; what cannot be started is said and tried again."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(WATCH_SECONDS):
            for server in wanted:
                if server.is_running():
                    continue
                try:
                    with _exclusive(folder):
                        server.start()
                except ServerError as error:
                    sys.stderr.write(f"{error}\n")

    thread = threading.Thread(target=look, name="watch servers", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def hold(folder: Path, wanted: Sequence[Server], *, stop: Sequence[Server] = ()) -> Iterator[None]:
    """Use servers together with whoever else holds `folder`: started by the first, stopped by the last.

    Args:
        folder: Where the lock files lie; one folder stands for one set of servers.
        wanted: The servers this user needs, in the order of their start.
        stop: What the last user stops, where that is more than it wanted itself.

    Raises:
        ServerError: one of them could not be started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "servers.users").open("a") as users:
        try:
            with _exclusive(folder):
                fcntl.flock(users, fcntl.LOCK_SH)
                for server in wanted:
                    server.start()
            yield
        finally:
            _leave(folder, users, stop or wanted)


def _wanted(var: Path, *, with_redis: bool) -> list[Server]:
    """The servers of ours that the command needs; those named by the environment are asked at once."""
    wanted: list[Server] = []
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
def _exclusive(folder: Path) -> Iterator[None]:
    """Nobody else starts or stops servers of this folder meanwhile."""
    with (folder / "servers.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _leave(folder: Path, users: IO[str], stop: Sequence[Server]) -> None:
    """Stop the servers where nobody else uses them."""
    with _exclusive(folder):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        for server in reversed(stop):
            server.stop()


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
