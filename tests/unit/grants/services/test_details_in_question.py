"""New bank details of one organisation keep a payment file back: who is told of it, in which words, and what is never
missed."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from queue import Queue
from threading import Event

import pytest
from django.db import transaction
from django.utils.html import escape

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from grants import services
from grants.alarms import AT_MOST, alarms
from grants.models import AccountableBody, Agreement, BankAccount, Payment, PaymentFile, PaymentRun, PaymentStatus
from grants.services.bodies import propose_bank_account
from grants.services.runs import check_run, release_run
from tests.unit.grants.conftest import make_person
from tests.unit.grants.payment_world import World, its_bank_goes_on, make_world, running_bank, teller
from tests.unit.grants.services.waiting import own_pid, until_it_waits
from tests.unit.grants.test_races import at_once
from tests.unit.grants.views.test_payments import signed_in


def propose_details(world: World, number: int = 99990000, *, of: int = 0) -> BankAccount:
    return propose_bank_account(
        by=world.people.treasurer,
        body=world.stories[of].agreement.body,
        account_name=f"Trust {of}",
        sort_code="10-20-30",
        account_number=str(number),
    )


def approve(world: World, account: BankAccount) -> None:
    services.approve_bank_account(
        by=world.people.finance_manager,
        account=account,
        called_back_on_number="01632 960001",
        payee_check=BankAccount.PayeeCheck.MATCH,
    )


def last_letter() -> str:
    return OutgoingMessage.objects.filter(topic="grants.file_waits").latest("pk").body


def test_banner_and_letter_say_what_ends_it_before_and_after_the_details_are_confirmed(
    world: World, released: World
) -> None:
    account = propose_details(world)
    (banner,) = alarms(world.checker)
    by_itself = "If the new details are refused first, the file leaves by itself."
    assert (banner.title.endswith("may change"), banner.detail.endswith(by_itself)) == (True, True)
    assert last_letter().endswith(by_itself)

    approve(world, account)

    must = "Other details are confirmed by now, so the file never leaves with it: it must be taken out."
    (banner,) = alarms(world.checker)
    assert (banner.title.endswith("have changed"), banner.detail.endswith(must)) == (True, True)
    advance_clock(by=timedelta(days=14))
    assert [one.detail for one in alarms(world.checker)] == [banner.detail]
    assert world.send() == 0
    propose_details(world, 99990001)  # refusing these lets nothing leave
    assert last_letter().endswith(must)
    assert alarms(world.checker) == [banner]


def test_whoever_takes_nothing_out_is_led_to_the_run_and_told_who_does(world: World, released: World) -> None:
    propose_details(world)
    payment, auditor = Payment.objects.get(), make_person("auditor", Role.AUDITOR)

    (banner,) = alarms(auditor)

    assert banner.url == f"/payments/runs/{payment.run_id}/"
    assert "Two of those who check or release runs take it out" in banner.detail
    assert signed_in(auditor).get(f"/payments/{payment.pk}/take-out/").status_code == 403
    assert alarms(world.checker)[0].url == f"/payments/{payment.pk}/take-out/"
    page = signed_in(auditor).get("/payments/held/").content.decode()
    assert (escape(banner.title) in page, escape(banner.detail) in page) == (True, True)


def test_banners_say_how_many_more_files_wait_and_where_they_stand(db: None, tmp_path: Path) -> None:
    places = AT_MOST + 2
    with running_bank(tmp_path / "bank.sqlite3") as bank:
        world = make_world(bank, places=places)
        world.go_to(max(world.tranche(of=number).process_on for number in range(places)))
        run = world.sweep()
        assert run is not None
        world.release(run)
    for number in range(places):
        propose_details(world, 99990000 + number, of=number)

    *told, more = alarms(world.checker)

    assert len(told) == AT_MOST
    assert (more.title, more.url) == ("2 more payments keep a file back by bank details", "/payments/held/")
    page = signed_in(world.checker).get(more.url).content.decode()
    assert all(f"/payments/{payment.pk}/take-out/" in page for payment in Payment.objects.all())


@pytest.fixture
def checked(committed_beginning: Callable[..., World], tmp_path: Path) -> Iterator[World]:
    """A world that commits, with a run of three payments that waits to be released."""
    world = committed_beginning("wide_world", teller("wide_world", places=3))
    with its_bank_goes_on(world, "wide_world", tmp_path):
        world.go_to(max(world.tranche(of=number).process_on for number in range(3)))
        run = world.sweep()
        assert run is not None
        check_run(by=world.checker, run=run)
        yield world


def test_details_proposed_while_a_run_is_released_are_told_to_the_desk(checked: World) -> None:
    """Whoever proposes waits for whoever releases, and then sees the file."""
    is_released, pids = Event(), Queue[int]()

    def release() -> bool:
        with transaction.atomic():
            release_run(by=checked.releaser, run=PaymentRun.objects.get())
            is_released.set()
            return until_it_waits(pids.get(timeout=60))

    def propose() -> None:
        assert is_released.wait(timeout=60)
        pids.put(own_pid())
        propose_details(checked)

    waited, proposed = at_once(release, propose)

    assert (waited, proposed) == (True, None)
    payment = Payment.objects.get(tranche__agreement=checked.agreement)
    assert str(payment) in last_letter()
    assert [one.url for one in alarms(checked.checker)] == [f"/payments/{payment.pk}/take-out/"]


def test_release_and_an_approval_of_the_same_agreement_never_wait_for_each_other(checked: World) -> None:
    """An approval locks the agreement, then its organisation (migration 0016)."""
    has_agreement, pids = Event(), Queue[int]()

    def approve_something() -> bool:
        with transaction.atomic():
            agreement = Agreement.objects.select_for_update().get(pk=checked.agreement.pk)
            has_agreement.set()
            waited = until_it_waits(pids.get(timeout=60))
            AccountableBody.objects.select_for_update(no_key=True).get(pk=agreement.body_id)
            return waited

    def release() -> str:
        assert has_agreement.wait(timeout=60)
        pids.put(own_pid())
        return release_run(by=checked.releaser, run=PaymentRun.objects.get()).status

    assert at_once(approve_something, release) == [True, "released"]


def test_run_released_while_details_are_proposed_leaves_their_payment_out(checked: World) -> None:
    """Whoever releases waits for whoever proposes: nothing of it is in the file, so nobody else's money waits."""
    is_proposed, pids = Event(), Queue[int]()

    def propose() -> bool:
        with acting("system:test", "proposed"):
            propose_details(checked)
            is_proposed.set()
            return until_it_waits(pids.get(timeout=60))

    def release() -> None:
        assert is_proposed.wait(timeout=60)
        pids.put(own_pid())
        release_run(by=checked.releaser, run=PaymentRun.objects.get())

    waited, released = at_once(propose, release)

    assert (waited, released) == (True, None)
    assert Payment.objects.get(tranche__agreement=checked.agreement).status == PaymentStatus.WITHDRAWN
    assert PaymentFile.objects.get().status == "waiting"
    assert alarms(checked.checker) == []
    assert checked.send() == 1
