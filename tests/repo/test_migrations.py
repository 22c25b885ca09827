"""Migrations that a new database can afford."""

import pytest
from django.apps import apps
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader

from cwf_portal.core.sql_operations import CreateTogether
from cwf_portal.operations.templates import ROOMS

OURS = {config.label for config in apps.get_app_configs() if config.name.replace(".", "/") in ROOMS}
MIGRATIONS = MigrationLoader(None).disk_migrations


@pytest.mark.parametrize("room", sorted(OURS))
def test_tables_change_together(room):
    """Outside `CreateTogether` each operation renders some hundred models: minutes, over all of them."""
    alone = [
        f"{name}: {type(operation).__name__}"
        for (app, name), migration in sorted(MIGRATIONS.items())
        if app == room
        for operation in migration.operations
        if not isinstance(operation, CreateTogether | RunSQL | RunPython)
    ]
    assert alone == []
