"""Heavy work that a process does once at a time, for which nobody waits long: a waiting thread serves nobody else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cwf_portal.core.errors import ConflictError

WAIT_SECONDS = 10.0


class BusyError(ConflictError):
    """Too many want the same at this moment."""


class OneAtATime:
    """A lock with an end: who does not get their turn in time is asked to come again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            raise BusyError("Many people are doing this at the moment.", mend="Try again in a minute.")
        try:
            yield
        finally:
            self._lock.release()
