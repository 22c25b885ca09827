"""What happens at a tick: every room registers its jobs here; beat (or the journey) only says "look now".

A job is harmless when it runs twice, late, or never: what is due is derived from the database each time. An advisory
lock keeps two ticks from doing the same job at once; it dies with the connection, so a killed worker blocks nobody.
"""

import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection

from cwf_portal.core.clock import core_now
from cwf_portal.core.models import JobRun

logger = logging.getLogger(__name__)
Job = Callable[[datetime], int]


@dataclass(frozen=True)
class RegisteredJob:
    name: str
    order: int
    run: Job


_jobs: dict[str, RegisteredJob] = {}
_pending: dict[str, Job] = {}


def each_tick(*, name: str, order: int = 50) -> Callable[[Job], Job]:
    """Register `fn(at) -> amount of work done`, run at each tick, lower orders first."""

    def register(job: Job) -> Job:
        _jobs[name] = RegisteredJob(name, order, job)
        return job

    return register


def pending(*, name: str) -> Callable[[Job], Job]:
    """Register `fn(at) -> how much is waiting for a machine` (never for a person)."""

    def register(count: Job) -> Job:
        _pending[name] = count
        return count

    return register


def waiting_counts(at: datetime) -> dict[str, int]:
    """How much each room still has to do by itself at `at`; all zero means quiescent."""
    return {name: count(at) for name, count in sorted(_pending.items())}


def is_quiescent(at: datetime) -> bool:
    """True when no machine has anything left to do at `at`."""
    return not any(waiting_counts(at).values())


def run_tick() -> dict[str, int]:
    """Run every job once and return the work each did. One job's failure does not stop the others."""
    done: dict[str, int] = {}
    for job in sorted(_jobs.values(), key=lambda job: (job.order, job.name)):
        work = _run_alone(job)
        if work is not None:
            done[job.name] = work
    return done


def lock_key(name: str) -> int:
    """Key of the advisory lock that a tick holds while it is at the job."""
    return zlib.crc32(name.encode())


def _run_alone(job: RegisteredJob) -> int | None:
    """Run the job unless another tick is at it; None when it was skipped or failed."""
    key = lock_key(job.name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        if not cursor.fetchone()[0]:
            return None
    try:
        work = job.run(core_now())
    except Exception as error:
        logger.exception("job failed: %s", job.name)
        _note(job, work=None, error=type(error).__name__)
        return None
    else:
        _note(job, work=work, error="")
        return work
    finally:
        _unlock(key)


def _note(job: RegisteredJob, *, work: int | None, error: str) -> None:
    """Keep the latest run for the operations page; an idle run is written at most once a minute."""
    try:
        JobRun.objects.note(job.name, work=work or 0, error=error)
    except DatabaseError:
        logger.exception("could not note the run of %s", job.name)


def _unlock(key: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
    except DatabaseError:
        connection.close()  # the lock dies with the session
