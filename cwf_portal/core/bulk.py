"""Thousands of values in one parameter, and thousands of rows in one statement.

Each value of a list costs the database driver many times what the database makes of it; a list written as one text
costs next to nothing. Guards, history and constraints see the same rows either way.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.expressions import RawSQL

Value = object  # what PostgreSQL reads in the form in which Python writes it: numbers, text, dates, moments, None


def array_text(values: Iterable[Value]) -> str:
    """An array as PostgreSQL writes it, for a parameter that is cast to one.

    Raises:
        TypeError: A value that Python writes in another form than PostgreSQL reads.
        ValueError: A text holds the character NUL, which no text of the database may.
    """
    found = list(values)
    kinds = set(map(type, found))
    if kinds <= {int}:
        return "{" + ",".join(map(str, found)) + "}"
    if unwritable := sorted(kind.__name__ for kind in kinds if _is_unwritable(kind)):
        raise TypeError(f"{', '.join(unwritable)} cannot be written into an array as text.")
    if type(None) in kinds:
        return "{" + ",".join(["NULL" if value is None else f'"{_escaped(str(value))}"' for value in found]) + "}"
    whole = "\0".join(map(str, found))  # quoted in one go: a list is long, and hardly ever holds anything to quote
    if found and whole.count("\0") != len(found) - 1:
        raise ValueError("A text of the database cannot hold the character NUL.")
    return '{"' + _escaped(whole).replace("\0", '","') + '"}' if found else "{}"


def columns_of(rows: Sequence[Sequence[Value]]) -> list[str]:
    """Rows turned into one array a column, for `unnest`."""
    return [array_text(column) for column in zip(*rows, strict=True)]


def among(keys: Iterable[int]) -> RawSQL:
    """For `filter(pk__in=among(keys))`: one parameter, however many keys."""
    return RawSQL("SELECT unnest(%s::bigint[])", ["{" + ",".join(map(str, keys)) + "}"])


def among_texts(texts: Iterable[str]) -> RawSQL:
    """For `filter(key__in=among_texts(texts))`: the same for texts."""
    return RawSQL("SELECT unnest(%s::text[])", [array_text(texts)])


def locked_keys(rows: models.QuerySet[Any, Any]) -> list[int]:
    """Lock the rows of a `select_for_update` query that names `of`, and return their keys alone, in its order."""
    try:
        sql, values = rows.only("pk").query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [key for (key,) in cursor.fetchall()]


def add_rows(
    model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Value]], *, replace_by: str = ""
) -> None:
    """Insert rows with one statement; columns that are not named get what the database gives them.

    Args:
        model: Whose table.
        names: Fields, in the order of the values.
        rows: Values as they stand in the columns: the key of what is referred to, JSON as text.
        replace_by: A unique field: rows that are there under the same value of it say from now on what these say.
    """
    if not rows:
        return
    fields = [_field(model, name) for name in names]
    columns = [f'"{field.column}"' for field in fields]
    arrays = ", ".join(f"%s::{_type(field)}[]" for field in fields)
    said = ", ".join(columns)
    insert = f'INSERT INTO "{model._meta.db_table}" ({said}) SELECT * FROM unnest({arrays})'  # noqa: S608 - our names
    if replace_by:
        kept = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns if column != f'"{replace_by}"')
        insert += f' ON CONFLICT ("{replace_by}") DO UPDATE SET {kept}'
    with connection.cursor() as cursor:
        cursor.execute(insert, columns_of(rows))


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(f"{name} is no column of {model._meta.label}.")
    return field


def _type(field: "models.Field[Any, Any]") -> str:
    """The type without its length: a cast to `varchar(70)` would cut a text off that the column refuses."""
    return str(field.db_type(connection)).split("(")[0]


def _is_unwritable(kind: type) -> bool:
    """Bytes, and members of an enum that are written with its name."""
    return issubclass(kind, bytes | bytearray | memoryview) or issubclass(kind, Enum) and kind.__str__ is Enum.__str__


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
