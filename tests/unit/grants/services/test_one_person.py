"""Two officers who act for one another count as one wherever the database demands two people."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, close_old_connections, connection, connections, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.authority import Rank
from grants.models import BankAccount, Clawback, Correction, Delegation, Posting, WriteOff
from tests.unit.grants.conftest import Beginning, give_rank, hand_over, make_person, tell_story
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


def test_refusal_by_a_stand_in_is_no_way_round_to_agreeing(paid: World) -> None:
    people, body = paid.people, paid.agreement.body
    other = give_rank(make_person("other", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "east")
    with acting("system:test", "past the service"):
        account = BankAccount.objects.create(
            body=body, account_name="Corner", sort_code="000000", account_number="00000000", proposed_by=people.head
        )
    same = BankAccount.objects.filter(pk=account.pk)
    hand_over(people.head, other)

    with acting("system:test", "refusing needs no two"):
        same.update(status="refused", decided_by=other, decided_at=core_now())
    with pytest.raises(NotAllowedError, match="count as one person"), acting("system:test", "approved after all"):
        same.update(status="approved")


def test_correction_is_refused_by_a_stand_in(paid: World) -> None:
    people, journal = paid.people, Posting.objects.first().journal
    other = give_rank(make_person("other", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "east")
    with acting("system:test", "asked past the service"):
        correction = Correction.objects.create(journal=journal, reason="Wrong.", asked_by=people.head)
    hand_over(people.head, other)

    with pytest.raises(NotAllowedError, match="count as one person"), acting("system:test", "past the service"):
        Correction.objects.filter(pk=correction.pk).update(decided_by=other, decided_at=core_now())
    with acting("system:test", "refusing needs no two"):
        Correction.objects.filter(pk=correction.pk).update(decided_by=other, decided_at=core_now(), is_agreed=False)


def test_delegation_that_ended_since_the_first_step_counts(paid: World) -> None:
    head, claim = paid.people.head, ask_back(paid)
    other = give_rank(make_person("other", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "east")
    third = give_rank(make_person("third", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "east")
    end(hand_over(third, head))
    advance_clock(by=timedelta(minutes=1))
    delegation = hand_over(head, other)
    proposal = services.propose_write_off(by=head, clawback=claim, reason="Wound up.")
    advance_clock(by=timedelta(minutes=1))
    end(delegation)

    with pytest.raises(NotAllowedError, match="one of you has acted for the other since"):
        services.confirm_write_off(by=other, write_off=proposal)
    with pytest.raises(NotAllowedError, match="count as one person"), acting("system:test", "past the service"):
        WriteOff.objects.filter(pk=proposal.pk).update(decided_by=other, decided_at=core_now())
    services.confirm_write_off(by=third, write_off=proposal)


def end(delegation: Delegation) -> None:
    with acting("system:test", "back from leave"):
        Delegation.objects.filter(pk=delegation.pk).update(ended_by=delegation.giver, ended_at=core_now())


def test_every_first_step_has_its_instant_beside_it(db: None) -> None:
    """Where it had none, a delegation that ended since would not count."""
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        firsts = {
            (table, one.replace("_by_id", "_at"))
            for table, said in cursor.fetchall()
            for one in said.split("\\000")[:-1:2]
        }
        cursor.execute("SELECT attrelid::regclass::text, attname FROM pg_attribute WHERE attnum > 0")
        assert firsts <= set(cursor.fetchall())


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
    refusals: list[Exception] = []

    def second() -> None:
        try:
            with acting("system:test", "past the service"):
                pids.append(own_pid())
                ready.set()
                Clawback.objects.filter(pk=claim.pk).update(decided_by=other, decided_at=claim.proposed_at)
        except (NotAllowedError, IntegrityError) as error:
            refusals.append(error)
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

    assert [type(error) for error in refusals] == [NotAllowedError]
    assert Clawback.objects.get().decided_by is None
    assert Delegation.objects.count() == 1


def test_approval_waits_for_a_delegation_that_is_being_confirmed(
    committed_beginning: Callable[..., Beginning],
) -> None:
    story = committed_beginning("story", tell_story).story
    story.recommend()
    services.assure_agreement(by=story.people.senior, agreement=story.agreement)
    director = story.people.fund_director
    services.approve_agreement(by=director, agreement=story.agreement, minute_reference="B 1")
    other = give_rank(make_person("other", Role.FUND_DIRECTOR), Rank.FUND_DIRECTOR, "west")
    pids: list[int] = []
    ready = threading.Event()
    refusals: list[Exception] = []

    def second() -> None:
        try:
            pids.append(own_pid())
            ready.set()
            services.approve_agreement(by=other, agreement=story.agreement)
        except (NotAllowedError, IntegrityError) as error:
            refusals.append(error)
        finally:
            ready.set()
            connections.close_all()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        hand_over(director, other)
        thread.start()
        ready.wait()
        waited = until_it_waits(pids[0])
    thread.join()
    close_old_connections()

    assert waited
    assert len(refusals) == 1
    assert story.fresh().status == "first_approved"
