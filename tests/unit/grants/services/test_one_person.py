"""Two officers who act for one another count as one wherever the database demands two people."""

import re
import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, close_old_connections, connection, connections, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.authority import Rank
from grants.models import Clawback, Delegation, WriteOff
from tests.unit.grants.conftest import give_rank, hand_over, make_person
from tests.unit.grants.payment_world import World, teller
from tests.unit.grants.services.test_clawbacks import ask_back, propose
from tests.unit.grants.services.waiting import own_pid, until_it_waits

DEMANDED = """
SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE contype = 'c' AND conrelid::regclass::text LIKE 'grants%%'
"""
HELD = """
SELECT tgrelid::regclass::text, encode(tgargs, 'escape') FROM pg_trigger
 WHERE tgfoid = 'grants_check_one_person'::regproc AND tgenabled = 'A'
"""
PAIR = re.compile(r"\((\w+_id) = (\w+_id)\)")
# Why a pair needs no trigger of its own.
ELSEWHERE = {
    ("grants_journal", "approver_id", "actor_id"): "repeats the two of the row it follows from, maybe on a later day",
    ("grants_delegation", "confirmed_by_id", "giver_id"): "an administrator who is neither of the two",
    ("grants_delegation", "confirmed_by_id", "taker_id"): "an administrator who is neither of the two",
    ("grants_authoritychange", "requested_by_id", "user_id"): "the person whom it is about takes no step",
    ("grants_authoritychange", "confirmed_by_id", "user_id"): "the person whom it is about takes no step",
    ("grants_delegation", "giver_id", "taker_id"): "the two themselves",
    ("grants_lineclearing", "counter_line_id", "line_id"): "lines of the bank, not people",
}


def test_every_pair_that_must_differ_is_also_held_apart_from_who_acts_for_whom(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(DEMANDED)
        wanted = {(table, *sorted(pair)) for table, rule in cursor.fetchall() for pair in PAIR.findall(rule)}
        cursor.execute(HELD)
        held = set()
        for table, said in cursor.fetchall():
            columns = said.split("\\000")[:-1]
            held |= {(table, *sorted(pair)) for pair in zip(columns[::2], columns[1::2], strict=True)}

    elsewhere = {(table, *sorted(pair)) for table, *pair in ELSEWHERE}
    assert wanted - held == elsewhere
    assert held <= wanted


def test_database_refuses_a_pair_of_which_one_acts_for_the_other(paid: World) -> None:
    claim, head = ask_back(paid), paid.people.head
    proposal = services.propose_write_off(by=head, clawback=claim, reason="Wound up.")
    other = give_rank(make_person("other", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "east")
    hand_over(head, other)

    with pytest.raises(NotAllowedError, match="count as one person"), acting("system:test", "past the service"):
        WriteOff.objects.filter(pk=proposal.pk).update(decided_by=other, decided_at=claim.decided_at)
    with acting("system:test", "refusing needs no two"):
        WriteOff.objects.filter(pk=proposal.pk).update(
            decided_by=other, decided_at=claim.decided_at, status="refused", refusal="No."
        )


def test_holds_are_lifted_by_somebody_who_is_not_acting_for_whoever_placed_them(paid: World) -> None:
    """A service that knows nothing of delegations says it in words all the same."""
    people = paid.people
    other = give_rank(make_person("other", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "east")
    hold = services.place_hold(by=people.head, agreement=paid.agreement, detail="A complaint.")
    hand_over(people.head, other)

    with pytest.raises(NotAllowedError, match="act for one another"):
        services.lift_hold(by=other, hold=hold, reason="It was nothing.")
    services.lift_hold(by=people.fund_director, hold=hold, reason="It was nothing.")


def test_second_person_waits_for_a_delegation_that_is_being_confirmed(
    committed_beginning: Callable[..., World],
) -> None:
    world = committed_beginning("paid", teller("paid", then=World.pay))
    head, claim = world.people.head, propose(world, by=world.people.head)
    other = give_rank(make_person("other", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "east")
    pids: list[int] = []
    ready = threading.Event()
    refused: list[Exception] = []

    def second() -> None:
        try:
            with acting("system:test", "past the service"):
                pids.append(own_pid())
                ready.set()
                Clawback.objects.filter(pk=claim.pk).update(decided_by=other, decided_at=claim.proposed_at)
        except (NotAllowedError, IntegrityError) as error:
            refused.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        hand_over(head, other)
        thread.start()
        ready.wait()
        assert until_it_waits(pids[0])
    thread.join()
    close_old_connections()

    assert [type(error) for error in refused] == [NotAllowedError]
    assert Clawback.objects.get().decided_by is None
    assert Delegation.objects.count() == 1
