"""A fund that has paid, once made and copied for every test, so that each may forge its own copy."""

import itertools
import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connections, transaction
from pytest_django import DjangoDbBlocker

from cwf_portal.operations.templates import switched_to
from tests.support import cluster, databases
from tests.unit.grants.payment_world import World, make_world, running_bank

_numbers = itertools.count()
Forge = Callable[..., None]


@pytest.fixture(scope="session")
def lived(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database in which two places were paid once, one payment came back and was tried again."""
    folder = tmp_path_factory.mktemp("bank")
    with django_db_blocker.unblock(), databases.clone() as name:
        with switched_to(name), running_bank(folder / "bank.sqlite3") as bank:
            _live(make_world(bank, places=2))
        yield name


def _live(world: World) -> None:
    world.bank.credit(reference="A LEGACY", amount_pence=5_000, on=world.tranche().process_on)
    world.pay()
    world.go_to(world.tranche().due_on + timedelta(days=1))


@pytest.fixture
def books(lived: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A copy of that database; all aliases work on it."""
    server = databases.server()
    name = f"clone_{cluster.WORKER}_{os.getpid()}_forged{next(_numbers)}"
    with django_db_blocker.unblock():
        server.copy(lived, name)
        try:
            with switched_to(name):
                yield
        finally:
            server.drop(name)


@pytest.fixture
def forge(books: None) -> Forge:
    """Change rows as the owner, with the table's triggers switched off for good: only the reconciler can notice."""

    def change(table: str, statement: str, *values: object) -> None:
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement, values)
            assert cursor.rowcount, "nothing was forged"

    return change
