"""No test talks to anything but this machine."""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any


class NetworkBlockedError(RuntimeError):
    """A test tried to reach another machine."""


def block() -> Callable[[], None]:
    """Refuse connections that leave this machine; returns what lifts the block again."""
    real = socket.socket.connect, socket.socket.connect_ex

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            if not is_local(self.family, address):
                self.close()
                raise NetworkBlockedError(f"a test tried to connect to {address!r}")
            return method(self, address)

        return connect

    socket.socket.connect, socket.socket.connect_ex = (guarded(method) for method in real)  # type: ignore[method-assign]

    def lift() -> None:
        socket.socket.connect, socket.socket.connect_ex = real  # type: ignore[method-assign]

    return lift


def is_local(family: int, address: Any) -> bool:
    """True for unix sockets and loopback addresses."""
    if family == socket.AF_UNIX:
        return True
    host = address[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
