"""Where the embedded servers of this checkout live, without starting anything."""

import hashlib
import os
import pwd
import secrets
import stat
import tempfile
from pathlib import Path

from cwf_portal.files import write_once

LONGEST_SOCKET_PATH = 90  # the kernel allows 107 bytes; the servers append a file name
SYSTEM_HOME = Path("/var/lib/cwf-portal")


def server_user() -> pwd.struct_passwd | None:
    """Who runs PostgreSQL when we are root, which it refuses to be: `postgres` if that user exists, else `nobody`.

    None when we are not root: the server then runs as ourselves.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerUserError("PostgreSQL refuses to run as root, and neither user 'postgres' nor 'nobody' exists.")


class ServerUserError(RuntimeError):
    """There is no system user that could run the server."""


def is_open_to(user: pwd.struct_passwd | None, folder: Path) -> bool:
    """True when `user` can walk down to `folder` (which need not exist yet). None stands for ourselves."""
    if user is None:
        return True
    existing = (parent for parent in (folder, *folder.parents) if parent.exists())
    return all(_may_enter(user, parent.stat()) for parent in existing)


def _may_enter(user: pwd.struct_passwd, status: os.stat_result) -> bool:
    if status.st_uid == user.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def home(var: Path) -> Path:
    """The folder of the server's data: `var`, or one under /var/lib where the server's user cannot reach `var`."""
    resolved = var.resolve()
    if is_open_to(server_user(), resolved):
        return resolved
    return SYSTEM_HOME / _digest(resolved)


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def socket_folder(var: Path) -> Path:
    """The 0700 folder that holds both sockets; outside the home when that path is too long for a socket."""
    wanted = home(var) / "run"
    if len(str(wanted)) <= LONGEST_SOCKET_PATH:
        return wanted
    return Path(tempfile.gettempdir()) / f"cwf-{os.geteuid()}-{_digest(wanted)}"


def database_url(role: str, var: Path, name: str = "cwf") -> str:
    """`postgresql://` address of a database of the embedded server for one of its roles."""
    return f"postgresql://{role}@/{name}?host={socket_folder(var)}"


def redis_socket(var: Path) -> Path:
    """The embedded Redis listens here and nowhere else."""
    return socket_folder(var) / "redis.sock"


def redis_url(var: Path) -> str:
    """Celery's form of the address of the embedded Redis."""
    return f"redis+socket://{redis_socket(var)}"


def secret(name: str, var: Path) -> str:
    """A secret of this checkout, made once and kept in `var/secrets` (0600). Production passes its own."""
    file = var / "secrets" / name
    if not file.exists():
        write_once(file, secrets.token_urlsafe(48).encode("ascii"))
    return file.read_text(encoding="ascii")
