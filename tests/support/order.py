"""In which order workers take the tests: who waits for the template, or tells a beginning again, only costs time."""

import importlib
from collections.abc import Sequence
from contextlib import suppress

import pytest

from tests.support.cluster import CHECKOUT

LONG = frozenset({"browser", "faults", "integration"})  # folders of the longest tests
STAND_ON_TEMPLATE = frozenset({"db", "django_db_setup", "transactional_db"})


def shared_out(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """The same tests for so many workers; within a room they stay as random as they come.

    xdist cuts the list into equal parts, one for each worker, and who is done takes from the end of another's. The
    first part begins with the longest tests, and its worker makes the template; meanwhile the others do what needs
    none. Tests of a room stay together, since every process tells the beginnings that it needs.
    """
    waiting = sorted((item for item in items if needs_template(item)), key=_room)
    free = [item for item in items if not needs_template(item)]
    ordered, waiting = _cut(waiting, len(items) // workers)
    for left in range(workers - 1, 0, -1):
        now, free = _cut(free, len(free) // left)
        afterwards, waiting = _cut(waiting, len(waiting) // left)
        ordered += now + afterwards
    return ordered


def read_ahead(worker: int, *, of: int) -> None:
    """Import all tests, from another place in their list for each worker; what cannot be imported is told by pytest."""
    files = sorted((CHECKOUT / "tests").rglob("test_*.py"))
    begin = worker * len(files) // of
    for file in files[begin:] + files[:begin]:
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(file.relative_to(CHECKOUT).with_suffix("").parts))


def needs_template(item: pytest.Item) -> bool:
    """True where a test cannot begin before the template is there, and of every long one."""
    asked_for = {*getattr(item, "fixturenames", ())}
    return (
        _folders(item)[0] in LONG
        or item.get_closest_marker("django_db") is not None
        or asked_for & STAND_ON_TEMPLATE != set()
    )


def _room(item: pytest.Item) -> tuple[bool, list[str]]:
    """The long ones come first; then, for instance, all of `unit/grants`."""
    return _folders(item)[0] not in LONG, _folders(item)[:2]


def _folders(item: pytest.Item) -> list[str]:
    """Below `tests`."""
    return item.nodeid.partition("::")[0].split("/")[1:-1] or [""]


def _cut(items: list[pytest.Item], at: int) -> tuple[list[pytest.Item], list[pytest.Item]]:
    return items[:at], items[at:]
