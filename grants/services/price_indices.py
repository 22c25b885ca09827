"""Loading published price indices: what is new is added, what was revised becomes a new version."""

from collections.abc import Sequence
from pathlib import Path

from django.db import transaction

from cwf_portal.core.audit import Actor, acting
from grants.domain.prices import PER_CENT, Frequency, Series, read_price_indices
from grants.models import PriceIndex
from neighbourhoods.domain.tables import Line, Problem, TableError
from neighbourhoods.services.loading.changes import BadFileError, Changes

SHIPPED_FILE = Path(__file__).resolve().parent.parent / "data" / "price_indices.csv"
Slot = tuple[str, str, object]


def load_price_indices(*, by: Actor, path: Path = SHIPPED_FILE, is_dry_run: bool = False) -> Changes:
    """Load a file of price indices whole or not at all. Loading the same file again changes nothing.

    Args:
        by: Who loads it; `system:load_price_indices` for the command.
        path: A CSV file with the columns of the shipped one.
        is_dry_run: Work out what would change and change nothing.

    Raises:
        BadFileError: The file is missing, or a row has a problem, named by line and column; nothing was loaded.
    """
    try:
        lines = read_price_indices(path.read_bytes())
        with transaction.atomic():
            with acting(by, f"loaded price indices from {path.name}"):
                changes = _add_versions(lines)
            transaction.set_rollback(is_dry_run)
    except OSError as error:
        raise BadFileError(f"{path.name} cannot be read: {error.strerror}.", mend="Check the path.") from None
    except TableError as error:
        raise BadFileError(f"{path.name}:\n{error}", mend="Nothing was loaded.") from None
    return changes


def _add_versions(lines: Sequence[Line]) -> Changes:
    """Insert each figure that differs from all that are held of its period."""
    held: dict[Slot, list[PriceIndex]] = {}
    for index in PriceIndex.objects.order_by("version"):
        held.setdefault((index.series, index.frequency, index.period_starts_on), []).append(index)
    changes = Changes("Price indices")
    new, problems = [], []
    for line in lines:
        frequency, starts_on = line["period"]
        versions = held.get((line["cdid"], frequency.value, starts_on), [])
        problem = _problem(line, versions)
        if problem:
            problems.append(problem)
        elif any((index.value, index.base) == (line["value"], line["base"]) for index in versions):
            changes.kept_count += 1
        else:
            index = _index(line, frequency, version=len(versions) + 1)
            new.append(index)
            _note(changes, index, versions)
    if problems:
        raise TableError(problems)
    PriceIndex.objects.bulk_create(new, batch_size=500)
    return changes


def _problem(line: Line, versions: Sequence[PriceIndex]) -> Problem | None:
    """A figure that differs from ours but is not newer cannot be its revision."""
    _, starts_on = line["period"]
    is_rate = line["base"] == PER_CENT
    if is_rate != (line["cdid"] == Series.CPIH_RATE):
        return Problem(line.number, "base", f"{line['base']} does not suit {line['cdid']}")
    if line["value"] <= 0 and not is_rate:
        return Problem(line.number, "value", "an index is above zero")
    if line["release_date"] <= starts_on:
        return Problem(line.number, "release_date", f"{line['release_date']} lies before the period's end")
    known = [(index.value, index.base) for index in versions]
    if versions and (line["value"], line["base"]) not in known and line["release_date"] <= versions[-1].released_on:
        return Problem(
            line.number,
            "value",
            f"{line['value']} differs from {versions[-1].value.normalize():f}, released {versions[-1].released_on}, "
            "and is not newer",
        )
    return None


def _index(line: Line, frequency: Frequency, *, version: int) -> PriceIndex:
    return PriceIndex(
        series=Series(line["cdid"]).value,
        frequency=frequency.value,
        period_starts_on=line["period"][1],
        version=version,
        value=line["value"],
        base=line["base"],
        released_on=line["release_date"],
        source=line["source"],
    )


def _note(changes: Changes, index: PriceIndex, versions: Sequence[PriceIndex]) -> None:
    if versions:
        before = versions[-1].value.normalize()
        changes.changed.append(f"{index}: {before:f} becomes {index.value:f}, version {index.version}")
    else:
        changes.added.append(f"{index}: {index.value:f}")
