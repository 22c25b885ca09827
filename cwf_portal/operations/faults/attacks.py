"""The kinds of fault. Each strikes while there is work to do, until it has struck as often as it was asked to."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError

from cwf_portal.core.clock import advance_clock
from cwf_portal.operations.faults.ground import Ground
from cwf_portal.operations.faults.proxy import Way

AWHILE = 0.09  # seconds; about as long as a tick with work to do takes
Points = Mapping[str, tuple[str, ...]]  # crash points by the phase in which somebody comes by

CLAIM_POINTS: Points = {
    "claim": ("claim.locked", "claim.run_made", "claim.posted", "claim.to_commit", "claim.committed")
}
RELEASE_POINTS: Points = {"release": ("release.signed", "release.posted", "release.to_commit")}
SEND_POINTS: Points = {
    "send": ("send.intending", "send.intended", "send.handed_over", "send.recording", "send.recorded")
}
STATEMENT_POINTS: Points = {
    "statement": ("statement.kept", "statement.posted", "statement.to_commit", "statement.committed")
}


@dataclass
class Attack:
    """One kind of fault.

    Attributes:
        name: For the table.
        wanted: How many times to strike.
        ground: What to strike.
        hits: How many times it did.
        kills: How many of them were kill -9; a whole worker or server counts once.
    """

    name: str
    wanted: int
    ground: Ground
    hits: int = 0
    kills: int = 0

    @property
    def is_spent(self) -> bool:
        return self.hits >= self.wanted

    def begin(self) -> None:
        """Before the first day."""

    def strike(self, phase: str) -> None:
        """Once while something waits for a machine."""

    def end_phase(self) -> None:
        """All that waited is done."""

    def end(self) -> None:
        """Everything stands again; nothing strikes any more."""


@dataclass
class Exits(Attack):
    """A process dies at a named step, by its own hand but as dead as by kill -9."""

    steps: Points | None = None
    in_a_phase: int = 10
    _armed: str = ""
    _left: int = 0

    def begin(self) -> None:
        self._left = self.in_a_phase

    def strike(self, phase: str) -> None:
        if self._armed and (self.ground.points / self._armed).exists():
            return  # nobody has come by yet
        self._count()
        choice = (self.steps or {}).get(phase, ())
        if choice and self._left and not self.is_spent:
            self._left -= 1
            self._armed = self.ground.chance.choice(choice)
            (self.ground.points / self._armed).touch()

    def end_phase(self) -> None:
        if self._armed:
            with suppress(FileNotFoundError):
                (self.ground.points / self._armed).unlink()
                self._armed = ""  # it killed nobody
        self._count()
        self._left = self.in_a_phase

    def _count(self) -> None:
        if self._armed:
            self._armed, self.hits, self.kills = "", self.hits + 1, self.kills + 1


@dataclass
class ChildrenKilled(Attack):
    """kill -9 of one process of the worker at any moment."""

    most_in_a_phase: int = 8  # then the work may be done, so that many days see it
    _struck: int = 0

    def end_phase(self) -> None:
        self._struck = 0

    def strike(self, phase: str) -> None:
        if self.is_spent or phase == "release" or self._struck >= self.most_in_a_phase:
            return
        self._struck += 1
        self.ground.tick()
        time.sleep(self.ground.chance.uniform(0, AWHILE))
        children = [pid for worker in self.ground.workers for pid in self.ground.children_of(worker)]
        if children:
            with suppress(ProcessLookupError):
                os.kill(self.ground.chance.choice(sorted(children)), signal.SIGKILL)
                self.hits, self.kills = self.hits + 1, self.kills + 1


@dataclass
class WorkersKilled(Attack):
    """kill -9 of a whole worker, parent and children, and another started in its place."""

    most_in_a_phase: int = 4
    _struck: int = 0

    def end_phase(self) -> None:
        self._struck = 0

    def strike(self, phase: str) -> None:
        if self.is_spent or phase == "release" or self._struck >= self.most_in_a_phase:
            return
        self._struck += 1
        self.ground.tick()
        time.sleep(self.ground.chance.uniform(0, 2 * AWHILE))
        self.ground.kill_worker(self.ground.chance.choice(self.ground.workers))
        self.hits, self.kills = self.hits + 1, self.kills + 1
        self.ground.start_worker()


@dataclass
class Doubled(Attack):
    """Two workers, and every task delivered five times, with a child killed now and then."""

    def begin(self) -> None:
        self.ground.deliveries = 5
        self.ground.start_worker()

    def strike(self, phase: str) -> None:
        if not self.is_spent and phase != "release":
            self.ground.tick()
            self.hits += 1

    def end(self) -> None:
        self.ground.deliveries = 1
        self.ground.kill_worker(self.ground.workers[-1])
        self.kills += 1


@dataclass
class Blow(Attack):
    """Anything that one call does. `blow` returns how many processes it killed."""

    blow: Callable[[Ground], int] = lambda ground: 0
    in_phases: tuple[str, ...] = ("claim", "send", "statement")
    most_in_a_phase: int = 4
    _struck: int = 0

    def strike(self, phase: str) -> None:
        if self.is_spent or phase not in self.in_phases or self._struck >= self.most_in_a_phase:
            return
        self.ground.tick()
        time.sleep(self.ground.chance.uniform(0, AWHILE))
        with suppress(DatabaseError):
            self.kills += self.blow(self.ground)
            self.hits += 1
            self._struck += 1

    def end_phase(self) -> None:
        self._struck = 0


@dataclass
class Spoilt(Attack):
    """The wire to the bank spoils a request; counted when it has."""

    way: Way = "whole"

    def strike(self, phase: str) -> None:
        self.hits = self.ground.wire.spoilt - self._before
        if phase in ("send", "statement") and not self.ground.wire.ways and not self.is_spent:
            self.ground.wire.ways.append(self.way)

    def begin(self) -> None:
        self._before = self.ground.wire.spoilt

    def end_phase(self) -> None:
        self.ground.wire.ways.clear()
        self.hits = self.ground.wire.spoilt - self._before


def flush(ground: Ground) -> int:
    ground.flush_redis()
    return 0


def kill_redis(ground: Ground) -> int:
    ground.kill_redis()
    return 1


def kill_postgres(ground: Ground) -> int:
    ground.kill_postgres()
    return 1


def end_sessions(ground: Ground) -> int:
    ground.end_sessions()
    return 0


def kill_bank(ground: Ground) -> int:
    ground.kill_bank()
    ground.start_bank()
    return 1


def freeze_bank(ground: Ground) -> int:
    ground.freeze_bank(ground.chance.choice((0.5, 1.0, 11.0)))
    return 0


def jump_clock(ground: Ground) -> int:
    advance_clock(by=timedelta(hours=ground.chance.randint(1, 30)))
    return 0
