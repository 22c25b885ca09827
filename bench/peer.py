"""Environments of other people's software, made once under `var/bench`, and what they say of themselves."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from psycopg import sql

from bench.servers import HOME, postgres

HORDAK = ("django-hordak==2.0.0", "psycopg[binary]")
PABUTOOLS = ("pabutools==1.2.3",)
SCRIPT = Path(__file__).resolve().parent / "peer_hordak.py"
DATABASE = "peer_hordak"
WHOLE = "whole"  # a file beside an environment that was not left half made


def hordak(what: str, count: int) -> float:
    """How many transactions of eight legs django-hordak posts in a second.

    Args:
        what: `single`, each committed by itself, or `batch`, all in one transaction.
        count: How many.
    """
    told: dict[str, Any] = json.loads(_run(what, str(count)))
    return float(told["transactions"] / told["seconds"])


def prepare_hordak() -> None:
    """Its environment and its tables; packages come by name through pip."""
    environment("hordak", HORDAK)
    with closing(postgres().connect("postgres")) as connection:
        name = sql.Identifier(DATABASE)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER cwf_owner").format(name))
    _run("migrate")


def environment(name: str, packages: tuple[str, ...]) -> Path:
    """The Python of an environment that holds these packages, and nothing of ours holds them.

    Raises:
        CalledProcessError: pip could not fetch them.
    """
    home = HOME / name
    python = home / "bin" / "python"
    if not (home / WHOLE).exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
        (home / WHOLE).touch()
    return python


def _run(*arguments: str) -> str:
    command = [str(environment("hordak", HORDAK)), str(SCRIPT), str(HOME / "run"), DATABASE, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
