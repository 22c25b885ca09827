"""Whoever acts for the person who confirmed bank details counts as that person: others check and release what is paid
there, and others approve agreements."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, close_old_connections, connections, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from grants.domain.authority import Rank
from grants.models import BankAccount, Delegation, PaymentRun, RunStatus
from grants.selectors.runs import paying_to_details_of
from grants.services.runs import check_run, release_run
from tests.unit.grants.conftest import give_rank, hand_over, make_person
from tests.unit.grants.payment_world import World, claim_first, teller
from tests.unit.grants.services.waiting import own_pid, until_it_waits


def of_one_rank(*people: User) -> None:
    for person in people:
        give_rank(person, Rank.GRANTS_MANAGER, "east")


def ended(delegation: Delegation) -> None:
    with acting("system:test", "ended"):
        Delegation.objects.filter(pk=delegation.pk).update(ended_by=delegation.giver, ended_at=core_now())


def signed(run: PaymentRun, **columns: object) -> None:
    """Write a run past the services."""
    with acting("system:test", "past the service"), transaction.atomic():
        PaymentRun.objects.filter(pk=run.pk).update(**columns)


@pytest.mark.parametrize("gives", [True, False])
def test_whoever_acts_for_the_confirmer_neither_checks_nor_releases(claimed: World, gives: bool) -> None:
    manager, checker, releaser = claimed.people.finance_manager, claimed.checker, claimed.releaser
    run = PaymentRun.objects.get()
    of_one_rank(manager, checker, releaser)
    stood = hand_over(manager, checker) if gives else hand_over(checker, manager)

    with pytest.raises(NotAllowedError, match="counts as one person with you"):
        check_run(by=checker, run=run)
    with pytest.raises(NotAllowedError, match="count as one person"):
        signed(run, status=RunStatus.CHECKED, checked_by=checker, checked_at=core_now())
    assert list(paying_to_details_of(checker)) == [run]
    assert list(paying_to_details_of(releaser)) == []

    ended(stood)
    with pytest.raises(NotAllowedError, match="counts as one person with you"):
        check_run(by=checker, run=run)
    other = make_person("other-checker", Role.PAYMENTS_OFFICER)
    check_run(by=other, run=run)
    hand_over(releaser, manager)
    with pytest.raises(NotAllowedError, match="counts as one person with you"):
        release_run(by=releaser, run=run)
    with pytest.raises(NotAllowedError, match="count as one person"):
        signed(run, status=RunStatus.RELEASED, released_by=releaser, released_at=core_now())


def test_first_money_to_details_is_kept_apart_since_they_were_confirmed(world: World) -> None:
    of_one_rank(world.people.finance_manager, world.checker)
    account = BankAccount.objects.get(status="approved")
    with acting("system:test", "on leave while the details waited"):
        Delegation.objects.create(
            giver=world.people.finance_manager,
            taker=world.checker,
            from_on=account.decided_at.date(),
            to_on=account.decided_at.date() + timedelta(days=5),
            reason="On leave.",
            confirmed_by=make_person("administrator"),
            confirmed_at=core_now(),
        )
    run = claim_first(world)

    with pytest.raises(NotAllowedError, match="counts as one person with you"):
        check_run(by=world.checker, run=run)


def test_details_that_money_reached_are_kept_apart_only_since_the_run_was_prepared(paid: World) -> None:
    """Nobody is kept from a run for ever because they once stood in for a colleague on leave."""
    of_one_rank(paid.people.finance_manager, paid.checker)
    stood = hand_over(paid.people.finance_manager, paid.checker)
    advance_clock(by=timedelta(minutes=1))
    ended(stood)
    paid.go_to_due(2)
    run = paid.sweep()
    assert run is not None

    assert check_run(by=paid.checker, run=run).status == RunStatus.CHECKED


def test_release_waits_for_a_delegation_that_is_being_confirmed(committed_beginning: Callable[..., World]) -> None:
    world = committed_beginning("claimed", teller("claimed", then=claim_first))
    manager, releaser = world.people.finance_manager, world.releaser
    of_one_rank(manager, releaser)
    run = check_run(by=world.checker, run=PaymentRun.objects.get())
    pids: list[int] = []
    ready = threading.Event()
    refusals: list[Exception] = []

    def second() -> None:
        try:
            pids.append(own_pid())
            ready.set()
            release_run(by=releaser, run=run)
        except (NotAllowedError, IntegrityError) as error:
            refusals.append(error)
        finally:
            ready.set()
            connections.close_all()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        hand_over(manager, releaser)
        thread.start()
        ready.wait()
        waited = until_it_waits(pids[0])
    thread.join()
    close_old_connections()

    assert waited
    assert [type(error) for error in refusals] == [NotAllowedError]
    assert PaymentRun.objects.get().status == RunStatus.CHECKED
