"""Fixtures of all tests: the tests' own servers, the database of this worker, clones, a real portal, no network."""

import fcntl
import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import hypothesis
import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from cwf_portal.embedded.supervisor import hold
from tests.support import cluster, databases, network
from tests.support.order import read_ahead, shared_out
from tests.support.portal import Portal, running
from tests.support.remembered import committed, forget_all

hypothesis.settings.register_profile("portal", deadline=None)  # speed is measured in bench/, not asserted
hypothesis.settings.load_profile("portal")


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Where all tests are asked for, each worker begins elsewhere and finds compiled what others have read.

    In a clean checkout pytest writes the assertions of every test anew, most of what reading them costs.
    """
    ours = getattr(session.config, "workerinput", {})
    if ours and session.config.args == session.config.getini("testpaths"):
        read_ahead(int(ours["workerid"].removeprefix("gw")), of=ours["workercount"])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several workers share the tests, so that they wait little for each other."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers > 1:
        items[:] = shared_out(items, workers)


def pytest_collection_finish() -> None:
    """What is there now stays to the end: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    lift = network.block()
    yield
    lift()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[None]:
    """The tests' PostgreSQL runs."""
    cluster.prepare_home()
    with hold(cluster.home(), [cluster.postgres()]):
        yield


@pytest.fixture(scope="session")
def redis_server() -> Iterator[None]:
    """This worker's own Redis runs; without this fixture there is none and the cache is the process's memory."""
    cluster.prepare_home()
    with hold(cluster.redis().home, [cluster.redis()]):
        yield


@pytest.fixture(scope="session")
def django_db_setup(postgres_server: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """pytest-django's own is replaced: this worker's database is a clone of the template, never flushed."""
    name = connections.settings["default"]["NAME"]
    server = databases.server()
    with django_db_blocker.unblock():
        server.drop_those_of_dead_runs()
        server.copy(server.ensure_template(), name)
        yield
        forget_all()
        connections.close_all()
        server.drop(name)


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A clone of the template in which everything is really committed, dropped afterwards; its name.

    All aliases point to it, in every thread. Not together with the fixture `db` or the mark `django_db`.
    """
    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        pytest.fail("committed_db is a database of its own: drop the mark django_db and the fixture db")
    with django_db_blocker.unblock(), databases.switched_to_a_clone() as name:
        yield name


@pytest.fixture
def committed_beginning(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[str, Callable[[], Any]], Any]]:
    """What `committed_db` is, with a beginning in it that is told once: `committed_beginning("story", tell_story)`."""
    if request.node.get_closest_marker("django_db") or {"db", "committed_db"} & {*request.fixturenames}:
        pytest.fail("committed_beginning is a database of its own: drop the mark django_db and the other fixture")
    with django_db_blocker.unblock(), ExitStack() as stack:
        yield lambda name, tell: stack.enter_context(committed(name, tell))


@pytest.fixture(scope="session")
def portal_server(
    redis_server: None, built_static: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Portal]]:
    """One server for all tests of this worker, started by the first: it looks at its database when it starts."""
    with ExitStack() as stack:
        yield cache(lambda: stack.enter_context(running(databases.OURS, tmp_path_factory.mktemp("portal"))))


@pytest.fixture
def begun(committed_db: str) -> object:
    """What `portal` finds in its clone when it starts: nothing yet. A module may tell a beginning instead."""


@pytest.fixture
def portal(begun: object, portal_server: Callable[[], Portal], settings: Settings) -> Portal:
    """A real portal on a clone: `portal.url`, `portal.sign_in(user)`; rows and keys of this process are there too."""
    started = portal_server()
    settings.KEYS_DIR = started.keys
    return started


@pytest.fixture(scope="session")
def built_static() -> None:
    """Style sheet and hashed static files are up to date."""
    cluster.prepare_home()
    with (cluster.home() / "static.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([sys.executable, "cwf_portal/embedded/bootstrap.py"], cwd=cluster.CHECKOUT, check=True)
