"""Is this container well? For compose, which asks every half minute; so without loading the portal.

`python -m cwf_portal.healthcheck web` asks the web process of this container for /healthz. `… jobs`, for worker and
beat, asks the database whether any job was finished lately: that takes both. Exit code 1 says that it is not well.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from urllib.error import URLError
from urllib.request import Request, urlopen

import psycopg

JOBS_RAN = "SELECT coalesce(max(finished_at) > core_now() - interval '5 minutes', false) FROM core_jobrun"
WEB = "http://127.0.0.1:8000/healthz"


def is_web_well(address: str, environment: Mapping[str, str]) -> bool:
    """Whether the web process answers that the portal is well; it answers to its public name only."""
    name = environment.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
    try:
        with urlopen(Request(address, headers={"Host": name}), timeout=8) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def do_jobs_run(environment: Mapping[str, str]) -> bool:
    """Whether a worker and a beat are there, as the database has it."""
    try:
        with psycopg.connect(environment["DATABASE_URL"], connect_timeout=5) as connection:
            row = connection.execute(JOBS_RAN).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    is_well = do_jobs_run(os.environ) if arguments == ["jobs"] else is_web_well(WEB, os.environ)
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
