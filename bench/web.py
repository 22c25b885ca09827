"""gunicorn as production runs it, on the database that is being measured, and twenty people who use it at once."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException
from os import environ
from pathlib import Path

from django.conf import settings
from django.db import connections

from bench.servers import HOME
from cwf_portal.embedded.redis import Redis
from cwf_portal.embedded.supervisor import hold
from cwf_portal.operations.children import Children, free_port

CHECKOUT = Path(__file__).resolve().parent.parent
OPTIONS = ("--workers=3", "--threads=4", "--worker-tmp-dir=/dev/shm", "--log-level=warning")
SERVER_ERROR = 500


@dataclass(frozen=True)
class Request:
    """One thing that one person sends.

    Attributes:
        method: GET or POST.
        path: With a slash at the beginning.
        cookies: As the header says them.
        body: Of a form; empty for GET.
        expects: The status of an answer that did what was asked.
    """

    method: str
    path: str
    cookies: str
    body: str
    expects: int


@dataclass(frozen=True)
class Load:
    """What twenty people got.

    Attributes:
        seconds: From the first request to the last answer.
        waits: Seconds that each answer took which was as expected.
        others: Answers with another status.
    """

    seconds: float
    waits: list[float]
    others: int

    @property
    def per_second(self) -> float:
        """Answers as expected, over the whole time."""
        return len(self.waits) / self.seconds


def p95_ms(loads: Iterable[Load]) -> float:
    """95 of 100 waited no longer."""
    return 1000 * statistics.quantiles((wait for load in loads for wait in load.waits), n=20)[-1]


@contextmanager
def portal(module: str) -> Iterator[int]:
    """The port of gunicorn with the settings of `module`, ended afterwards; the default cache is a Redis of its own."""
    with tempfile.TemporaryDirectory(prefix="cwf-bench-") as folder:
        redis = Redis(home=Path(folder), socket=Path(folder) / "run" / "redis.sock")
        port = free_port()
        own = {
            "DJANGO_SETTINGS_MODULE": module,
            "DATABASE_URL": _address("cwf_app"),
            "DATABASE_READER_URL": _address("cwf_reader"),
            "REDIS_URL": f"redis+socket://{redis.socket}",
            "SITE_ADDRESS": f"http://127.0.0.1:{port}",
            "CWF_KEYS": str(settings.KEYS_DIR),
            "SECRET_KEY": settings.SECRET_KEY,
            "PERSON_HMAC_KEY": settings.PERSON_HMAC_KEY,
        }
        command = [sys.executable, "-m", "gunicorn", "cwf_portal.wsgi", "--bind", f"127.0.0.1:{port}", *OPTIONS]
        with hold(Path(folder), [redis]), Children(Path(folder) / "log", environ | own) as children:
            children.start("web", command, ready=lambda: _answers(port))
            yield port


def people_send(port: int, requests: Sequence[Request]) -> Load:
    """Let twenty people, in a process of their own, send these one after another; each keeps their connection."""
    asked = json.dumps({"port": port, "requests": [asdict(request) for request in requests]})
    command = [sys.executable, "-m", "bench.people"]
    done = subprocess.run(command, input=asked, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True)
    return Load(**json.loads(done.stdout))


def _address(role: str) -> str:
    name = connections["default"].settings_dict["NAME"]
    return f"postgresql://{role}@/{name}?host={HOME / 'run'}"


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/bench/")
        return connection.getresponse().status < SERVER_ERROR
    except (HTTPException, OSError):
        return False
    finally:
        connection.close()
