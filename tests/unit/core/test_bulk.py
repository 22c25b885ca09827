"""Thousands of values in one parameter: whatever they hold, the database reads them as they were."""

import pytest
from django.db import DataError, connection, transaction

from cwf_portal.core.bulk import add_rows, among, array_text
from cwf_portal.core.models import OutboxMessage, OutgoingMessage

pytestmark = pytest.mark.django_db
FIELDS = ("to", "subject", "body", "topic")
AWKWARD = ["", " ", "NULL", "null", '"', "\\", 'a "b" \\c', "{x,y}", "a,b", "O'Neill", "tŷ\n£", "{}", "%s"]


def read(values: list) -> list:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [array_text(values)])
        return cursor.fetchone()[0]


@pytest.mark.parametrize("values", [[], AWKWARD, [*AWKWARD, None], [None], *([one] for one in AWKWARD)])
def test_an_array_is_read_as_it_was(values):
    assert read(values) == values


@pytest.mark.parametrize("values", [["a\0b"], ["a", "b\0"], ["\0", "\0"]])
def test_the_character_nul_is_refused(values):
    with pytest.raises(ValueError, match="NUL"):
        array_text(values)


def test_rows_are_added_with_what_the_database_gives_them():
    add_rows(OutgoingMessage, FIELDS, [(f"{n}@example.org", one, one, "test") for n, one in enumerate(AWKWARD)])

    found = OutgoingMessage.objects.order_by("pk")
    assert [message.body for message in found] == AWKWARD
    assert all(message.queued_at is not None and message.delivered_at is None for message in found)


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        add_rows(OutgoingMessage, FIELDS, [])

    assert not OutgoingMessage.objects.exists()


def test_a_text_that_is_too_long_is_refused_and_not_cut():
    with pytest.raises(DataError, match="too long"), transaction.atomic():
        add_rows(OutgoingMessage, FIELDS, [("a@example.org", "x" * 201, "", "test")])


def test_a_name_that_is_no_column_is_an_error():
    with pytest.raises(TypeError, match="no column"):
        add_rows(OutboxMessage, ("deliveries",), [("x",)])


def test_many_keys_are_one_parameter():
    add_rows(OutgoingMessage, FIELDS, [(f"{n}@example.org", "", "", "test") for n in range(3)])
    pks = sorted(OutgoingMessage.objects.values_list("pk", flat=True))

    assert sorted(OutgoingMessage.objects.filter(pk__in=among(pks[:2])).values_list("pk", flat=True)) == pks[:2]
    assert not OutgoingMessage.objects.filter(pk__in=among([])).exists()
