"""Two people at once, on real connections: the guard that decides, and only one of them wins."""

from collections.abc import Callable
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from django.db import close_old_connections, connections

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.authority import Rank
from grants.domain.ledger import Account
from grants.errors import HeadroomError
from grants.models import Cohort, Journal, Posting
from grants.selectors.checks import broken_seals, ledger_identities
from grants.selectors.ledger import headroom, held_on
from panels.models import Annulment, AnnulmentCall
from panels.services.annulling import lock_for_ending
from tests.unit.grants.conftest import (
    Beginning,
    People,
    Story,
    allocate,
    give_rank,
    make_person,
    make_programme,
    make_story,
    receive,
    tell_people,
)
from tests.unit.grants.sample import ranking_of
from tests.unit.grants.services.test_posting import interest
from tests.unit.grants.services.waiting import own_pid, until_it_waits


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at the same moment, each on a connection of its own; each result or the error it ended with."""
    barrier = Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            connections["default"].ensure_connection()  # connecting takes longer than the race
            barrier.wait(timeout=60)
            results[number] = call()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(number, call)) for number, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return results


def refused(results: list[Any]) -> int:
    """How many were refused in words; an error of the database would mean that its constraint had to step in."""
    errors = [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(error, DomainError) for error in errors), errors
    return len(errors)


@pytest.fixture
def staff(committed_beginning: Callable[..., Beginning]) -> People:
    return committed_beginning("people", tell_people).people


def ready_for_second(staff: People) -> Story:
    programme = make_programme(staff)
    receive(staff, programme, "dormant", 60_000_000)
    allocate(staff, programme)
    story = make_story(staff, programme)
    story.recommend()
    services.assure_agreement(by=staff.senior, agreement=story.agreement)
    services.approve_agreement(by=staff.fund_director, agreement=story.agreement, minute_reference="B 1")
    return story


def test_two_starts_at_once_never_promise_more_than_there_is(staff: People) -> None:
    programme = make_programme(staff)
    cohorts = [
        services.propose_cohort(by=staff.director, programme=programme, ranking=ranking_of(2, number), number=number)
        for number in (1, 2)
    ]
    needed = [sum(cohort.allocations.values_list("amount_pence", flat=True)) for cohort in cohorts]
    receive(staff, programme, "dormant", max(needed) // 80)  # four fifths go to places: enough for either, not for both

    results = at_once(
        *(
            lambda cohort=cohort: services.allocate_cohort(by=staff.finance_director, cohort=cohort)
            for cohort in cohorts
        )
    )

    assert {type(result) for result in results} == {Cohort, HeadroomError}
    assert held_on(Account.ALLOCATED) in needed
    assert headroom(programme.waves.get().source) >= 0
    assert ledger_identities() == []


def test_two_second_approvals_at_once_pledge_once(staff: People) -> None:
    story = ready_for_second(staff)
    other = give_rank(make_person("other-head", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "south")

    results = at_once(
        lambda: services.approve_agreement(by=staff.head, agreement=story.agreement),
        lambda: services.approve_agreement(by=other, agreement=story.agreement),
    )

    assert refused(results) == 1
    assert Journal.objects.filter(kind="approval").count() == 1
    assert held_on(Account.PLEDGED) == story.agreement.value_pence
    assert ledger_identities() == list(broken_seals()) == []


def test_one_person_approving_twice_at_once_counts_once(staff: People) -> None:
    story = ready_for_second(staff)

    results = at_once(
        *[lambda: services.approve_agreement(by=staff.head, agreement=story.agreement)] * 2,
    )

    assert refused(results) == 1
    assert story.agreement.approvals.filter(step="second").count() == 1


def test_the_first_approver_cannot_slip_in_as_the_second(staff: People) -> None:
    story = ready_for_second(staff)

    results = at_once(
        *[lambda: services.approve_agreement(by=staff.fund_director, agreement=story.agreement)] * 4,
    )

    assert refused(results) == 4
    assert held_on(Account.PLEDGED) == 0


def test_one_key_posted_by_eight_at_once_is_one_journal(staff: People) -> None:
    results = at_once(
        *[lambda: services.post_journal(by="system:statements", entry=interest("the line"))] * 8,
    )

    assert {result.pk for result in results} == {Journal.objects.get().pk}
    assert Posting.objects.count() == 2


def test_one_key_with_two_contents_at_once_is_one_journal_and_one_error(staff: People) -> None:
    results = at_once(
        lambda: services.post_journal(by="system:statements", entry=interest("the line", 1)),
        lambda: services.post_journal(by="system:statements", entry=interest("the line", 2)),
    )

    assert sorted(type(result).__name__ for result in results) == ["IdempotencyConflictError", "Journal"]
    assert Journal.objects.count() == 1


def test_an_offer_accepted_twice_at_once_is_scheduled_once(staff: People) -> None:
    story = ready_for_second(staff)
    services.approve_agreement(by=staff.head, agreement=story.agreement)
    services.offer_agreement(by=staff.officer, agreement=story.agreement)

    results = at_once(*[lambda: services.accept_offer(by=staff.signatory, agreement=story.agreement)] * 4)

    assert refused(results) == 0

    assert story.agreement.tranches.count() == 20
    assert Journal.objects.filter(kind="accepted").count() == 1
    assert ledger_identities() == []


def test_approval_waits_for_whoever_annuls_the_vote_behind_it_and_is_refused(staff: People) -> None:
    story = ready_for_second(staff)
    round = story.agreement.resolution.round
    pids: list[int] = []
    ready = Event()
    results: list[Any] = []

    def approve() -> None:
        try:
            pids.append(own_pid())
            ready.set()
            results.append(services.approve_agreement(by=staff.head, agreement=story.agreement))
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    thread = Thread(target=approve)
    with acting(staff.director, "annulled"):
        lock_for_ending(round)
        for side, by in (("panel", staff.officer), ("fund", staff.director)):
            AnnulmentCall.objects.create(round=round, side=side, reason="Both keys are lost.", called_by=by)
        Annulment.objects.create(round=round, reason="Both keys are lost.", annulled_by=staff.director)
        thread.start()
        ready.wait()
        waited = until_it_waits(pids[0])
    thread.join()
    close_old_connections()

    assert waited
    assert refused(results) == 1
    assert story.fresh().status == "first_approved"
