"""Where the embedded servers of this checkout live, without starting anything."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

LONGEST_SOCKET_PATH = 90  # the kernel allows 107 bytes; the servers append a file name


def socket_folder(var: Path) -> Path:
    """The 0700 folder that holds both sockets; outside `var` when that path is too long for a socket."""
    wanted = var.resolve() / "run"
    if len(str(wanted)) <= LONGEST_SOCKET_PATH:
        return wanted
    digest = hashlib.sha256(str(var.resolve()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cwf-{os.getuid()}-{digest}"


def database_url(role: str, var: Path) -> str:
    """`postgresql://` address of the embedded database for one of our three roles."""
    return f"postgresql://{role}@/cwf?host={socket_folder(var)}"


def redis_url(var: Path) -> str:
    """Celery's form of the address of the embedded Redis."""
    return f"redis+socket://{socket_folder(var)}/redis.sock"


def secret(name: str, var: Path) -> str:
    """A secret of this checkout, made once and kept in `var/secrets` (0600). Production passes its own."""
    file = var / "secrets" / name
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_suffix(f".{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as handle:
            handle.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)  # only the first of several processes wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text(encoding="ascii")
