from datetime import date

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from cwf_portal.core.audit import acting
from neighbourhoods.models import Event, Member, Neighbourhood
from neighbourhoods.services import EventRow, publish_events

pytestmark = pytest.mark.django_db


def test_change_keeps_who_and_why():
    member = Member.objects.first()
    with acting("system:test", "a new name"):
        Member.objects.filter(pk=member.pk).update(name="Nia Morgan")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, pgh_context ->> 'actor', pgh_context ->> 'reason' FROM neighbourhoods_memberevent"
            " WHERE pgh_obj_id = %s ORDER BY pgh_id DESC LIMIT 1",
            [member.pk],
        )
        assert cursor.fetchone() == ("Nia Morgan", "system:test", "a new name")


def test_change_by_nobody_is_refused():
    with pytest.raises(IntegrityError, match="names_actor"), transaction.atomic():
        Neighbourhood.objects.update(name="X")
    assert not Neighbourhood.objects.filter(name="X").exists()


@pytest.mark.parametrize("statement", ["UPDATE {} SET name = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_history_is_never_changed(statement):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format("neighbourhoods_memberevent"))
    assert Member.objects.exists()


def history_of(keys):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, pgh_label, params ->> 'n', pgh_context ->> 'reason' FROM neighbourhoods_eventevent"
            " WHERE key = ANY (%s) ORDER BY key, pgh_id",
            [keys],
        )
        return cursor.fetchall()


def test_many_rows_of_one_statement_have_each_their_history():
    place, keys = Neighbourhood.objects.first().pk, ["a", "b", "c"]

    def publish(reason, numbers):
        with acting("system:test", reason):
            publish_events(
                rows=[
                    EventRow(key, "test", place, date(2026, 11, 2), params={"n": n})
                    for key, n in zip(keys, numbers, strict=False)
                ]
            )

    publish("first", [1, 1])
    publish("second", [1, 2, 3])  # one is as it was, one is new
    with acting("system:test", "third"):
        Event.objects.filter(key="c").delete()

    assert history_of(keys) == [
        ("a", "insert", "1", "first"),
        ("b", "insert", "1", "first"),
        ("b", "update", "2", "second"),
        ("c", "insert", "3", "second"),
        ("c", "delete", "3", "third"),
    ]


def test_many_rows_changed_by_nobody_are_refused():
    with pytest.raises(IntegrityError, match="names_actor"), transaction.atomic():
        publish_events(rows=[EventRow("a", "test", Neighbourhood.objects.first().pk, date(2026, 11, 2))])
