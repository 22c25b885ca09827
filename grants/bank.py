"""The fund's bank behind one small interface; two adapters: the sandbox bank over HTTP, and folders.

`BANK_ADDRESS` chooses: `http://…` talks to a sandbox bank, `file:///…` drops files into a folder from which the
operator's own link to the bank takes them. Empty: there is no bank, and files wait.
"""

import errno
import http.client
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from django.conf import settings

from grants.domain.iso20022_xml import LARGEST_MESSAGE

PATIENCE_S = 10  # for the bank to answer; a file of ten thousand payments takes it well under a second
OK, UNPROCESSABLE = 200, 422
READ_AT_ONCE = 5  # messages of a folder: after days away there may be many, and each may be large
NOT_OTHERS = 0o640  # names and account numbers stand in a payment file
LARGEST_ANSWER = 64 * 1024 * 1024  # bytes


class BankAwayError(Exception):
    """The bank was not reached: nothing was handed over."""


class BankSilentError(Exception):
    """The bank may or may not have taken what was handed over."""


@dataclass(frozen=True)
class Answer:
    """What the bank said to a file: taken, known already, or refused with its reason."""

    outcome: Literal["accepted", "duplicate", "refused"]
    reason: str = ""


@dataclass(frozen=True)
class Document:
    """A message from the bank; `sequence` counts statements and reports apart, from 1 without gaps."""

    sequence: int
    content: bytes


class Bank(Protocol):
    """What the portal needs from a bank. `dedupes`: the same file handed over twice is paid once."""

    dedupes: bool

    def submit(self, *, name: str, content: bytes) -> Answer:
        """Hand a payment file over.

        Raises:
            BankAwayError: it certainly did not arrive.
            BankSilentError: nobody knows.
        """

    def statements_after(self, sequence: int) -> list[Document]:
        """The next camt.053 statements, oldest first; BankAwayError when the bank cannot be asked."""

    def reports_after(self, sequence: int) -> list[Document]:
        """The next pain.002 reports of rejected payments, oldest first; BankAwayError likewise."""


@runtime_checkable
class TellsEarly(Protocol):
    """A bank that also sends notices of debits and credits before its statements."""

    def notices_after(self, sequence: int) -> list[Document]:
        """The next camt.054 notices, oldest first; BankAwayError when the bank cannot be asked."""


class SandboxBank:
    """The bank of the demo, the tests and `journey`: `cwf_portal.sandbox_bank`, over HTTP."""

    dedupes = True

    def __init__(self, address: str) -> None:
        self.netloc = urlsplit(address).netloc

    def submit(self, *, name: str, content: bytes) -> Answer:
        connection = self._connect()
        try:
            status, answer = _ask(connection, "/files", content)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BankSilentError(f"{name} was sent, no answer came: {type(error).__name__}") from error
        finally:
            connection.close()
        if status == UNPROCESSABLE:
            return Answer("refused", str(answer.get("reason", ""))[:300])
        if status != OK or answer.get("outcome") not in {"accepted", "duplicate"}:
            raise BankSilentError(f"{name} was sent, the answer was {status}")
        return Answer(answer["outcome"])

    def statements_after(self, sequence: int) -> list[Document]:
        return self._documents("statements", sequence)

    def reports_after(self, sequence: int) -> list[Document]:
        return self._documents("reports", sequence)

    def notices_after(self, sequence: int) -> list[Document]:
        return self._documents("notices", sequence)

    def _documents(self, kind: str, sequence: int) -> list[Document]:
        found = self._get(f"/{kind}?after={sequence}")[kind]
        return [Document(int(one["sequence"]), str(one["document"]).encode()) for one in found]

    def _connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self.netloc, timeout=PATIENCE_S)
        try:
            connection.connect()
        except OSError as error:
            raise BankAwayError(f"the bank at {self.netloc} cannot be reached: {error}") from error
        return connection

    def _get(self, path: str) -> dict[str, Any]:
        connection = self._connect()
        try:
            status, answer = _ask(connection, path)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BankAwayError(f"the bank at {self.netloc} gave no answer: {type(error).__name__}") from error
        finally:
            connection.close()
        if status != OK:
            raise BankAwayError(f"the bank at {self.netloc} answered {status}: {answer.get('reason', '')}")
        return answer


def _ask(connection: http.client.HTTPConnection, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
    """Ask, or with a body tell, the sandbox bank; the status and the JSON object it answered with."""
    connection.request("GET" if body is None else "POST", path, body=body)
    response = connection.getresponse()
    answer = json.loads(response.read(LARGEST_ANSWER))
    if not isinstance(answer, dict):
        raise ValueError("the bank's answer is not an object")
    return response.status, answer


class FolderBank:
    """Two folders: `out` takes payment files, `in` holds `statement-<n>.xml`, `report-<n>.xml` and `notice-<n>.xml`.

    A file that was taken away and dropped again would be paid again, so an unknown outcome stays in doubt.
    """

    dedupes = False

    def __init__(self, folder: Path) -> None:
        self.outgoing = folder / "out"
        self.incoming = folder / "in"

    def submit(self, *, name: str, content: bytes) -> Answer:
        draft, target = self.outgoing / f".{name}", self.outgoing / name
        try:
            self.outgoing.mkdir(mode=NOT_OTHERS | 0o110, parents=True, exist_ok=True)
            with open(draft, "wb", opener=_not_for_others) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BankAwayError(f"{self.outgoing} cannot be written: {error.strerror}") from error
        try:
            draft.rename(target)  # whole or not at all: a half-written file is never seen under its name
            _keep_names(self.outgoing)
        except OSError as error:
            raise BankSilentError(f"{target} may not have been written: {error.strerror}") from error
        return Answer("accepted")

    def statements_after(self, sequence: int) -> list[Document]:
        return self._documents("statement", sequence)

    def reports_after(self, sequence: int) -> list[Document]:
        return self._documents("report", sequence)

    def notices_after(self, sequence: int) -> list[Document]:
        return self._documents("notice", sequence)

    def _documents(self, kind: str, sequence: int) -> list[Document]:
        """Those that follow without a gap, a few at a time; a later one waits until the missing one has come."""
        found: list[Document] = []
        path = self.incoming / f"{kind}-{sequence + 1}.xml"
        while path.is_file() and len(found) < READ_AT_ONCE:
            with path.open("rb") as file:  # no more than is read anyway: a huge file must not fill the memory
                content = file.read(LARGEST_MESSAGE + 1)
            found.append(Document(sequence + len(found) + 1, content))
            path = self.incoming / f"{kind}-{sequence + len(found) + 1}.xml"
        return found


def _not_for_others(path: str, flags: int) -> int:
    """Its owner and their group read it, and whoever brings it to the bank is one of these; nobody else on the host."""
    return os.open(path, flags, NOT_OTHERS)


def _keep_names(folder: Path) -> None:
    """Have the disk keep which files lie in a folder: a power cut would take one away that we call handed over.

    Some shared disks refuse to be asked; that is no doubt about the file.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def configured_bank() -> Bank | None:
    """The bank of this installation, None when there is none.

    Raises:
        ValueError: `BANK_ADDRESS` is neither an http nor a file address.
    """
    address = settings.BANK_ADDRESS
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme == "http":
        return SandboxBank(address)
    if parts.scheme == "file":
        return FolderBank(Path(unquote(parts.path)))
    raise ValueError(f"BANK_ADDRESS must begin with http:// or file://, not {parts.scheme}:")
