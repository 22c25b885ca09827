"""The runbook's commands for backup and restore, on a fund that has paid: what comes back is what was saved."""

import json
import os
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from psycopg import sql
from pytest_django import DjangoDbBlocker

from cwf_portal.embedded.postgres import SUPERUSER
from cwf_portal.operations.templates import switched_to
from grants.models import Journal, StatementLine
from grants.reconciler import reconcile
from grants.selectors.days import today
from tests.support import cluster

RUNBOOK = (cluster.CHECKOUT / "docs" / "runbook.md").read_text(encoding="utf-8")
SAVE = ["pg_dump", f"--username={SUPERUSER}", "--format=custom"]
RESTORE = ["pg_restore", f"--username={SUPERUSER}", "--exit-on-error", "--single-transaction"]
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"


@pytest.fixture
def restored(lived: str, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The name of a database that was empty and into which a dump of the other was put."""
    programs, name, dump = (
        cluster.postgres().program(),
        f"restored_{cluster.WORKER}_{os.getpid()}",
        tmp_path / "cwf.dump",
    )
    where = [f"--host={cluster.postgres().sockets}"]
    with cluster.postgres().connect("postgres") as admin, django_db_blocker.unblock():
        admin.execute(f"CREATE DATABASE {name} OWNER cwf_owner")
        try:
            subprocess.run([programs / SAVE[0], *SAVE[1:], *where, f"--file={dump}", lived], check=True)
            subprocess.run([programs / RESTORE[0], *RESTORE[1:], *where, f"--dbname={name}", dump], check=True)
            yield name
        finally:
            admin.execute(f"DROP DATABASE {name} (FORCE)")


def contents() -> dict[str, int]:
    """How many rows each table has."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = [table for (table,) in cursor.fetchall()]
        counts = [sql.SQL("SELECT {}, count(*) FROM {}").format(name, sql.Identifier(name)) for name in tables]
        cursor.execute(sql.SQL(" UNION ALL ").join(counts))
        return dict(cursor.fetchall())


def test_restored_fund_has_every_row_adds_up_and_is_guarded_as_before(lived: str, restored: str) -> None:
    with switched_to(lived):
        before = contents()
    said = StringIO()
    with switched_to(restored):
        after = contents()
        call_command("verify_ledger", "--json", stdout=said)
        differences = reconcile(day=today()).differences
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            Journal.objects.update(kind="")
        lines = StatementLine.objects.count()

    assert after == before
    assert (json.loads(said.getvalue())["problems"], list(differences)) == ([], [])
    assert json.loads(said.getvalue())["journals"] == before["grants_journal"] > 0
    assert lines > 0


@pytest.mark.parametrize("command", [SAVE, RESTORE])
def test_runbook_says_the_same_commands(command: list[str]) -> None:
    assert " ".join(command) in " ".join(RUNBOOK.replace("\\\n", " ").split())
