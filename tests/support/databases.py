"""Databases for tests: clones of the template that the journey starts from too, thrown away after use."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cwf_portal.embedded.postgres import SUPERUSER
from cwf_portal.operations.templates import TemplateServer, switched_to
from tests.support import cluster

# One after the other, every test that commits has its clone under this name, so that one server can serve them all.
OURS = f"clone_{cluster.WORKER}_{os.getpid()}_ours"


def server() -> TemplateServer:
    """The tests' own cluster, where the superuser makes and drops databases."""
    return TemplateServer(connect=lambda: cluster.postgres().connect("postgres"), lock=cluster.home() / "template.lock")


@contextmanager
def clone() -> Iterator[str]:
    """A fresh copy of the template, dropped afterwards whoever is still connected."""
    with server().clone(cluster.WORKER) as name:
        yield name


@contextmanager
def switched_to_a_clone(of: str = "") -> Iterator[str]:
    """All aliases, in every thread, work on a clone meanwhile, of the template or of another: for what commits."""
    with server().clone(cluster.WORKER, name=OURS, of=of) as name, switched_to(name):
        yield name


def write_dump(file: Path) -> None:
    """The template as a script, for a server that is not the tests' own: far quicker than its migrations."""
    postgres = cluster.postgres()
    with clone() as name:  # a template that somebody reads cannot be cloned meanwhile
        whose = [f"--host={postgres.sockets}", f"--username={SUPERUSER}", f"--dbname={name}"]
        subprocess.run([postgres.program() / "pg_dump", *whose, f"--file={file}"], check=True)
