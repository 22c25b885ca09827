"""The adapters: over HTTP to a sandbox bank, and into folders."""

import errno
import os
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from django.test import override_settings

from grants.bank import READ_AT_ONCE, Answer, BankAwayError, BankSilentError, FolderBank, SandboxBank, configured_bank
from grants.domain.iso20022_xml import LARGEST_MESSAGE
from tests.unit.grants.payment_world import running_bank


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def answering(reply: bytes) -> Iterator[str]:
    """Something on a port that answers every connection with the same bytes."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(4)
        listener.settimeout(5)

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                client.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def http(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status.encode(), len(body), body)


def test_bank_that_is_not_there_is_away_and_nothing_was_handed_over() -> None:
    bank = SandboxBank(f"http://127.0.0.1:{closed_port()}")

    with pytest.raises(BankAwayError, match="cannot be reached"):
        bank.submit(name="run.xml", content=b"<x/>")
    with pytest.raises(BankAwayError):
        bank.statements_after(0)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"garbage\r\n\r\n",
        http("200 OK", b"not json"),
        http("200 OK", b"[1]"),
        http("200 OK", b'{"outcome": "perhaps"}'),
        http("500 Oh", b"{}"),
    ],
)
def test_unreadable_answer_to_a_file_means_that_nobody_knows(reply: bytes) -> None:
    with answering(reply) as address, pytest.raises(BankSilentError):
        SandboxBank(address).submit(name="run.xml", content=b"<x/>")


@pytest.mark.parametrize("reply", [b"", http("200 OK", b"not json"), http("503 Busy", b"{}")])
def test_unreadable_answer_to_a_question_is_asked_again_later(reply: bytes) -> None:
    with answering(reply) as address, pytest.raises(BankAwayError):
        SandboxBank(address).reports_after(0)


def test_refusal_comes_with_the_banks_reason(tmp_path: Path) -> None:
    with running_bank(tmp_path / "bank.sqlite3") as bank:
        answer = bank.submit(name="run.xml", content=b"<x/>")

    assert answer == Answer("refused", "the file is not a pain.001.001.09 message")


def test_folder_gets_a_whole_file_under_its_name(tmp_path: Path) -> None:
    bank = FolderBank(tmp_path)

    answer = bank.submit(name="RUN.xml", content=b"<x/>")

    assert answer == Answer("accepted")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["RUN.xml"]
    assert (tmp_path / "out" / "RUN.xml").read_bytes() == b"<x/>"


def test_folder_keeps_the_name_of_a_file_through_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content and name are kept by the disk each for itself, the content first."""
    kept: list[str] = []
    really = os.fsync

    def watched(descriptor: int) -> None:
        name = Path(os.readlink(f"/proc/self/fd/{descriptor}")).name
        kept.append(f"{name}: {sorted(os.listdir(tmp_path / 'out'))}")
        really(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    FolderBank(tmp_path).submit(name="RUN.xml", content=b"<x/>")

    assert kept == [".RUN.xml: ['.RUN.xml']", "out: ['RUN.xml']"]


@pytest.mark.parametrize(("number", "is_taken"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_folder_whose_disk_cannot_be_asked_is_no_doubt_and_one_that_fails_is(
    number: int, is_taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = os.fsync

    def failing(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    with nullcontext() if is_taken else pytest.raises(BankSilentError, match="may not have been written"):
        assert FolderBank(tmp_path).submit(name="RUN.xml", content=b"<x/>") == Answer("accepted")


def test_folder_that_cannot_be_written_is_a_bank_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be", encoding="utf-8")

    with pytest.raises(BankAwayError, match="cannot be written"):
        FolderBank(tmp_path).submit(name="RUN.xml", content=b"<x/>")


def test_name_that_cannot_be_taken_leaves_a_doubt(tmp_path: Path) -> None:
    (tmp_path / "out" / "RUN.xml").mkdir(parents=True)

    with pytest.raises(BankSilentError, match="may not have been written"):
        FolderBank(tmp_path).submit(name="RUN.xml", content=b"<x/>")


def test_folder_gives_messages_in_order_and_stops_at_a_gap(tmp_path: Path) -> None:
    incoming = tmp_path / "in"
    incoming.mkdir()
    for number in (2, 3, 5):
        (incoming / f"statement-{number}.xml").write_bytes(b"%d" % number)
    (incoming / "report-1.xml").write_bytes(b"r")
    bank = FolderBank(tmp_path)

    assert [(one.sequence, one.content) for one in bank.statements_after(1)] == [(2, b"2"), (3, b"3")]
    assert bank.statements_after(3) == []
    assert [one.sequence for one in bank.reports_after(0)] == [1]


def test_folder_gives_only_a_few_messages_at_once(tmp_path: Path) -> None:
    """After days away there may be many, and each may be large."""
    incoming = tmp_path / "in"
    incoming.mkdir()
    for number in range(1, READ_AT_ONCE + 3):
        (incoming / f"statement-{number}.xml").write_bytes(b"x")
    bank = FolderBank(tmp_path)

    assert len(bank.statements_after(0)) == READ_AT_ONCE
    assert [one.sequence for one in bank.statements_after(READ_AT_ONCE)] == [READ_AT_ONCE + 1, READ_AT_ONCE + 2]


def test_huge_message_in_the_folder_is_read_only_as_far_as_it_is_refused(tmp_path: Path) -> None:
    incoming = tmp_path / "in"
    incoming.mkdir()
    with (incoming / "statement-1.xml").open("wb") as file:
        file.truncate(10 * LARGEST_MESSAGE)  # a file of holes takes no room

    document = FolderBank(tmp_path).statements_after(0)[0]

    assert len(document.content) == LARGEST_MESSAGE + 1


def test_payment_file_is_read_by_nobody_else_on_the_host(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        FolderBank(tmp_path).submit(name="run.xml", content=b"x")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out", tmp_path / "out" / "run.xml")]
    assert modes == [0o750, 0o640]


def test_address_chooses_the_bank(tmp_path: Path) -> None:
    with override_settings(BANK_ADDRESS=""):
        assert configured_bank() is None
    with override_settings(BANK_ADDRESS="http://127.0.0.1:1"):
        assert isinstance(configured_bank(), SandboxBank)
    with override_settings(BANK_ADDRESS=f"file://{tmp_path}/a%20b"):
        bank = configured_bank()
        assert isinstance(bank, FolderBank)
        assert bank.outgoing == tmp_path / "a b" / "out"
    with override_settings(BANK_ADDRESS="ftp://bank"), pytest.raises(ValueError, match="not ftp:"):
        configured_bank()
