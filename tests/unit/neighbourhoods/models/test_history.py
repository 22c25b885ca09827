import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from cwf_portal.core.audit import acting
from neighbourhoods.models import Member, Neighbourhood

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
