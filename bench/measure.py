"""A measurement: how often something was done in a second, and how often its floor was."""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

ROUNDS = 5
KIB_PER_MIB = 1024


@dataclass(frozen=True)
class Row:
    """One line of the report.

    Attributes:
        name: What was measured.
        unit: What was counted, such as "pages".
        per_second: Median over the rounds.
        floor_name: What it is held against.
        floor_per_second: Median of that, in the same run.
        also: Other figures of the same measurement, by name.
    """

    name: str
    unit: str
    per_second: float
    floor_name: str
    floor_per_second: float
    also: dict[str, object] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            f"{self.unit}_per_second": round(self.per_second, 1),
            "floor": self.floor_name,
            "floor_per_second": round(self.floor_per_second, 1),
            "ratio": round(self.per_second / self.floor_per_second, 3),
            **self.also,
        }


@dataclass(frozen=True)
class Work:
    """Something to time: `run` does it once, `count` things at a time."""

    name: str
    run: Callable[[], object]
    count: int


def against(work: Work, floor: Work, unit: str) -> Row:
    """Time both in turn, so that whatever else the machine does falls on both."""
    for each in (work, floor):
        each.run()  # connections, caches and imports are not what is measured
    rates: dict[str, list[float]] = {work.name: [], floor.name: []}
    for _ in range(ROUNDS):
        for each in (work, floor):
            begins = time.perf_counter()
            each.run()
            rates[each.name].append(each.count / (time.perf_counter() - begins))
    return Row(work.name, unit, statistics.median(rates[work.name]), floor.name, statistics.median(rates[floor.name]))


def processor_seconds() -> float:
    """Of this process and of its connection's in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        theirs = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return time.process_time() + (int(theirs[11]) + int(theirs[12])) / os.sysconf("SC_CLK_TCK")


def own_peak_mib() -> int:
    """The most memory of this program alone: what `getrusage` says begins with the peak of whoever started it."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(status["VmHWM"].split()[0]) // KIB_PER_MIB
