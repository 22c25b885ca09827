"""A fund that pays: agreements under way, officers of the payments desk, and a real sandbox bank to talk to."""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from cwf_portal.sandbox_bank.messages import Account
from cwf_portal.sandbox_bank.server import BankServer
from cwf_portal.sandbox_bank.store import Bank as BankStore
from grants import services
from grants.bank import SandboxBank
from grants.models import Agreement, BankAccount, PaymentRun, Source, Tranche
from grants.selectors.days import today
from grants.services.claim import claim_due, refresh_holds
from grants.services.handover import send_files
from grants.services.runs import check_run, release_run
from grants.services.statements import fetch_messages
from tests.support import cluster
from tests.support.remembered import remembered
from tests.unit.grants.conftest import (
    POUND,
    People,
    Story,
    allocate,
    make_body,
    make_people,
    make_person,
    make_programme,
    make_story,
)

WAVE_POUNDS = 60_000_000


class PlayedBank(SandboxBank):
    """The bank as the portal knows it, and what only the world outside can make it do."""

    def advance(self, to: date) -> None:
        """Let the bank live through all days up to `to`."""
        self._tell("/advance", to=to.isoformat())

    def credit(self, *, reference: str, amount_pence: int, on: date) -> None:
        """Have money arrive on `on`."""
        self._tell("/credits", reference=reference, amount_pence=amount_pence, on=on.isoformat())

    def misbehave(self, *, kind: str, **details: str | int) -> None:
        """Switch on a fault of the sandbox bank, one of `cwf_portal.sandbox_bank.store.FAULTS`."""
        self._tell("/faults", kind=kind, **details)

    def behave(self, kind: str) -> None:
        """Switch a fault off."""
        self._tell("/faults/off", kind=kind)

    def totals(self) -> dict[str, int]:
        """What the bank itself counted."""
        with urlopen(f"http://{self.netloc}/totals", timeout=60) as answer:
            totals: dict[str, int] = json.load(answer)
        return totals

    def _tell(self, path: str, **content: str | int) -> None:
        request = Request(f"http://{self.netloc}{path}", data=json.dumps(content).encode())
        with urlopen(request, timeout=60) as answer:
            assert answer.status == 200


@contextmanager
def running_bank(store: Path, *, dedupe: bool = True, remembers: Path | None = None) -> Iterator[PlayedBank]:
    """A sandbox bank in a thread of this process, spoken to over HTTP; it may begin with a copy of another's store."""
    if remembers is not None:
        shutil.copyfile(remembers, store)
    bank = BankStore(store, account=Account("000100", "00010001"), dedupe=dedupe)
    with BankServer(bank, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield PlayedBank(server.address)
        finally:
            server.shutdown()
            thread.join()
    bank.close()


@dataclass
class World:
    """Agreements that are paid, and who pays them."""

    people: People
    bank: PlayedBank
    stories: list[Story]
    checker: User
    releaser: User

    @property
    def agreement(self) -> Agreement:
        """The first agreement as it stands now."""
        return self.stories[0].fresh()

    def tranche(self, number: int = 1, *, of: int = 0) -> Tranche:
        """A payment of an agreement, as it stands now."""
        return self.stories[of].agreement.tranches.get(number=number)

    def go_to(self, day: date) -> None:
        """Ten in the morning of a day; the clock never goes back."""
        advance_clock(to=datetime.combine(day, time(10), UTC))

    def go_to_due(self, number: int = 1) -> None:
        """The day on which a payment of the first agreement is processed."""
        self.go_to(self.tranche(number).process_on)

    def sweep(self) -> PaymentRun | None:
        """Holds, then one claim."""
        refresh_holds(at=core_now())
        return claim_due(at=core_now())

    def release(self, run: PaymentRun) -> PaymentRun:
        return release_run(by=self.releaser, run=check_run(by=self.checker, run=run))

    def send(self) -> int:
        return send_files(bank=self.bank)

    def let_bank_live(self, to: date) -> int:
        """The bank's days pass up to `to`; then its messages are taken in."""
        self.bank.advance(to)
        return fetch_messages(bank=self.bank)

    def pay(self, number: int = 1) -> PaymentRun:
        """A payment's whole way: due, claimed, checked, released, sent, confirmed."""
        self.go_to_due(number)
        run = self.sweep()
        assert run is not None
        run = self.release(run)
        self.send()
        self.let_bank_live(self.tranche(number).due_on)
        return run


def make_world(bank: PlayedBank, *, places: int = 1, term_years: int = 10, wave_pounds: int = WAVE_POUNDS) -> World:
    """Money arrives through the bank; `places` agreements are accepted and their bank details confirmed."""
    people = make_people()
    programme = make_programme(people)
    for source in ("dormant", "lottery"):
        services.announce_wave(
            by=people.director,
            programme=programme,
            source=Source.objects.get(code=source),
            title=f"Wave of {source}",
            announced_pence=wave_pounds * POUND,
            expected_on=today(),
            bank_reference=f"WAVE-{source}",
        )
        bank.credit(reference=f"WAVE-{source}", amount_pence=wave_pounds * POUND, on=today())
    bank.advance(today())
    fetch_messages(bank=bank)
    allocate(people, programme, places=places)
    stories = []
    for number in range(places):
        body = make_body(people, f"Trust {number}")
        account = services.propose_bank_account(
            by=people.treasurer,
            body=body,
            account_name=f"Trust {number} & Friends",
            sort_code="10-20-30",
            account_number=f"{11110000 + number}",
        )
        services.approve_bank_account(
            by=people.finance_manager,
            account=account,
            called_back_on_number="01632 960001",
            payee_check=BankAccount.PayeeCheck.MATCH,
        )
        stories.append(make_story(people, programme, body=body, term_years=term_years))
        stories[-1].accept()
    return World(
        people=people,
        bank=bank,
        stories=stories,
        checker=make_person("checker", Role.PAYMENTS_OFFICER),
        releaser=people.finance_director,
    )


def kept_bank(name: str) -> Path:
    """What the bank remembered when the world of that name had been told."""
    return cluster.home() / f"bank-{cluster.WORKER}-{os.getpid()}-{name}.sqlite3"


def teller(name: str, *, then: Callable[[World], object] = lambda world: None, **options: int) -> Callable[[], World]:
    """Tells the world of `make_world(**options)` and what `then` did in it."""

    def tell() -> World:
        kept_bank(name).unlink(missing_ok=True)
        with running_bank(kept_bank(name)) as bank:
            world = make_world(bank, **options)
            then(world)
            return world

    return tell


@contextmanager
def its_bank_goes_on(world: World, name: str, folder: Path) -> Iterator[World]:
    """The world was told under that name; its bank runs again, on a copy of what it remembered."""
    with running_bank(folder / "bank.sqlite3", remembers=kept_bank(name)) as bank:
        world.bank = bank
        yield world


def claim_first(world: World) -> PaymentRun:
    """The first payment is due and in a run."""
    world.go_to_due()
    run = world.sweep()
    assert run is not None
    return run


FURTHER: dict[str, Callable[[World], object]] = {  # the furthest first
    "paid": World.pay,
    "released": lambda world: world.release(claim_first(world)),
    "claimed": claim_first,
}


@pytest.fixture
def world(request: pytest.FixtureRequest, db: None, tmp_path: Path) -> Iterator[World]:
    """One agreement, accepted, with confirmed bank details, and a bank that holds the fund's money.

    As far as the test asks for: `claimed`, `released` or `paid` is the same world with its first payment there.
    """
    name = next((name for name in FURTHER if name in request.fixturenames), "world")
    tell = teller(name, then=FURTHER.get(name, lambda world: None))
    with remembered(name, tell) as world, its_bank_goes_on(world, name, tmp_path):
        yield world


@pytest.fixture
def claimed(world: World) -> World:
    """The first payment is due and in a run that nobody has checked."""
    return world


@pytest.fixture
def released(world: World) -> World:
    """The first payment is released; its file is to be sent."""
    return world


@pytest.fixture
def paid(world: World) -> World:
    """The first payment is with the organisation, as the bank's statement confirms."""
    return world


@pytest.fixture
def wide_world(db: None, tmp_path: Path) -> Iterator[World]:
    """The same with three agreements."""
    tell = teller("wide_world", places=3)
    with remembered("wide_world", tell) as world, its_bank_goes_on(world, "wide_world", tmp_path):
        yield world
