"""The sandbox bank as the journey and the demo see it: they play the outside world, the portal never calls these."""

import json
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import date
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

SECONDS = 60
OK = 200


class BankError(RuntimeError):
    """The sandbox bank refused something or is not there."""


@dataclass(frozen=True)
class BankTotals:
    """What truly happened at the bank, counted from its own entries.

    Attributes:
        credited: EndToEndIds that reached a payee's account.
        credited_twice: Those that did so more than once.
        paid_pence: Everything that left our account for payees.
        returned_pence: What came back.
        balance_pence: What stands on our account.
    """

    credited: int
    credited_twice: int
    paid_pence: int
    returned_pence: int
    balance_pence: int


@dataclass(frozen=True)
class SandboxBank:
    """A bank process at `address` (http://127.0.0.1:port)."""

    address: str

    def credit(self, *, reference: str, amount_pence: int, on: date) -> None:
        """Let money arrive on a day, under the reference its sender gives."""
        self._post("/credits", {"reference": reference, "amount_pence": amount_pence, "on": on.isoformat()})

    def debit(self, *, reference: str, amount_pence: int, on: date) -> None:
        """Let money leave on a day without a payment file, as finance orders an investment at its bank."""
        self._post("/debits", {"reference": reference, "amount_pence": amount_pence, "on": on.isoformat()})

    def advance(self, to: date) -> int:
        """Let the bank live through every day up to and including `to`; return the number of its last statement."""
        return int(self._post("/advance", {"to": to.isoformat()})["statements"])

    def totals(self) -> BankTotals:
        """What happened so far, counted by the bank."""
        answer = self._ask("/totals")
        return BankTotals(**{field.name: answer[field.name] for field in fields(BankTotals)})

    def is_healthy(self) -> bool:
        """True when the process answers."""
        try:
            return self._ask("/health") == {"status": "ok"}
        except BankError:
            return False

    def faults(self) -> dict[str, int]:
        """How often the bank will still misbehave, by the name of the fault; 0 for those that are off."""
        return {kind: int(times) for kind, times in self._ask("/faults")["faults"].items()}

    def misbehave(self, kind: str, *, times: int) -> None:
        """Switch a fault on."""
        self._post("/faults", {"kind": kind, "times": times})

    def behave(self, kind: str) -> None:
        """Switch a fault off."""
        self._post("/faults/off", {"kind": kind})

    def _post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        return self._ask(path, json.dumps(content).encode())

    def _ask(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        """GET, or POST where there is a body."""
        parts = urlsplit(self.address)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
        try:
            with closing(connection):
                connection.request("GET" if body is None else "POST", path, body)
                answer = connection.getresponse()
                content = dict(json.load(answer))
        except (HTTPException, OSError, ValueError) as error:
            raise BankError(f"The sandbox bank at {self.address} does not answer: {error}") from error
        if answer.status != OK:
            raise BankError(f"The sandbox bank refused: {content.get('reason', answer.status)}")
        return content
