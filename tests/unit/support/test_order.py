"""No test is lost when they are shared out, and nobody waits who could work."""

from dataclasses import dataclass
from random import Random

import pytest

from tests.support.order import needs_template, read_ahead, shared_out

WITH, WITHOUT = ("db",), ()
PER_ROOM = 20


@dataclass(frozen=True)
class Told:
    """What the order looks at of a test."""

    nodeid: str
    fixturenames: tuple[str, ...]
    is_marked: bool = False

    def get_closest_marker(self, name: str) -> bool | None:
        return (name == "django_db" and self.is_marked) or None


def suite() -> list[Told]:
    """Four rooms and the long tests, shuffled."""
    rooms = [f"tests/unit/{room}/services/test_a.py" for room in ("core", "grants", "panels")]
    told = [Told(f"{path}::test_{n}", WITH) for path in rooms for n in range(PER_ROOM)]
    told += [Told(f"tests/unit/grants/domain/test_d.py::test_{n}", WITHOUT) for n in range(PER_ROOM)]
    told += [Told(f"tests/{kind}/test_l.py::test_{n}", WITHOUT) for kind in ("browser", "faults") for n in range(2)]
    Random(3).shuffle(told)
    return told


@pytest.mark.parametrize("workers", [2, 3, 4, 50, 200])
def test_every_test_is_there_once(workers):
    assert sorted(shared_out(suite(), workers), key=repr) == sorted(suite(), key=repr)


def test_first_worker_begins_with_the_long_ones_and_the_others_with_what_needs_no_template():
    ordered = shared_out(suite(), 3)
    third = len(ordered) // 3

    assert [told.nodeid.split("/")[1] for told in ordered[:4]] == ["browser", "browser", "faults", "faults"]
    assert not any(needs_template(told) for told in (ordered[third], ordered[2 * third]))


def test_a_room_stays_together_and_inside_it_the_order_is_as_it_came():
    rooms = [told.nodeid.split("/")[2] for told in shared_out(suite(), 2) if told.fixturenames]
    core = [told for told in shared_out(suite(), 2) if "unit/core" in told.nodeid]

    assert sum(one != other for one, other in zip(rooms, rooms[1:], strict=False)) == 2
    assert core == [told for told in suite() if "unit/core" in told.nodeid]


@pytest.mark.parametrize(
    ("told", "needs"),
    [
        (Told("tests/unit/core/test_a.py::test_a", (), is_marked=True), True),
        (Told("tests/unit/core/test_a.py::test_a", ("committed_db", "django_db_setup")), True),
        (Told("tests/unit/core/test_a.py::test_a", ("tmp_path",)), False),
        (Told("tests/browser/test_a.py::test_a", ()), True),
        (Told("tests/test_a.py::test_a", ()), False),
    ],
)
def test_needs_template(told, needs):
    assert needs_template(told) is needs


def test_reading_ahead_begins_elsewhere_for_each_worker_and_leaves_nothing_out(monkeypatch):
    read: list[str] = []
    monkeypatch.setattr("tests.support.order.importlib.import_module", read.append)
    for worker in range(3):
        read_ahead(worker, of=3)
    third = len(read) // 3
    starts = [read[0], read[third], read[2 * third]]
    assert len(set(starts)) == 3
    assert [sorted(read[begin : begin + third]) for begin in (0, third, 2 * third)] == [sorted(read[:third])] * 3
    assert "tests.unit.support.test_order" in read
