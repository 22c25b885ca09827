"""A real server on a clone: gunicorn as in production, for browser tests and whatever needs a second process."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from cwf_portal.core.fresh import note_sign_in
from cwf_portal.core.models import User
from tests.support import cluster

START_SECONDS = 90.0
LIVENESS = "/static/icon.svg"


@dataclass(frozen=True)
class Portal:
    """A running portal.

    Attributes:
        url: Its address without a slash at the end.
        log: What it wrote to its standard error.
        keys: Where its private keys lie, outside the checkout.
    """

    url: str
    log: Path
    keys: Path

    def sign_in(self, user: User) -> dict[str, str]:
        """A session for `user`, as the cookie that a Playwright context takes in `add_cookies([...])`."""
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        request = HttpRequest()
        request.session = session
        note_sign_in(request, user, "test")
        session.save()
        return {"name": settings.SESSION_COOKIE_NAME, "value": str(session.session_key), "url": self.url}


def environment(database: str, **more: str) -> dict[str, str]:
    """The environment of a process of ours that works on `database` of the tests' cluster."""
    sockets = cluster.home() / "run"
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return inherited | {
        "CWF_TESTING": "1",
        "SECRET_KEY": settings.SECRET_KEY,  # the checkout's, which beside a database of others must be given
        "PERSON_HMAC_KEY": settings.PERSON_HMAC_KEY,
        "DATABASE_URL": f"postgresql://cwf_app@/{database}?host={sockets}",
        "DATABASE_OWNER_URL": f"postgresql://cwf_owner@/{database}?host={sockets}",
        "DATABASE_READER_URL": f"postgresql://cwf_reader@/{database}?host={sockets}",
        "REDIS_URL": f"redis+socket://{cluster.redis().socket}",
        **more,
    }


@contextmanager
def running(database: str, folder: Path, *, workers: int = 1, **more: str) -> Iterator[Portal]:
    """gunicorn on `database`, on a free port of its own, ended afterwards.

    Args:
        database: A clone of the template.
        folder: Where its log and its keys go.
        workers: Web workers, each with four threads.
        more: Further environment variables.
    """
    with socket.socket() as listener:  # handed down open: nobody can take the port meanwhile
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        log, keys = folder / "portal.log", folder / "keys"
        command = [sys.executable, "-m", "gunicorn", "cwf_portal.wsgi", "--bind", f"fd://{listener.fileno()}"]
        command += ["--workers", str(workers), "--threads", "4", "--worker-tmp-dir", str(folder)]
        with (
            log.open("wb") as output,
            _process(
                command,
                environment(database, SITE_ADDRESS=url, CWF_KEYS=str(keys), **more),
                output.fileno(),
                [listener.fileno()],
            ) as process,
        ):
            _wait_for(url + LIVENESS, process, log)
            yield Portal(url=url, log=log, keys=keys)


@contextmanager
def _process(
    command: Sequence[str], environ: dict[str, str], output: int, pass_fds: Sequence[int]
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, cwd=cluster.CHECKOUT, env=environ, stdout=output, stderr=output, pass_fds=pass_fds
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGQUIT)  # gunicorn: at once, without waiting for connections kept alive
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=START_SECONDS):
                return
        except urllib.error.HTTPError as answered:
            answered.close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the portal did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
