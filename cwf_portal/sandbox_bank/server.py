"""The bank's door: a few JSON endpoints over HTTP on this machine only."""

import json
import logging
from collections.abc import Callable
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from .messages import RefusedError
from .store import Bank

LARGEST_BODY = 32 * 1024 * 1024  # bytes; ten thousand payments need about 9 MB
PATIENCE = 30  # seconds for a caller to send what it announced
Answer = tuple[int, dict[str, Any]]
logger = logging.getLogger("sandbox_bank")


class BankServer(ThreadingHTTPServer):
    """Serves one bank; every request in its own thread, the store takes them one at a time."""

    daemon_threads = True

    def __init__(self, bank: Bank, port: int) -> None:
        super().__init__(("127.0.0.1", port), BankHandler)
        self.bank = bank

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class BankHandler(BaseHTTPRequestHandler):
    """What is asked and told here.

    POST /files, /credits, /debits, /advance, /faults, /faults/off.
    GET /statements, /reports, /notices, /faults, /totals.
    """

    server: BankServer
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE
    posts: ClassVar[dict[str, str]] = {
        "/files": "take_file",
        "/credits": "take_credit",
        "/debits": "take_debit",
        "/advance": "take_advance",
        "/faults": "take_fault",
        "/faults/off": "take_fault_off",
    }

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        bank = self.server.bank
        after = parse_qs(address.query).get("after", ["0"])[-1]
        if not (after.isascii() and after.isdigit()):
            return self.answer(400, {"outcome": "refused", "reason": "after must be a whole number"})
        if address.path == "/statements":
            found = {"statements": bank.statements_after(int(after))}
            return self.answer(200, found, cut=bank.use_fault("half_answer"))
        if address.path == "/reports":
            return self.answer(200, {"reports": bank.reports_after(int(after))})
        if address.path == "/notices":
            return self.answer(200, {"notices": bank.notices_after(int(after))})
        if address.path == "/faults":
            return self.answer(200, {"faults": bank.faults()})
        if address.path == "/totals":
            return self.answer(200, bank.totals())
        if address.path == "/health":
            return self.answer(200, {"status": "ok"})
        return self.answer(404, {"outcome": "refused", "reason": "no such address"})

    def do_POST(self) -> None:
        name = self.posts.get(urlsplit(self.path).path)
        if name is None:
            return self.answer(404, {"outcome": "refused", "reason": "no such address"}, hang_up=True)
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            return self.answer(411, {"outcome": "refused", "reason": "the length must be announced"}, hang_up=True)
        if int(length) > LARGEST_BODY:
            reason = f"at most {LARGEST_BODY} bytes are taken, {length} were announced"
            return self.answer(413, {"outcome": "refused", "reason": reason}, hang_up=True)
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            return self.answer(400, {"outcome": "refused", "reason": "the file broke off"}, hang_up=True)
        handle: Callable[[bytes], Answer | None] = getattr(self, name)
        try:
            answer = handle(body)
        except RefusedError as error:
            answer = 422, {"outcome": "refused", "reason": str(error)}
        if answer is None:  # the fault called silence: the work is done and nobody is told
            self.close_connection = True
            return None
        cut = name == "take_file" and self.server.bank.use_fault("half_answer")
        return self.answer(*answer, cut=cut)

    def take_file(self, body: bytes) -> Answer | None:
        if self.server.bank.use_fault("half_upload"):  # the line broke, and nobody noticed
            body = body[: len(body) // 2]
        outcome = self.server.bank.take_file(body)
        return None if self.server.bank.use_silence() else (200, outcome)

    def take_credit(self, body: bytes) -> Answer:
        wanted = _fields(body, {"reference": str, "amount_pence": int, "on": date})
        return 200, self.server.bank.take_credit(**wanted)

    def take_debit(self, body: bytes) -> Answer:
        wanted = _fields(body, {"reference": str, "amount_pence": int, "on": date})
        return 200, self.server.bank.take_debit(**wanted)

    def take_advance(self, body: bytes) -> Answer:
        return 200, self.server.bank.advance(_fields(body, {"to": date})["to"])

    def take_fault(self, body: bytes) -> Answer:
        optional = {"account_number": str, "reason": str, "days": int, "times": int}
        self.server.bank.set_fault(**_fields(body, {"kind": str}, optional))
        return 200, {"outcome": "accepted"}

    def take_fault_off(self, body: bytes) -> Answer:
        self.server.bank.clear_fault(_fields(body, {"kind": str})["kind"])
        return 200, {"outcome": "accepted"}

    def answer(self, status: int, content: dict[str, Any], *, hang_up: bool = False, cut: bool = False) -> None:
        body = json.dumps(content, sort_keys=True).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if hang_up or cut:  # what the caller still sends must not be read as the next request
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)


def _fields(body: bytes, needed: dict[str, type], optional: dict[str, type] | None = None) -> dict[str, Any]:
    """The named fields of a JSON object, each of its kind; RefusedError names the one that is not."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"the request is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise RefusedError("the request must be a JSON object")
    present = {name: kind for name, kind in (optional or {}).items() if name in content}
    return {name: _field(content, name, kind) for name, kind in (needed | present).items()}


def _field(content: dict[str, Any], name: str, kind: type) -> Any:
    value = content.get(name)
    if kind is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise RefusedError(f"{name} is not a date: {value[:40]!r}") from error
    if not isinstance(value, kind) or isinstance(value, bool) or value == "":
        raise RefusedError(f"{name} is missing or not a {kind.__name__}")
    if isinstance(value, int) and abs(value) >= 10**15:
        raise RefusedError(f"{name} is out of range")
    return value
