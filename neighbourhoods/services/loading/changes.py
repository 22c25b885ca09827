"""Bringing a table in line with a file: only what differs is written, and the differences can be shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from cwf_portal.core.errors import DomainError

LONGEST_VALUE = 60


class BadFileError(DomainError):
    """A file that cannot be loaded; the text names every problem by line and column. Nothing was loaded."""


@dataclass
class Changes:
    """What a load did, or would do, to one table, in words."""

    table: str
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept_count: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)

    def summary(self) -> str:
        """One line: how many rows were added, changed, removed and kept."""
        counts = f"{len(self.added)} added, {len(self.changed)} changed, {len(self.removed)} removed"
        return f"{self.table}: {counts}, {self.kept_count} as before"

    def lines(self) -> list[str]:
        """One line per difference."""
        return [
            *(f"+ {row}" for row in self.added),
            *(f"~ {row}" for row in self.changed),
            *(f"- {row}" for row in self.removed),
        ]


def sync_rows(
    held: models.QuerySet[Any],
    wanted: Iterable[Mapping[str, Any]],
    *,
    key: Sequence[str],
    remove: bool = False,
) -> Changes:
    """Add and change rows so that `held` equals `wanted`, in the caller's transaction.

    Args:
        held: the rows that the file speaks for.
        wanted: field values, related objects as `<name>_id`.
        key: the fields that name a row.
        remove: also delete held rows that are not wanted.
    """
    model = held.model
    changes = Changes(str(model._meta.verbose_name_plural).capitalize())
    before = {tuple(getattr(row, name) for name in key): row for row in held}
    new, differing, fields = [], [], set()
    seen = set()
    for values in wanted:
        slot = tuple(values[name] for name in key)
        seen.add(slot)
        row = before.get(slot)
        if row is None:
            new.append(model(**values))
            continue
        other = {name: value for name, value in values.items() if getattr(row, name) != value}
        if not other:
            changes.kept_count += 1
            continue
        changes.changed.append(f"{row}: {_differences(row, other)}")
        for name, value in other.items():
            setattr(row, name, value)
        differing.append(row)
        fields |= set(other)
    gone = [row for slot, row in before.items() if remove and slot not in seen]
    held.filter(pk__in=[row.pk for row in gone]).delete()
    model._default_manager.bulk_create(new, batch_size=500)
    if differing:
        model._default_manager.bulk_update(differing, [name.removesuffix("_id") for name in sorted(fields)])
    changes.added = [str(row) for row in new]
    changes.removed = [str(row) for row in gone]
    return changes


def _differences(row: models.Model, other: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {_shown(getattr(row, name))} becomes {_shown(value)}" for name, value in sorted(other.items())
    )


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
