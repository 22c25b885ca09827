"""The bench's own servers under `var/bench`, with the durability that production has."""

import os
from pathlib import Path

from cwf_portal.embedded.paths import secret
from cwf_portal.embedded.postgres import Postgres

HOME = Path(__file__).resolve().parent.parent / "var" / "bench"
ROLES = {"DATABASE_URL": "cwf_app", "DATABASE_OWNER_URL": "cwf_owner", "DATABASE_READER_URL": "cwf_reader"}


def postgres() -> Postgres:
    """PostgreSQL with its defaults: every commit reaches the disk."""
    return Postgres(home=HOME, sockets=HOME / "run")


def point_settings_at_our_own() -> None:
    """Before the settings are read: our own database, and no broker, since nothing here needs one."""
    for variable, role in ROLES.items():
        os.environ[variable] = f"postgresql://{role}@/cwf?host={HOME / 'run'}"
    for variable in ("SECRET_KEY", "PERSON_HMAC_KEY"):
        os.environ.setdefault(variable, secret(variable.lower(), HOME))
