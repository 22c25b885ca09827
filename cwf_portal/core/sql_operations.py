"""Migration operations: promises put into the database, and a room's tables made in one go."""

from collections.abc import Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


def protect_append_only(table: str) -> list[Operation]:
    """Rows may be added and read, never changed: triggers that no session setting switches off, and privileges."""
    return [
        RunSQL(
            sql=f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
            ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only;
            REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM cwf_app;
            """,
            reverse_sql=f"""
            DROP TRIGGER {table}_append_only ON {table};
            GRANT UPDATE, DELETE ON {table} TO cwf_app;
            """,
        )
    ]


def protect_history(*tables: str) -> list[Operation]:
    """Event tables of tracked models: append-only, and every row names its actor."""
    operations: list[Operation] = []
    for table in tables:
        operations += protect_append_only(table)
        operations.append(
            RunSQL(
                sql=f"""
                ALTER TABLE {table} ADD CONSTRAINT {table}_names_actor
                    CHECK (coalesce(pgh_context ->> 'actor', '') <> '');
                """,
                reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {table}_names_actor;",
            )
        )
    return operations


class CreateTogether(Operation):
    """A room's first tables, each made once in its final shape.

    `makemigrations` writes a table, then each foreign key, constraint and trigger as an operation of its own, and
    Django renders every related model anew after each: minutes for our rooms. Wrapped in this, the operations are
    rendered once and the same tables stand in seconds. Wrap the list of an initial migration in it as it was written.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # rendered again when somebody asks
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in self.operations:
            if isinstance(operation, CreateModel):
                schema_editor.create_model(to_state.apps.get_model(app_label, operation.name))
            elif not isinstance(operation, AddField | AddConstraint | AddIndex):  # the table has these already
                operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in reversed(self.operations):
            if isinstance(operation, CreateModel):
                schema_editor.delete_model(from_state.apps.get_model(app_label, operation.name))
            elif not isinstance(operation, AddField | AddConstraint | AddIndex):
                operation.database_backwards(app_label, schema_editor, to_state, from_state)

    def describe(self) -> str:
        return "Create the tables of a room"
