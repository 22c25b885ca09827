"""Thousands of values in one parameter: whatever they hold, the database reads them as they were."""

import json
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from zoneinfo import ZoneInfo

import pytest
from django.db import DataError, connection, transaction

from cwf_portal.core.bulk import add_rows, among, among_texts, array_text, locked_keys
from cwf_portal.core.models import OutboxMessage, OutgoingMessage

pytestmark = pytest.mark.django_db
FIELDS = ("to", "subject", "body", "topic")
AWKWARD = ["", " ", "NULL", "null", '"', "\\", 'a "b" \\c', "{x,y}", "a,b", "O'Neill", "tŷ\n£", "{}", "%s"]


class Named(Enum):
    ONE = 1


class Text(StrEnum):
    ONE = "one"


class Number(IntEnum):
    ONE = 1


class Mixed(str, Enum):  # noqa: UP042 - Python writes its name, not its text
    ONE = "one"


def read(values: list, kind: str = "text") -> list:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [array_text(values)])
        return cursor.fetchone()[0]


@pytest.mark.parametrize("values", [[], AWKWARD, [*AWKWARD, None], [None], *([one] for one in AWKWARD)])
def test_an_array_is_read_as_it_was(values):
    assert read(values) == values


@pytest.mark.parametrize("values", [["a\0b"], ["a", "b\0"], ["\0", "\0"]])
def test_the_character_nul_is_refused(values):
    with pytest.raises(ValueError, match="NUL"):
        array_text(values)


@pytest.mark.parametrize("value", [b"x", bytearray(b"x"), Named.ONE, Mixed.ONE])
def test_what_python_writes_in_another_form_is_refused(value):
    for values in ([value], [None, value]):
        with pytest.raises(TypeError, match=type(value).__name__):
            array_text(values)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", date(2026, 10, 25)),
        ("timestamptz", datetime(2026, 6, 25, 1, 30, 0, 123456, tzinfo=ZoneInfo("Europe/London"))),
        ("numeric", Decimal("-12345678901234567890.10")),
        ("boolean", True),
        ("text", Text.ONE),
        ("integer", Number.ONE),
    ],
)
def test_a_value_is_read_as_it_was(kind, value):
    assert read([value, None], kind) == [value, None]
    assert read([value, value], kind) == [value, value]


def test_json_with_a_backslash_is_read_as_it_was():
    said = 'C:\\new "one"\n{two}'
    with connection.cursor() as cursor:
        cursor.execute("SELECT (%s::jsonb[])[1] ->> 'said'", [array_text([json.dumps({"said": said})])])
        assert cursor.fetchone() == (said,)


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


def test_many_texts_are_one_parameter():
    add_rows(OutgoingMessage, FIELDS, [(f"{n}@example.org", one, "", "test") for n, one in enumerate(AWKWARD)])

    found = OutgoingMessage.objects.filter(subject__in=among_texts(AWKWARD[3:]))
    assert sorted(found.values_list("subject", flat=True)) == sorted(AWKWARD[3:])


def test_keys_of_locked_rows_come_in_the_order_of_the_query():
    add_rows(OutgoingMessage, FIELDS, [(f"{n}@example.org", "", "", "test") for n in range(3)])
    messages = OutgoingMessage.objects.select_for_update(of=("self",))
    pks = sorted(OutgoingMessage.objects.values_list("pk", flat=True))

    assert locked_keys(messages.order_by("-pk")[:2]) == [pks[2], pks[1]]
    assert locked_keys(messages.filter(pk__in=[])) == []
