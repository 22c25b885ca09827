"""The page on which the demo's bank is made to misbehave; there is no such page anywhere else."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.operations.bank import SandboxBank
from cwf_portal.operations.bank_faults import FAULTS
from cwf_portal.sandbox_bank import store
from cwf_portal.sandbox_bank.messages import Account
from cwf_portal.sandbox_bank.server import BankServer

pytestmark = pytest.mark.django_db
URL = "operations:demo-bank"


@pytest.fixture
def bank(settings, tmp_path: Path) -> Iterator[SandboxBank]:
    """A sandbox bank, and a portal in the demo that knows it."""
    kept = store.Bank(tmp_path / "bank.sqlite3", account=Account("000100", "00010001"))
    with BankServer(kept, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.DEMO, settings.BANK_ADDRESS = True, server.address
        yield SandboxBank(server.address)
        server.shutdown()
        thread.join()
    kept.close()


def test_page_describes_every_fault_the_bank_knows(client: Client, bank: SandboxBank) -> None:
    page = client.get(reverse(URL)).content.decode()

    assert set(FAULTS) == store.FAULTS
    for fault in FAULTS.values():
        assert fault.what in page.replace("&#x27;", "'")


def test_fault_is_switched_on_once_or_until_off_and_off(client: Client, bank: SandboxBank) -> None:
    client.post(reverse(URL), {"fault": "silence", "how": "once"})
    assert bank.faults()["silence"] == 1
    page = client.post(reverse(URL), {"fault": "reject", "how": "on"}, follow=True).content.decode()
    assert "is on until you switch it off" in page
    assert "On until switched off" in page
    assert "On for the next time" in page
    client.post(reverse(URL), {"fault": "reject", "how": "off"})

    assert bank.faults() == dict.fromkeys(FAULTS, 0) | {"silence": 1}


@pytest.mark.parametrize("sent", [{}, {"fault": "nonsense", "how": "on"}, {"fault": "reject", "how": "twice"}])
def test_anything_else_says_what_to_choose(client: Client, bank: SandboxBank, sent: dict[str, str]) -> None:
    page = client.post(reverse(URL), sent, follow=True).content.decode()

    assert "Choose a fault and what to do with it." in page
    assert set(bank.faults().values()) == {0}


def test_outside_the_demo_there_is_no_such_page(client: Client, bank: SandboxBank, settings) -> None:
    settings.DEMO = False

    assert client.get(reverse(URL)).status_code == 404
    assert client.post(reverse(URL), {"fault": "reject", "how": "on"}).status_code == 404
    assert bank.faults()["reject"] == 0


def test_bank_that_is_away_is_said_so(client: Client, settings) -> None:
    settings.DEMO, settings.BANK_ADDRESS = True, "http://127.0.0.1:1"

    assert "does not answer" in client.get(reverse(URL)).content.decode()
