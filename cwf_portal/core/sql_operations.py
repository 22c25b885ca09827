"""Migration operations that put a promise into the database: append-only tables and their privileges."""

from django.db.migrations import RunSQL
from django.db.migrations.operations.base import Operation


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
