"""What the battery stands on and strikes at: workers, broker, database, bank, and the wire to it."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from celery import current_app
from django.db import connections
from kombu.exceptions import OperationalError
from redis import Redis as Client
from redis.exceptions import RedisError

from cwf_portal.embedded import processes
from cwf_portal.embedded.postgres import Postgres
from cwf_portal.embedded.redis import Redis
from cwf_portal.operations.bank import SandboxBank
from cwf_portal.operations.children import Child, Children, bank_command
from cwf_portal.operations.faults.proxy import Wire

QUEUE_LONG_ENOUGH = 2
READY_SECONDS = 30.0
TICK_SECONDS = 0.12


@dataclass
class Ground:
    """Everything that can be struck. `task` and `queue` say whose worker it is: the portal's or the naive one.

    Attributes:
        chance: Seeded; every choice of the battery comes from it.
        points: The folder that arms crash points.
        store: The bank's own file.
    """

    chance: Random
    postgres: Postgres
    redis: Redis
    wire: Wire
    bank_port: int
    store: Path
    points: Path
    children: Children
    worker_program: list[str]
    task: str = "core.tick"
    queue: str = "celery"
    deliveries: int = 1
    workers: list[Child] = field(default_factory=list)
    bank_process: Child | None = None
    started: int = 0
    ticked_at: float = 0.0

    def open(self) -> None:
        """Start the bank and one worker."""
        self.start_bank()
        self.start_worker()

    def close(self) -> None:
        """Kill what still runs."""
        for worker in list(self.workers):
            self.kill_worker(worker)
        self.kill_bank()

    def start_bank(self) -> None:
        bank = SandboxBank(f"http://127.0.0.1:{self.bank_port}")
        command = bank_command(self.bank_port, self.store)
        self.bank_process = self.children.start(f"bank {self.queue}", command, ready=bank.is_healthy)

    def kill_bank(self) -> None:
        if self.bank_process is not None:
            self.bank_process.process.kill()
            self.bank_process.process.wait()

    def start_worker(self) -> Child:
        """Start a worker and wait until it has children to work."""
        worker = self.children.start(f"worker {self.queue} {self.started}", [*self.worker_program, "-Q", self.queue])
        self.started += 1
        self.workers.append(worker)
        processes.wait_until(lambda: bool(self.children_of(worker)) or not worker.is_running(), READY_SECONDS)
        return worker

    def kill_worker(self, worker: Child) -> None:
        """kill -9 of a worker with all its children."""
        with suppress(ProcessLookupError):
            os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
        self.workers.remove(worker)

    def children_of(self, worker: Child) -> list[int]:
        """The processes that do a worker's tasks."""
        pid = worker.process.pid
        with suppress(OSError):
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def restart_the_dead(self) -> None:
        """What the machine's own supervisor does: Celery's worker may end when its broker dies under it."""
        for worker in [worker for worker in self.workers if not worker.is_running()]:
            self.kill_worker(worker)  # what it may have left of its children
            self.start_worker()

    def tick(self) -> None:
        """Play beat, as often as `deliveries` says; a broker that is away is no reason to stop."""
        self.restart_the_dead()
        if time.monotonic() - self.ticked_at < TICK_SECONDS:
            return  # a task whose process died comes back by itself
        with suppress(OperationalError, RedisError, ConnectionError):
            if self.queue_length() < QUEUE_LONG_ENOUGH * self.deliveries:
                self.ticked_at = time.monotonic()
                for _ in range(self.deliveries):
                    current_app.send_task(self.task, queue=self.queue, expires=60, retry=False)

    def queue_length(self) -> int:
        with Client(unix_socket_path=str(self.redis.socket), socket_timeout=2) as client:
            return int(client.llen(self.queue))

    def flush_redis(self) -> None:
        with Client(unix_socket_path=str(self.redis.socket), socket_timeout=2) as client:
            client.flushall()

    def kill_redis(self) -> None:
        """kill -9, and an empty one in its place."""
        for pid in list(processes.working_in((self.redis.home / "redis").resolve())):
            os.kill(pid, signal.SIGKILL)
        self.redis.start()

    def kill_postgres(self) -> None:
        """kill -9 of every process of the server; it comes back with whatever it acknowledged."""
        pids = list(processes.working_in(self.postgres.data))
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.postgres.start()
        connections.close_all()

    def end_sessions(self) -> int:
        """End every session of the application but our own, in the middle of whatever it does."""
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            ours = cursor.fetchone()[0]
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE usename = 'cwf_app' AND pid <> %s",
                [ours],
            )
            return int(cursor.fetchone()[0])

    def freeze_bank(self, seconds: float) -> None:
        """The bank is there and says nothing for a while."""
        if self.bank_process is not None:
            self.bank_process.process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            self.bank_process.process.send_signal(signal.SIGCONT)
