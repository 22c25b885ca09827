"""The privileges in the database are those that were reviewed."""

import pytest
from django.db import connections

from tests.repo import table_privileges as reviewed

pytestmark = pytest.mark.django_db(databases=["default", "owner", "reader"])

PRIVILEGES = """
SELECT relname, ARRAY(
    SELECT what FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) what
    WHERE has_table_privilege(%s, c.oid, what))
FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname
"""
GUARDED = """
SELECT tgrelid::regclass::text FROM pg_trigger
WHERE NOT tgisinternal AND tgenabled = 'A' AND tgtype::int & (8 + 16 + 32) = 8 + 16 + 32
"""


def privileges_of(role: str) -> dict[str, set[str]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(PRIVILEGES, [role])
        return {table: set(what) for table, what in cursor.fetchall()}


def test_application_has_the_reviewed_privileges_on_every_table():
    found = privileges_of("cwf_app")
    differing = [
        f"{table}: in the database {sorted(found.get(table, []))}, reviewed {sorted(reviewed.ALLOWED.get(table, []))}"
        for table in sorted(found.keys() | reviewed.ALLOWED.keys())
        if found.get(table) != reviewed.ALLOWED.get(table)
    ]
    assert not differing, "\n".join(["tests/repo/table_privileges.py differs:", *differing])


def test_reader_reads_everything_and_nothing_else():
    assert {table: what for table, what in privileges_of("cwf_reader").items() if what != {"SELECT"}} == {}


def test_every_record_has_triggers_that_no_setting_switches_off():
    with connections["owner"].cursor() as cursor:
        cursor.execute(GUARDED)
        guarded = {row[0] for row in cursor.fetchall()}
    assert reviewed.RECORD - guarded == set()


def test_every_state_has_its_history():
    tables = privileges_of("cwf_app").keys()
    assert {table for table in reviewed.STATE if f"{table}event" not in tables} == set()


def test_privilege_taken_away_is_noticed():
    with connections["owner"].cursor() as cursor:
        cursor.execute("REVOKE DELETE ON core_user FROM cwf_app")
    assert privileges_of("cwf_app")["core_user"] != reviewed.ALLOWED["core_user"]
