"""Scratch databases: one template per state of migrations and data, and clones of it that are thrown away.

The journey and the tests start from the same template: migrated, the 225 places loaded, the time machine handed to
the application. Nothing is ever flushed: append-only tables refuse TRUNCATE, which is what Django's own way would do.
"""

import fcntl
import hashlib
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.core.management import call_command, get_commands
from django.db import connections
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent.parent
ALIASES = ("default", "owner", "reader")
ROOMS = ("cwf_portal/core", "neighbourhoods", "panels", "grants")
SHAPES_THE_TEMPLATE = (
    "migrations/*.py",
    "sql/*",
    "sql_operations.py",
    "data/**/*",
    "services/loading/*.py",
    "services/price_indices.py",
    "management/commands/load*.py",
    "measures.py",
)
LOADERS = ("load_places", "load_price_indices")
_numbers = itertools.count()


def template_name() -> str:
    """`tpl_` and a hash of every file that decides what is in the template."""
    files = {file for room in ROOMS for shape in SHAPES_THE_TEMPLATE for file in (ROOT / room).glob(shape)}
    total = hashlib.sha256()
    # Bytecode comes into being while we run, and says nothing new.
    for file in sorted(file for file in files if file.is_file() and file.suffix != ".pyc"):
        total.update(str(file.relative_to(ROOT)).encode() + hashlib.sha256(file.read_bytes()).digest())
    return f"tpl_{total.hexdigest()[:16]}"


@dataclass(frozen=True)
class TemplateServer:
    """A PostgreSQL server on which databases may be made.

    Attributes:
        connect: An autocommit connection, to any database but a template, by somebody who may make databases.
        lock: A file that keeps two processes from building the template at once.
    """

    connect: Callable[[], psycopg.Connection]
    lock: Path

    def ensure_template(self) -> str:
        """The name of the template, built first where nobody has; others wait for the one who builds."""
        name = template_name()
        with self.lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if name not in self.names("tpl_%"):
                self._drop_older()
                self._build(name)
        return name

    @contextmanager
    def clone(self, owner: str, *, name: str = "", of: str = "") -> Iterator[str]:
        """A fresh copy of the template, dropped afterwards whoever is still connected.

        Args:
            owner: Who wants it, one word; with our process number it makes the name.
            name: The name, where another process has to know it beforehand; one of the same name is dropped first.
            of: Another database to copy instead, to which nobody is connected.
        """
        if name:
            self.drop(name)
        name = name or f"clone_{owner}_{os.getpid()}_{next(_numbers)}"
        self.copy(of or self.ensure_template(), name)
        try:
            yield name
        finally:
            self.drop(name)

    def copy(self, template: str, name: str) -> None:
        """Clone a database; on tmpfs copying files beats replaying the log."""
        self._execute("CREATE DATABASE {} TEMPLATE {} OWNER cwf_owner STRATEGY file_copy", name, template)
        self._execute("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC", name)  # a copy does not inherit this

    def drop(self, name: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} (FORCE)", name)

    def drop_those_of_dead_runs(self) -> None:
        """Clones whose process has ended without dropping them."""
        for name in [*self.names("test_%"), *self.names("clone_%")]:
            pid = next((int(part) for part in name.split("_")[2:3] if part.isdigit()), 0)
            if not Path(f"/proc/{pid}").exists():
                self.drop(name)

    def names(self, pattern: str) -> list[str]:
        """Databases whose name is LIKE `pattern`."""
        with closing(self.connect()) as connection:
            rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern]).fetchall()
        return [row[0] for row in rows]

    def _build(self, name: str) -> None:
        draft = f"draft_{name}"
        self.drop(draft)
        self._execute("CREATE DATABASE {} OWNER cwf_owner", draft)
        with switched_to(draft):
            fill()
        self._execute("ALTER DATABASE {} RENAME TO {}", draft, name)  # last: a half-built one is never taken

    def _drop_older(self) -> None:
        for name in [*self.names("tpl_%"), *self.names("draft_%")]:
            self.drop(name)

    def _execute(self, statement: str, *names: str) -> None:
        with closing(self.connect()) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def fill() -> None:
    """Migrate as the owner, hand the application the time machine, load what comes with the portal."""
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    with connections["owner"].cursor() as cursor:
        cursor.execute("GRANT UPDATE ON core_clock TO cwf_app")
    for command in LOADERS:
        if command in get_commands():
            call_command(command, verbosity=0)


@contextmanager
def switched_to(name: str) -> Iterator[None]:
    """All aliases, in every thread, work on the named database meanwhile."""
    before = {alias: connections.settings[alias]["NAME"] for alias in ALIASES}
    _point_at(dict.fromkeys(ALIASES, name))
    try:
        yield
    finally:
        _point_at(before)


def _point_at(names: dict[str, str]) -> None:
    connections.close_all()
    for alias, name in names.items():
        # Threads copy these settings when they connect; an open wrapper of this thread has the same dictionary.
        connections.settings[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name
