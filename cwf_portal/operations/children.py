"""The processes that the journey and the demo stand on: they end with us, whatever ends us."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 60.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.05
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


class ChildError(RuntimeError):
    """A process did not start, or ended before its time; the sentence names its log."""


def _end_with_parent() -> None:
    """In the child, before its program: be asked to end when the parent dies, even by kill -9.

    A session of its own keeps the terminal's Ctrl-C away, so that we stop the children in our order.
    """
    os.setsid()
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One running process and where it writes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def is_running(self) -> bool:
        return self.process.poll() is None

    def last_line(self) -> str:
        """The end of its log, for the sentence that says why it died."""
        lines = [line for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it wrote nothing"

    def stop(self) -> None:
        """Ask it to end, and kill its whole group where it has not."""
        if self.is_running():
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill_group()
        else:
            self._kill_group()  # what it may have left of its own children

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class Children:
    """A `with` block of processes; leaving it stops them, last started first.

    Attributes:
        logs: Folder of one log file per process.
        environment: What every process finds beside its own settings.
    """

    logs: Path
    environment: Mapping[str, str]
    _running: list[Child] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "Children":
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, name: str, command: Sequence[str], *, ready: Callable[[], bool] | None = None) -> Child:
        """Start a process and wait until `ready()`.

        Raises:
            ChildError: it ended, or was not ready within a minute.
        """
        log = self.logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                preexec_fn=_end_with_parent,
            )
        child = Child(name, process, log)
        self._stack.callback(child.stop)
        self._running.append(child)
        if ready is not None:
            self._wait_for(child, ready)
        return child

    def check(self) -> None:
        """Raise ChildError when one of them has ended."""
        for child in self._running:
            if not child.is_running():
                raise ChildError(f"The {child.name} ended: {child.last_line()} (see {child.log})")

    def _wait_for(self, child: Child, ready: Callable[[], bool]) -> None:
        ends = time.monotonic() + START_SECONDS
        while not ready():
            if not child.is_running():
                raise ChildError(f"The {child.name} did not start: {child.last_line()} (see {child.log})")
            if time.monotonic() > ends:
                raise ChildError(f"The {child.name} is not ready after {START_SECONDS:.0f} seconds; see {child.log}")
            time.sleep(POLL_SECONDS)


def free_port(wanted: int = 0) -> int:
    """`wanted` where nobody listens there, else a port that is free now."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ChildError("This machine has no free port on 127.0.0.1.")


def bank_command(port: int, store: Path) -> list[str]:
    return [sys.executable, "-m", "cwf_portal.sandbox_bank", "--port", str(port), "--store", str(store)]


def worker_command(processes: int) -> list[str]:
    """Celery's worker, as production runs it."""
    options = ["--loglevel=WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [sys.executable, "-m", "celery", "-A", "cwf_portal.celery", "worker", "-c", str(processes), *options]


def beat_command() -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "cwf_portal.celery", "beat", "--loglevel=WARNING", "--pidfile="]
