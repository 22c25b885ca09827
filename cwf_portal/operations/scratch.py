"""A world to play in and throw away: a clone of the template, a Redis, a bank and a real Celery worker."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from django.conf import settings
from psycopg import sql

from cwf_portal.embedded.redis import Redis
from cwf_portal.embedded.supervisor import hold
from cwf_portal.operations.bank import SandboxBank
from cwf_portal.operations.children import Children, bank_command, free_port, worker_command
from cwf_portal.operations.templates import TemplateServer

FOLDER = f"cwf-journey-{os.geteuid()}-"
URL_OF_ALIAS = {"default": "DATABASE_URL", "owner": "DATABASE_OWNER_URL", "reader": "DATABASE_READER_URL"}


@dataclass(frozen=True)
class Scratch:
    """A running scratch world.

    Attributes:
        environment: What a process needs to work in it.
        children: Its processes.
        bank_store: The bank's own file.
    """

    environment: dict[str, str]
    children: Children
    bank_store: Path


@contextmanager
def scratch_world(*, worker_processes: int) -> Iterator[Scratch]:
    """Everything the journey stands on; gone when the block ends, whatever ended it."""
    server = TemplateServer(connect=_connect_as_owner, lock=_lock_file())
    _clear_away_dead_runs(server)
    with ExitStack() as stack:
        name = stack.enter_context(server.clone("journey"))
        _forget_about_power_cuts(name)
        folder = stack.enter_context(_folder())
        redis = _redis(folder)
        stack.enter_context(hold(folder, [redis]))
        bank_port = free_port()
        environment = _environment(name, folder) | {
            "REDIS_URL": f"redis+socket://{redis.socket}",
            "BANK_ADDRESS": f"http://127.0.0.1:{bank_port}",
        }
        children = stack.enter_context(Children(folder / "log", environment))
        store = folder / "bank.sqlite3"
        children.start(
            "sandbox bank",
            bank_command(bank_port, store),
            ready=SandboxBank(environment["BANK_ADDRESS"]).is_healthy,
        )
        children.start("worker", worker_command(worker_processes))
        yield Scratch(environment, children, store)


def database_url(alias: str, name: str) -> str:
    """The address of another database on the server that `alias` uses, which has to prove itself there as here."""
    database = settings.DATABASES[alias]
    user = quote(database["USER"], safe="")
    password = f":{quote(database['PASSWORD'], safe='')}" if database["PASSWORD"] else ""
    query = {"host": database["HOST"]} | ({"port": database["PORT"]} if database["PORT"] else {})
    query |= {option: value for option, value in database["OPTIONS"].items() if option.startswith("ssl")}
    return f"postgresql://{user}{password}@/{name}?{urlencode(query)}"


def _environment(database: str, folder: Path) -> dict[str, str]:
    urls = {variable: database_url(alias, database) for alias, variable in URL_OF_ALIAS.items()}
    return {**os.environ, **urls, "CWF_SCRATCH": "1", "CWF_VAR": str(folder), "DEMO": "", "CWF_TESTING": ""}


def _connect_as_owner() -> psycopg.Connection:
    return psycopg.connect(database_url("owner", "postgres"), autocommit=True, connect_timeout=5)


def _forget_about_power_cuts(name: str) -> None:
    """Nobody misses this database after a power cut, so nobody waits for its disk."""
    with closing(_connect_as_owner()) as connection:
        statement = sql.SQL("ALTER DATABASE {} SET synchronous_commit TO off")
        connection.execute(statement.format(sql.Identifier(name)))


def _lock_file() -> Path:
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    return settings.VAR_DIR / "template.lock"


def _folder_of(pid: int) -> Path:
    """A short path: a socket's may have at most 107 bytes."""
    return Path(tempfile.gettempdir()) / f"{FOLDER}{pid}"


@contextmanager
def _folder() -> Iterator[Path]:
    folder = _folder_of(os.getpid())
    folder.mkdir(mode=0o700)
    (folder / "assets").mkdir()  # nobody looks at a page here, but the settings' own check asks for it
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _redis(folder: Path) -> Redis:
    return Redis(home=folder, socket=folder / "run" / "redis.sock")


def _clear_away_dead_runs(server: TemplateServer) -> None:
    """What a journey killed by -9 left behind: its database, its Redis, its folder."""
    server.drop_those_of_dead_runs()
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        pid = folder.name.removeprefix(FOLDER)
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            _redis(folder).stop()
            shutil.rmtree(folder)
