"""Migration operations: promises put into the database, and a room's tables made in one go."""

from collections.abc import Iterator, Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import ModelOperation
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
    """The tables of a change made at once, each in its final shape, and what it adds to older tables.

    `makemigrations` writes a table, then each foreign key, constraint and trigger as an operation of its own, and
    Django renders every related model anew after each: minutes for our rooms. Wrapped in this, the operations are
    rendered once and the same tables stand in seconds. Wrap the list in it as it was written; what reads or writes
    rows (`RunPython`) stays outside, since it would see the models as they were before the list.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        apps = state.__dict__.pop("apps", None)  # nothing is rendered while it is not there
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        if apps is None:
            return  # rendered whole when somebody asks
        # Tables are made from the models that changed; the others keep relations to these as they were, which only
        # code that reads rows would notice. Django renders a state so marked whole before it runs such code.
        changed = sorted({_subject(operation) for operation in _flat(self.operations)} - {""})
        with apps.bulk_update():
            for name in changed:
                apps.unregister_model(app_label, name)
        apps.render_multiple([state.models[app_label, name] for name in changed if (app_label, name) in state.models])
        state.apps = apps
        state.is_delayed = True

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        operations = list(_flat(self.operations))
        new = _created(operations)
        for operation in operations:
            if isinstance(operation, CreateModel):
                schema_editor.create_model(to_state.apps.get_model(app_label, operation.name))
            elif not (isinstance(operation, PARTS) and _subject(operation) in new):  # the table has these already
                operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        operations = list(_flat(self.operations))
        new = _created(operations)
        for operation in reversed(operations):
            if isinstance(operation, CreateModel):
                schema_editor.delete_model(from_state.apps.get_model(app_label, operation.name))
            elif _subject(operation) not in new:  # what belongs to a new table goes with it
                operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "Create the tables of a room"


PARTS = (AddField, AddConstraint, AddIndex)


def _flat(operations: Sequence[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, CreateTogether):
            yield from _flat(operation.operations)
        else:
            yield operation


def _created(operations: Sequence[Operation]) -> set[str]:
    return {operation.name_lower for operation in operations if isinstance(operation, CreateModel)}


def _subject(operation: Operation) -> str:
    """The model that an operation makes, changes or takes away, in lower case; empty where it is about none."""
    if isinstance(operation, ModelOperation):
        return operation.name_lower
    return str(getattr(operation, "model_name", "")).lower()
