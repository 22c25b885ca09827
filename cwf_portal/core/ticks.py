"""What happens at a tick: every room registers its jobs here; beat (or the journey) only says "look now".

A job is harmless when it runs twice, late, or never: what is due is derived from the database each time. An advisory
lock keeps two ticks from doing the same job at once; it dies with the connection, so a killed worker blocks nobody.
A tick that finds nothing to do asks little, for it comes every few seconds and for ever.
"""

import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connection
from django.db.models import QuerySet

from cwf_portal.core.models import JobRun

logger = logging.getLogger(__name__)
Job = Callable[[datetime], int]
Backlog = Callable[[datetime], QuerySet[Any]]


@dataclass(frozen=True)
class RegisteredJob:
    name: str
    order: int
    run: Job
    title: str = ""


@dataclass(frozen=True)
class Queue:
    """What waits for a machine: the name of its backlog, what it is in plain words, and how many rows wait now."""

    name: str
    title: str
    count: int


_jobs: dict[str, RegisteredJob] = {}
_pending: dict[str, Backlog] = {}
_titles: dict[str, str] = {}


def each_tick(*, name: str, title: str = "", order: int = 50) -> Callable[[Job], Job]:
    """Register `fn(at) -> amount of work done`, run at each tick, lower orders first; `title` says it to a person."""

    def register(job: Job) -> Job:
        _jobs[name] = RegisteredJob(name, order, job, title)
        return job

    return register


def job_names() -> list[str]:
    """The jobs of this version."""
    return sorted(_jobs)


def job_title(name: str) -> str:
    """A job in plain words; its name where it has no others or is no job of this version."""
    return (_jobs[name].title if name in _jobs else "") or name


def pending(*, name: str, title: str = "") -> Callable[[Backlog], Backlog]:
    """Register `fn(at) -> the rows that wait for a machine` (never for a person); `title` says it to one."""

    def register(backlog: Backlog) -> Backlog:
        _pending[name] = backlog
        _titles[name] = title or name
        return backlog

    return register


class Waiting:
    """How much each room still has to do by itself at one moment; one statement, which can be asked again and again."""

    def __init__(self, at: datetime) -> None:
        self._names = sorted(_pending)
        counted = [_counted(_pending[name](at)) for name in self._names]
        self._sql = f"SELECT {', '.join(sql for sql, _ in counted)}"
        self._values = [value for _, values in counted for value in values]

    def counts(self) -> dict[str, int]:
        """How many rows wait, by name; all zero means quiescent."""
        if not self._names:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(self._sql, self._values)
            return dict(zip(self._names, cursor.fetchone(), strict=True))


def _counted(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    """A scalar subquery that counts these rows, and its values."""
    try:
        sql, values = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "0", ()
    return f"(SELECT count(*) FROM ({sql}) AS waiting)", values  # noqa: S608 - the ORM's own statement


def waiting_counts(at: datetime) -> dict[str, int]:
    """How much each room still has to do by itself at `at`; all zero means quiescent."""
    return Waiting(at).counts()


def queues(at: datetime) -> list[Queue]:
    """The same with titles, what waits first."""
    counted = [Queue(name, _titles[name], count) for name, count in waiting_counts(at).items()]
    return sorted(counted, key=lambda queue: (queue.count == 0, queue.title))


def run_tick() -> dict[str, int]:
    """Run every job once and return the work each did. One job's failure does not stop the others."""
    ran = [run for job in sorted(_jobs.values(), key=lambda job: (job.order, job.name)) if (run := _run_alone(job))]
    try:
        JobRun.objects.note(ran)
    except DatabaseError:
        logger.exception("could not note what the jobs did")
    return {run.name: run.work for run in ran if not run.error}


def lock_key(name: str) -> int:
    """Key of the advisory lock that a tick holds while it is at the job."""
    return zlib.crc32(name.encode())


def _run_alone(job: RegisteredJob) -> JobRun | None:
    """Run the job unless another tick is at it; None when it was skipped."""
    key = lock_key(job.name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s), core_now()", [key])
        is_ours, at = cursor.fetchone()
    if not is_ours:
        return None
    try:
        return JobRun(name=job.name, work=job.run(at.astimezone(UTC)), error="")
    except Exception as error:
        logger.exception("job failed: %s", job.name)
        return JobRun(name=job.name, work=0, error=type(error).__name__)
    finally:
        _unlock(key)


def _unlock(key: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
    except DatabaseError:
        connection.close()  # the lock dies with the session
