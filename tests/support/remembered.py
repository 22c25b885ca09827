"""Beginnings that tests share: told once in a process, kept in a database of their own, begun anew by each test."""

import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.support import cluster, databases

T = TypeVar("T")
_remembered: dict[str, "_Beginning"] = {}


@dataclass(frozen=True)
class _Beginning:
    """Attributes:
    database: A clone of the template in which the beginning is committed.
    connection: Stays open from test to test.
    told: What the teller returned, pickled, so that each test has objects of its own.
    """

    database: str
    connection: BaseDatabaseWrapper
    told: bytes


@contextmanager
def remembered(name: str, tell: Callable[[], T]) -> Iterator[T]:
    """What `tell()` returned, with the database as it left it; what the test does there is undone afterwards.

    Within a test that may use the database and has written nothing yet. The clock of record went on since the beginning
    was told.

    Args:
        name: Of the beginning, one word.
        tell: Is called once in this process, and commits.
    """
    ours = connections["default"]
    with ours.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id_if_assigned()")
        if cursor.fetchone()[0] is not None:
            raise RuntimeError(f"What this test has written stays behind in another database: ask for {name} first.")
    try:
        beginning = _remembered.get(name) or _tell(name, tell)
        connections["default"] = beginning.connection
        with _undone(beginning.connection):
            yield pickle.loads(beginning.told)  # noqa: S301 - our own
    finally:
        connections["default"] = ours


@contextmanager
def committed(name: str, tell: Callable[[], T]) -> Iterator[T]:
    """The same in a clone of its own, where the test really commits: all aliases, in every thread, work there.

    Args:
        name: Of the beginning, one word; `remembered` may know it too.
        tell: Is called once in this process, and commits.
    """
    ours = connections["default"]
    try:
        beginning = _remembered.get(name) or _tell(name, tell)
    finally:
        connections["default"] = ours
    beginning.connection.close()  # a database to which somebody is connected cannot be copied
    with databases.switched_to_a_clone(of=beginning.database):
        yield pickle.loads(beginning.told)  # noqa: S301 - our own


def forget_all() -> None:
    """Close the connections and drop the databases."""
    for beginning in _remembered.values():
        beginning.connection.close()
        databases.server().drop(beginning.database)
    _remembered.clear()


def _tell(name: str, tell: Callable[[], object]) -> _Beginning:
    server = databases.server()
    database = f"clone_{cluster.WORKER}_{os.getpid()}_{name}"
    server.copy(server.ensure_template(), database)
    usual = connections["default"]
    connections["default"] = connection = type(usual)({**usual.settings_dict, "NAME": database}, "default")
    return _remembered.setdefault(name, _Beginning(database, connection, pickle.dumps(tell())))


@contextmanager
def _undone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """One transaction that is rolled back, its deferred rules checked before: as Django's TestCase does."""
    atomic = transaction.atomic()
    atomic._from_testcase = True  # type: ignore[attr-defined]
    with atomic:
        yield
        if not connection.needs_rollback and connection.is_usable():
            connection.check_constraints()
        transaction.set_rollback(True)
