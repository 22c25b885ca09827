"""The demo's processes: sandbox bank, worker, beat and web server, all gone when the demo ends."""

import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.conf import settings
from django.utils.timezone import localdate

from cwf_portal.core.clock import bring_clock_to_present, core_now, start_clock_in_the_past
from cwf_portal.operations.bank import BankError, SandboxBank
from cwf_portal.operations.children import Children, bank_command, beat_command, free_port, worker_command
from cwf_portal.operations.demo.database import bring_up_to_date, load_prices, needs_writing, start_anew
from cwf_portal.operations.demo.plot import write_past

WANTED_PORT = 8000
PAST = timedelta(days=3 * 365)
LOOK_SECONDS = 1.0
BANK_DAY_SECONDS = 3.0
OK = 200
Say = Callable[[str], None]


class DemoError(RuntimeError):
    """The demo cannot start; the sentence says why and what to do."""


@dataclass(frozen=True)
class Stage:
    """A running demo: where it listens, its processes and its bank."""

    address: str
    children: Children
    bank: SandboxBank

    def stay_up(self) -> None:
        """Let the bank live through each day, and see that every process is there, until interrupted.

        Raises:
            ChildError: a process ended.
        """
        bank_day_at = 0.0
        while True:
            self.children.check()
            if time.monotonic() >= bank_day_at:
                self._let_the_bank_work()
                bank_day_at = time.monotonic() + BANK_DAY_SECONDS
            time.sleep(LOOK_SECONDS)

    def _let_the_bank_work(self) -> None:
        """The bank has no clock: it is told that today is today. A bank that is busy is told again."""
        try:
            self.bank.advance(localdate(core_now()))
        except BankError as error:
            sys.stderr.write(f"{error}\n")


@contextmanager
def stage(*, fresh: bool, say: Say) -> Iterator[Stage]:
    """Bring everything up, write the past where there is none, and take everything down at the end.

    Raises:
        DemoError: another demo of this checkout runs.
        ChildError: a process did not start.
    """
    folder = settings.VAR_DIR / "demo"
    with ExitStack() as stack:
        stack.enter_context(only_one(settings.VAR_DIR))
        is_new = needs_writing(fresh=fresh)
        if is_new:
            start_anew()
        say("Bringing the database up to date")
        bring_up_to_date()
        environment, bank = _environment()
        children = stack.enter_context(Children(folder / "log", environment))
        port = free_port(WANTED_PORT)
        children.start(
            "sandbox bank",
            bank_command(int(environment["BANK_PORT"]), folder / "bank.sqlite3"),
            ready=bank.is_healthy,
        )
        if is_new:
            start_clock_in_the_past(by=PAST)
            load_prices()
        children.start("worker", worker_command(2))
        if is_new:
            say("Writing three years of sample history, about a minute")
            write_past(bank=bank, say=say)
            bring_clock_to_present()
        children.start("beat", beat_command())
        children.start("web", web_command(port), ready=lambda: _answers(port))
        yield Stage(f"http://127.0.0.1:{port}", children, bank)


def _environment() -> tuple[dict[str, str], SandboxBank]:
    """What every process of the demo finds in its environment, and the bank it will talk to."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    return {**os.environ, "DEMO": "1", "BANK_ADDRESS": address, "BANK_PORT": str(port)}, SandboxBank(address)


def web_command(port: int) -> list[str]:
    """gunicorn, as production runs it: no access log."""
    options = ["--workers=2", "--threads=4", "--bind", f"127.0.0.1:{port}", "--log-level=warning"]
    return [sys.executable, "-m", "gunicorn", "cwf_portal.wsgi", *options]


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == OK
    except (HTTPException, OSError):
        return False
    finally:
        connection.close()


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Two demos of one checkout would share one database; a killed one holds nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError("A demo of this checkout is running already. Stop it with Ctrl-C first.") from error
        yield
