"""A wire between the portal and its bank that can be made to fail: half an answer, half a file, everything twice."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Way = Literal["whole", "half_answer", "half_file", "twice", "old_statements"]
PATIENCE = 30


class Wire(ThreadingHTTPServer):
    """Forwards to the bank on `port`. `ways` says how each next request fares; when it is empty all goes well."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), WireHandler)
        self.bank_port = port
        self.ways: list[Way] = []
        self.spoilt = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def next_way(self, method: str, path: str) -> Way:
        """How this request fares; a way that does not suit it waits for one that it does."""
        is_file, is_statements = path == "/files", path.startswith("/statements") and method == "GET"
        for way in self.ways:
            if (way in ("half_file", "twice", "half_answer") and is_file) or (
                way in ("old_statements", "half_answer") and is_statements
            ):
                self.ways.remove(way)
                self.spoilt += 1
                return way
        return "whole"


class WireHandler(BaseHTTPRequestHandler):
    server: Wire
    timeout = PATIENCE

    def do_GET(self) -> None:
        self._forward(b"")

    def do_POST(self) -> None:
        self._forward(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _forward(self, body: bytes) -> None:
        way = self.server.next_way(self.command, self.path)
        if way == "half_file":
            self._ask(body[: len(body) // 2], announced=len(body))
            return  # the portal hears nothing
        path = "/statements?after=0" if way == "old_statements" else self.path
        try:
            status, answer = self._ask(body, path=path)
            if way == "twice":
                status, answer = self._ask(body, path=path)
        except (OSError, HTTPException):
            return
        with suppress(ConnectionError):  # whoever asked was killed meanwhile
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer[: len(answer) // 2] if way == "half_answer" else answer)

    def _ask(self, body: bytes, *, path: str = "", announced: int | None = None) -> tuple[int, bytes]:
        """Hand a request on to the bank; where it is cut short, hang up without waiting."""
        with closing(HTTPConnection("127.0.0.1", self.server.bank_port, timeout=PATIENCE)) as connection:
            if announced is not None:
                connection.putrequest(self.command, self.path)
                connection.putheader("Content-Length", str(announced))
                connection.endheaders(body)
                return 0, b""
            connection.request(self.command, path or self.path, body or None)
            response = connection.getresponse()
            return response.status, response.read()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """A running wire."""
    with Wire(port) as wire:
        thread = threading.Thread(target=wire.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield wire
        finally:
            wire.shutdown()
