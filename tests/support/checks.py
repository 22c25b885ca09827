"""`make check`: everything about the code that a tool can hold, each check by its name and its seconds.

Run as `python -m tests.support.checks [name ...]`; without names all of them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from cwf_portal.embedded.supervisor import hold
from tests.support import cluster

BIN = Path(sys.executable).parent
ROOMS = ("core", "neighbourhoods", "panels", "grants")
# Limits of style, rules that no linter knows, and the way relations may point.
RULES = ("tests/repo/test_code_rules.py", "tests/repo/test_models.py")
# What the linter fears is a unique constraint that rows break. 0019, 0027, 0032, 0033, 0037, 0041 and 0048 permit more
# than what they replace; 0021 and 0034 stand on a column that they add, so every row that is there has nothing in it.
# 0005 makes a column text: no row moves. 0035 stands on a few orders that wait for the bank: where two sales of one
# holding do, withdraw one. 0010 takes away columns that only a trigger writes, and replaces it at once.
LOOKED_AT = (
    "--ignore-name",
    "0019_a_case_of_each_photo",
    "0021_annulled_by_two",
    "0005_ways_of_writing",
    "0010_closing_accounts",
    "0032_held_by_two",
    "0033_late_figures",
    "0035_bank_lines_never_stop",
    "0041_returns_taken_back",
    "0048_retries_refused",
    "0027_one_account_shows_it",
    "0034_projects_paid_for_in_part",
    "0037_one_person_one_vote",
)
PRODUCTION = {
    "SECRET_KEY": "k7Qw2ZpX9vLr4TnB8yHsD3fGjM6cUeA1oIxW5qRtYbNz0PhVuEaS",  # as long as a real one, and worth nothing
    "PERSON_HMAC_KEY": "also-worth-nothing",
    "ALLOWED_HOSTS": "portal.example",
    "SITE_ADDRESS": "https://portal.example",
    "CWF_TLS_ELSEWHERE": "1",  # as in docker-compose.yml
}


@dataclass(frozen=True)
class Check:
    """One tool: its name, its command line, and what it needs in its environment."""

    name: str
    command: Sequence[str | Path]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What a tool said."""

    name: str
    is_good: bool
    text: str
    seconds: float


def all_checks() -> list[Check]:
    """The longest first, so that two at a time end together."""
    templates = sorted(str(file) for file in (cluster.CHECKOUT / "templates").rglob("*.html"))
    manage: list[str | Path] = [BIN / "python", "manage.py"]
    ours = {"DJANGO_SETTINGS_MODULE": "tests.check_settings", **PRODUCTION, **_database()}
    return [
        Check("types", [BIN / "mypy"]),
        Check("migrations are safe", [*manage, "lintmigrations", *LOOKED_AT, "--include-apps", *ROOMS], ours),
        Check("migrations are complete", [*manage, "makemigrations", "--check", "--dry-run"], ours),
        Check("rules", [BIN / "python", "-m", "pytest", "-q", "-n", "0", *RULES]),
        Check("boundaries", [BIN / "lint-imports"]),
        Check("deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
        Check("templates", [BIN / "djade", "--check", "--target-version", "5.2", *templates]),
        Check("style", [BIN / "ruff", "check", "--output-format=concise", "."]),
        Check("layout", [BIN / "ruff", "format", "--check", "."]),
    ]


def _database() -> dict[str, str]:
    sockets = cluster.home() / "run"
    names = {"DATABASE_URL": "cwf_app", "DATABASE_OWNER_URL": "cwf_owner", "DATABASE_READER_URL": "cwf_reader"}
    return {variable: f"postgresql://{role}@/cwf?host={sockets}" for variable, role in names.items()}


def run(check: Check) -> Outcome:
    """Run one tool and keep what it says."""
    begins = time.monotonic()
    done = subprocess.run(
        [str(part) for part in check.command],
        cwd=cluster.CHECKOUT,
        env=os.environ | check.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(check.name, done.returncode == 0, done.stdout, time.monotonic() - begins)


def main(names: Sequence[str]) -> int:
    """Run the checks and say which failed; the exit code of the command."""
    wanted = [check for check in all_checks() if not names or check.name in names]
    cluster.prepare_home()
    with hold(cluster.home(), [cluster.postgres()]), ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = []
        for outcome in pool.map(run, wanted):
            outcomes.append(outcome)
            sys.stdout.write(f"{'good' if outcome.is_good else 'FAIL'}  {outcome.seconds:5.1f} s  {outcome.name}\n")
            if not outcome.is_good:
                sys.stdout.write(outcome.text + "\n")
            sys.stdout.flush()
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
