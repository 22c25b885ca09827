"""The payment machinery at each tick: harmless twice, cheap when idle, and quiescent when nothing is left to do."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import override_settings

from cwf_portal.core.clock import core_now
from grants.models import Payment, PaymentFile, PaymentRun, PaymentStatus
from grants.tasks.payments import due_unclaimed, fetch, files_unsent, payments_unanswered, send, sweep
from tests.unit.grants.payment_world import World


@pytest.fixture(autouse=True)
def _bank_is_configured(world: World) -> object:
    with override_settings(BANK_ADDRESS=f"http://{world.bank.netloc}"):
        yield


def waiting() -> tuple[int, int, int]:
    at = core_now()
    return due_unclaimed(at).count(), files_unsent(at).count(), payments_unanswered(at).count()


def test_ticks_carry_a_payment_from_due_to_confirmed(world: World) -> None:
    world.go_to_due()
    seen = [waiting()]
    sweep(core_now())
    seen.append(waiting())
    world.release(PaymentRun.objects.get())
    seen.append(waiting())
    send(core_now())
    seen.append(waiting())
    world.go_to(world.tranche().due_on + timedelta(days=1))
    seen.append(waiting())
    world.bank.advance(world.tranche().due_on)
    fetch(core_now())
    seen.append(waiting())

    assert seen == [(1, 0, 0), (0, 0, 0), (0, 1, 0), (0, 0, 0), (0, 0, 1), (0, 0, 0)]
    assert Payment.objects.get().status == PaymentStatus.CONFIRMED


def test_every_job_five_times_does_its_work_once(world: World) -> None:
    world.go_to_due()
    assert [sweep(core_now()) for _ in range(5)] == [1, 0, 0, 0, 0]
    world.release(PaymentRun.objects.get())
    assert [send(core_now()) for _ in range(5)] == [1, 0, 0, 0, 0]
    world.bank.advance(world.tranche().due_on)
    assert [fetch(core_now()) for _ in range(5)] == [1, 0, 0, 0, 0]


def test_held_payment_does_not_count_as_waiting_for_a_machine(world: World) -> None:
    world.go_to(world.tranche(3).process_on)
    sweep(core_now())

    assert waiting()[0] == 0


def test_idle_tick_takes_few_queries(world: World, django_assert_max_num_queries: Callable[[int], object]) -> None:
    with django_assert_max_num_queries(10):  # three of them ask for the time
        assert sweep(core_now()) + send(core_now()) + fetch(core_now()) == 0


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:1"])
def test_without_a_bank_files_wait(world: World, address: str) -> None:
    world.go_to_due()
    sweep(core_now())
    world.release(PaymentRun.objects.get())

    with override_settings(BANK_ADDRESS=address):
        assert send(core_now()) + fetch(core_now()) == 0

    assert PaymentFile.objects.unsent().count() == 1
