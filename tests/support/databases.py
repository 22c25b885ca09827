"""Databases for tests: one template per state of migrations and data, and clones of it that are thrown away.

Nothing is ever flushed: append-only tables refuse TRUNCATE, which is what Django's own way would do.
"""

import contextlib
import fcntl
import hashlib
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command, get_commands
from django.db import connections
from psycopg import sql

from tests.support import cluster

ALIASES = ("default", "owner", "reader")
SHAPES_THE_TEMPLATE = (
    "*/migrations/*.py",
    "*/sql/*",
    "*/sql_operations.py",
    "*/data/**/*",
    "*/loaders/**/*.py",
    "*/management/commands/load*.py",
    "*/measures.py",
)
_numbers = itertools.count()


def template_name() -> str:
    """`tpl_` and a hash of every file that decides what is in the template."""
    files = {
        file
        for room in ("cwf_portal", "cwf_portal/core", "neighbourhoods", "panels", "grants")
        for pattern in SHAPES_THE_TEMPLATE
        for file in (cluster.CHECKOUT / room).parent.glob(f"{Path(room).name}/{pattern.removeprefix('*/')}")
        if file.is_file()
    }
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(str(file).encode() + hashlib.sha256(file.read_bytes()).digest())
    return f"tpl_{total.hexdigest()[:16]}"


def ensure_template() -> str:
    """The name of the template, built first where nobody has; other workers wait for the one that builds."""
    name = template_name()
    with (cluster.home() / "template.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _exists(name):
            _drop_older()
            draft = f"draft_{name}"
            drop(draft)
            _execute("CREATE DATABASE {} OWNER cwf_owner", draft)
            with _switched_to(draft):
                _fill()
            _execute("ALTER DATABASE {} RENAME TO {}", draft, name)  # last: a half-built one is never taken
    return name


def _fill() -> None:
    """Migrate as the owner, hand the application the time machine, load the 225 places."""
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    with connections["owner"].cursor() as cursor:
        cursor.execute("GRANT UPDATE ON core_clock TO cwf_app")
    if "load_places" in get_commands():
        call_command("load_places", verbosity=0)


@contextmanager
def clone() -> Iterator[str]:
    """A fresh copy of the template, dropped afterwards whoever is still connected."""
    name = f"clone_{cluster.WORKER}_{os.getpid()}_{next(_numbers)}"
    copy(ensure_template(), name)
    try:
        yield name
    finally:
        drop(name)


@contextmanager
def switched_to_a_clone() -> Iterator[str]:
    """All aliases, in every thread, work on a clone meanwhile: for tests that commit."""
    with clone() as name, _switched_to(name):
        yield name


@contextmanager
def _switched_to(name: str) -> Iterator[None]:
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


def copy(template: str, name: str) -> None:
    """Clone a database; on tmpfs copying files beats replaying the log."""
    _execute("CREATE DATABASE {} TEMPLATE {} OWNER cwf_owner STRATEGY file_copy", name, template)


def drop(name: str) -> None:
    _execute("DROP DATABASE IF EXISTS {} (FORCE)", name)


def drop_those_of_dead_runs() -> None:
    """Clones and drafts whose process has ended without dropping them."""
    for name in _names("test_%") + _names("clone_%"):
        pid = next((int(part) for part in name.split("_")[2:3] if part.isdigit()), 0)
        if not Path(f"/proc/{pid}").exists():
            drop(name)


def _drop_older() -> None:
    for name in _names("tpl_%") + _names("draft_%"):
        drop(name)


def _names(pattern: str) -> list[str]:
    with cluster.postgres().connect("postgres") as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern]).fetchall()
    return [row[0] for row in rows]


def _exists(name: str) -> bool:
    return name in _names(name)


def _execute(statement: str, *names: str) -> None:
    with contextlib.closing(cluster.postgres().connect("postgres")) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
