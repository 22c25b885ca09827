"""The bank's door over HTTP, and its process under SIGTERM and SIGKILL."""

import http.client
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cwf_portal.sandbox_bank.messages import Account
from cwf_portal.sandbox_bank.server import LARGEST_BODY, BankServer
from cwf_portal.sandbox_bank.store import Bank

from .bank_files import payment_file


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BankServer]:
    bank = Bank(tmp_path / "bank.sqlite3", account=Account("000100", "00010001"))
    with BankServer(bank, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
    bank.close()


def ask(
    address: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    status, content = answer.status, json.loads(answer.read())
    connection.close()
    return status, content


def post(address: str, path: str, **content: Any) -> tuple[int, dict[str, Any]]:
    return ask(address, "POST", path, json.dumps(content).encode())


def test_whole_round_money_in_file_out_statement_back(server: BankServer) -> None:
    address = server.address
    assert ask(address, "GET", "/health") == (200, {"status": "ok"})
    assert post(address, "/credits", reference="WAVE1", amount_pence=5_000, on="2027-05-03")[0] == 200

    status, answer = ask(address, "POST", "/files", payment_file("RUN1", {"A": 1_000}))
    assert (status, answer["outcome"], answer["payments"]) == (200, "accepted", 1)
    assert ask(address, "POST", "/files", payment_file("RUN1", {"A": 1_000}))[1]["outcome"] == "duplicate"

    assert post(address, "/debits", reference="GILTS", amount_pence=500, on="2027-05-04")[0] == 200
    assert post(address, "/advance", to="2027-05-04")[1]["statements"] == 2
    assert [one["sequence"] for one in ask(address, "GET", "/statements?after=1")[1]["statements"]] == [2]
    assert ask(address, "GET", "/reports")[1] == {"reports": []}
    assert ask(address, "GET", "/totals")[1]["balance_pence"] == 3_500


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/files", b"hello", "not well-formed"),
        ("/advance", b"{", "not JSON"),
        ("/advance", b"[]", "must be a JSON object"),
        ("/advance", b'{"to": "tomorrow"}', "to is not a date: 'tomorrow'"),
        ("/advance", b'{"to": 5}', "to is missing or not a date"),
        ("/credits", b'{"reference": "W", "amount_pence": 1.5, "on": "2027-01-01"}', "amount_pence is missing"),
        ("/credits", b'{"reference": "W", "amount_pence": true, "on": "2027-01-01"}', "amount_pence is missing"),
        ("/credits", b'{"reference": "", "amount_pence": 1, "on": "2027-01-01"}', "reference is missing"),
        ("/credits", b'{"reference": "W", "amount_pence": 1000000000000000, "on": "2027-01-01"}', "out of range"),
        ("/faults", b'{"kind": "reject", "days": "two"}', "days is missing or not a int"),
    ],
)
def test_unreadable_request_is_refused_with_its_reason(server: BankServer, path: str, body: bytes, reason: str) -> None:
    status, answer = ask(server.address, "POST", path, body)

    assert (status, answer["outcome"]) == (422, "refused")
    assert reason in answer["reason"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        ("GET", "/nowhere", {}, 404),
        ("POST", "/nowhere", {}, 404),
        ("GET", "/statements?after=-1", {}, 400),
        ("POST", "/files", {"Content-Length": str(LARGEST_BODY + 1)}, 413),
        ("POST", "/files", {"Content-Length": "many"}, 411),
    ],
)
def test_impossible_request_is_refused(
    server: BankServer, method: str, path: str, headers: dict[str, str], expected: int
) -> None:
    assert ask(server.address, method, path, headers=headers)[0] == expected


def test_silence_takes_the_file_and_never_answers(server: BankServer) -> None:
    content = payment_file("RUN1", {"A": 1_000})
    post(server.address, "/faults", kind="silence")

    with pytest.raises(http.client.RemoteDisconnected):
        ask(server.address, "POST", "/files", content)

    assert ask(server.address, "POST", "/files", content)[1]["outcome"] == "duplicate"


def start(store: Path) -> tuple[subprocess.Popen[str], str]:
    """A bank in a process of its own and the address it printed."""
    command = [sys.executable, "-m", "cwf_portal.sandbox_bank", "--store", str(store)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().split()[-1]


def end(process: subprocess.Popen[str], signum: signal.Signals) -> int:
    process.send_signal(signum)
    code = process.wait(timeout=60)
    assert process.stdout is not None
    process.stdout.close()
    return code


def test_killed_bank_has_kept_what_it_acknowledged(tmp_path: Path) -> None:
    store = tmp_path / "kept" / "bank.sqlite3"
    process, address = start(store)
    post(address, "/credits", reference="WAVE1", amount_pence=5_000, on="2027-05-03")
    ask(address, "POST", "/files", payment_file("RUN1", {"A": 1_000}))
    end(process, signal.SIGKILL)

    process, address = start(store)
    try:
        assert ask(address, "POST", "/files", payment_file("RUN1", {"A": 1_000}))[1]["outcome"] == "duplicate"
        post(address, "/advance", to="2027-05-04")
        assert ask(address, "GET", "/totals")[1]["balance_pence"] == 4_000
    finally:
        code = end(process, signal.SIGTERM)
    assert code == 0


def test_taken_port_is_one_line_and_exit_1(server: BankServer, tmp_path: Path) -> None:
    port = server.address.rpartition(":")[2]
    command = [sys.executable, "-m", "cwf_portal.sandbox_bank", "--port", port, "--store", str(tmp_path / "other")]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 1
    assert done.stderr.startswith("The sandbox bank cannot start:")
