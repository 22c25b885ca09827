"""Small things both servers need: waiting, folders of another user, looking at processes by their folder."""

import errno
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cwf_portal.embedded.errors import ServerError

POLL_SECONDS = 0.02
_launched: list["subprocess.Popen[bytes]"] = []  # kept, for a server outlives the function that starts it


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    """Ask `true()` every 20 ms for at most `seconds`; return its last answer."""
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            return False
        time.sleep(POLL_SECONDS)
    return True


def private_folder(folder: Path, owner: pwd.struct_passwd | None) -> None:
    """Make `folder` 0700 and owner's, or refuse it where somebody else made it first.

    Raises:
        ServerError: the folder is not ours to use.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    wanted = os.geteuid() if owner is None else owner.pw_uid
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), wanted}:
        raise ServerError(f"{folder} belongs to somebody else. Remove it: sudo rm -r {folder}")
    folder.chmod(0o700)
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def launch(command: Sequence[str | Path], log: Path, **identity: Any) -> "subprocess.Popen[bytes]":
    """Start a server that writes to `log`.

    It gets a session of its own: Ctrl-C at the terminal must reach us, not the server under the work being ended.
    """
    with log.open("ab") as output:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, **identity
        )
    _launched.append(server)
    return server


def answers(address: Path) -> bool:
    """True when something accepts connections on this unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(address))
        except OSError:
            return False
    return True


def exists(pid: int) -> bool:
    """True while a process with this number runs, a zombie not counted."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def working_in(folder: Path) -> Iterator[int]:
    """The processes whose working folder is `folder`: the server that owns a data folder, and its children."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.readlink(entry / "cwd") == str(folder):
                yield int(entry.name)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ESRCH, errno.EACCES, errno.EPERM}:
                raise


def end(pid: int, first: signal.Signals, seconds: float) -> None:
    """Ask a process to end, and kill it where it has not after `seconds`."""
    for request in (first, signal.SIGKILL):
        try:
            os.kill(pid, request)
        except ProcessLookupError:
            return
        if wait_until(lambda: _is_gone(pid), seconds):
            return


def _is_gone(pid: int) -> bool:
    """True when the process has ended; collects it where we started it."""
    for server in _launched:
        server.poll()
    return not exists(pid)
