"""A connection that was kept from an earlier request: used as it is while it stands, replaced when it does not."""

import select
from collections.abc import Iterator

import pytest
from django.db import connection, connections
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper

from cwf_portal.postgres.base import DatabaseWrapper

PATIENCE_MS = 60_000


@pytest.fixture
def kept(committed_db: str) -> Iterator[DatabaseWrapper]:
    """A connection on which a request has asked something, at the beginning of the next."""
    given = DatabaseWrapper({**connection.settings_dict, "CONN_HEALTH_CHECKS": True}, "kept")
    _server_of(given)
    given.close_if_unusable_or_obsolete()
    yield given
    given.close()
    connections.close_all()


def _server_of(one: DatabaseWrapper) -> int:
    """The process that serves it, asked as a view would."""
    with one.cursor() as cursor:
        return _first(cursor, "SELECT pg_backend_pid()")


def _first(cursor: CursorWrapper, question: str, *values: int) -> int:
    cursor.execute(question, values)
    found: int = cursor.fetchone()[0]
    return found


def _hears(one: DatabaseWrapper) -> bool:
    """Whether the server sends something before the test gives up."""
    heard = select.poll()
    heard.register(one.connection.pgconn.socket, select.POLLIN)
    return bool(heard.poll(PATIENCE_MS))


@pytest.fixture
def _django_would_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", lambda self: False)


@pytest.mark.usefixtures("_django_would_refuse")
def test_a_connection_at_rest_is_used_without_a_question(kept: DatabaseWrapper) -> None:
    before = kept.connection
    _server_of(kept)
    assert kept.connection is before


def test_a_connection_that_the_server_ended_is_replaced_at_the_next_request(kept: DatabaseWrapper) -> None:
    ended = _server_of(kept)
    kept.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        assert _first(cursor, "SELECT pg_terminate_backend(%s)", ended)
    assert _hears(kept)
    assert not kept.is_usable()
    assert _server_of(kept) != ended


def test_a_server_that_only_says_something_is_asked_and_kept(kept: DatabaseWrapper) -> None:
    with kept.cursor() as cursor:
        cursor.execute("LISTEN news")
    before = _server_of(kept)
    kept.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY news")
    assert _hears(kept)
    assert kept.is_usable()
    assert _server_of(kept) == before


@pytest.mark.usefixtures("_django_would_refuse")
def test_a_connection_within_a_transaction_is_asked(kept: DatabaseWrapper) -> None:
    _server_of(kept)
    kept.set_autocommit(False)
    _server_of(kept)
    assert not kept.is_usable()
    kept.rollback()
    assert kept.is_usable()


def test_a_connection_that_was_never_made_or_is_closed_is_not_usable(kept: DatabaseWrapper) -> None:
    assert not DatabaseWrapper(connection.settings_dict, "none").is_usable()
    _server_of(kept)
    kept.connection.close()
    assert not kept.is_usable()
