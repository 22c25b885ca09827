"""One person, paper and this site at the same moment, on two connections: never two votes that count."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import connection

from panels.models import KeyedPaper, LeafQueue, PaperEnvelope, SealedBallot, SealedPaper
from panels.services import (
    Receipt,
    cast_ballot,
    compare_batch,
    issue_envelope,
    key_paper,
    open_batch,
    print_labels,
    receive_envelope,
    release_keyer,
    withdraw_ballot,
)
from tests.unit.panels.services.test_keying import counted
from tests.unit.panels.services.test_paper import entry_of
from tests.unit.panels.services.test_races import at_once, committed_voting

VOTERS = 10
__all__ = ["committed_voting"]
State, Mark = PaperEnvelope.State, SealedBallot.State


def test_paper_and_web_at_once_leave_one_vote_that_counts(committed_voting):
    """Whoever comes first: a ballot in the box and the envelope aside, or the envelope received and no ballot."""
    world, round = committed_voting, committed_voting.told
    labels = print_labels(by=world.chair, round=round, count=VOTERS)
    for voter, label in zip(world.residents, labels, strict=False):
        issue_envelope(by=world.chair, round=round, serial=label.serial, entry=entry_of(round, voter))
        cast, envelope = at_once(
            [
                lambda v=voter: cast_ballot(by=v, round=round, choices=["1"], seen_version=0),
                lambda s=label.serial: receive_envelope(by=world.officer, round=round, serial=s),
            ]
        )
        mark = SealedBallot.objects.get(roll_entry__user=voter)
        is_cast = isinstance(cast, Receipt)
        assert (mark.state, envelope.state) == (
            (Mark.IN_BOX, State.ASIDE) if is_cast else (Mark.ON_PAPER, State.RECEIVED)
        )
    assert LeafQueue.objects.count() == SealedBallot.objects.in_box().count()


def test_withdrawing_voting_again_and_receiving_at_once_leave_one_vote_that_counts(committed_voting):
    world, round = committed_voting, committed_voting.told
    labels = print_labels(by=world.chair, round=round, count=VOTERS)
    for voter, label in zip(world.residents, labels, strict=False):
        issue_envelope(by=world.chair, round=round, serial=label.serial, entry=entry_of(round, voter))
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
        at_once(
            [
                lambda v=voter: withdraw_ballot(by=v, round=round, seen_version=1),
                lambda v=voter: cast_ballot(by=v, round=round, choices=["2"], seen_version=1),
                lambda s=label.serial: receive_envelope(by=world.officer, round=round, serial=s),
            ]
        )
        mark = SealedBallot.objects.get(roll_entry__user=voter)
        envelope = PaperEnvelope.objects.get(roll_entry__user=voter)
        assert (mark.state, envelope.state) in {(Mark.IN_BOX, State.ASIDE), (Mark.ON_PAPER, State.RECEIVED)}
    assert LeafQueue.objects.count() == sum(SealedBallot.objects.values_list("version", flat=True))


def test_one_envelope_handed_to_two_at_once_goes_to_one(committed_voting):
    world, round = committed_voting, committed_voting.told
    label = print_labels(by=world.chair, round=round, count=1)[0]
    issued = at_once(
        [
            lambda v=voter: issue_envelope(by=world.chair, round=round, serial=label.serial, entry=entry_of(round, v))
            for voter in world.residents[:4]
        ]
    )
    assert sum(isinstance(outcome, PaperEnvelope) for outcome in issued) == 1
    taken = at_once([lambda: receive_envelope(by=world.officer, round=round, serial=label.serial)] * 4)

    assert {envelope.state for envelope in taken} == {State.RECEIVED}
    assert SealedBallot.objects.count() == 1


def test_entering_and_comparing_at_once_takes_two_people_and_seals_each_paper_once(committed_voting):
    world, round = committed_voting, committed_voting.told
    labels = print_labels(by=world.chair, round=round, count=2)
    for voter, label in zip(world.residents, labels, strict=False):
        issue_envelope(by=world.chair, round=round, serial=label.serial, entry=entry_of(round, voter))
        receive_envelope(by=world.officer, round=round, serial=label.serial)
    world.close(round)
    batches = at_once([lambda: open_batch(by=world.chair, round=round)] * 4)
    assert {batch.number for batch in batches} == {1}
    batch = counted(world, batches[0], papers=2, empty=0)
    at_once(
        [lambda m=member: key_paper(by=m, batch=batch, number=1, choices=["1"]) for member in world.members[:4] * 2]
    )
    batch.refresh_from_db()
    keyers = [batch.first_keyer, batch.second_keyer]
    assert KeyedPaper.objects.count() == 2
    at_once([lambda k=keyer: key_paper(by=k, batch=batch, number=2, choices=["2"]) for keyer in keyers * 2])
    compared = at_once([lambda k=keyer: compare_batch(by=k, batch=batch) for keyer in keyers * 2])

    assert compared == [[], [], [], []]
    assert (SealedPaper.objects.count(), KeyedPaper.objects.count()) == (2, 0)


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
LONGEST_SECONDS = 60


def waits_for(number: int) -> bool:
    """Whether that many connections to this database stand before a lock."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0]) >= number


def until(happens: Callable[[], bool]) -> None:
    ends = time.monotonic() + LONGEST_SECONDS
    while not happens():
        assert time.monotonic() < ends


def test_being_released_while_a_paper_is_being_entered_leaves_no_paper_of_nobody(committed_voting):
    """The paper is written and not committed, because the row of its keyer is held: the release waits for it."""
    world, round = committed_voting, committed_voting.told
    for label, voter in zip(print_labels(by=world.chair, round=round, count=2), world.residents, strict=False):
        issue_envelope(by=world.chair, round=round, serial=label.serial, entry=entry_of(round, voter))
        receive_envelope(by=world.officer, round=round, serial=label.serial)
    world.close(round)
    batch = counted(world, open_batch(by=world.chair, round=round), papers=2, empty=0)
    keyer = world.members[3]
    key_paper(by=keyer, batch=batch, number=1, choices=["1"])
    holder = connection.copy()
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SELECT FROM core_user WHERE id = %s FOR UPDATE", [keyer.pk])
        with ThreadPoolExecutor(2) as pool:
            enters = pool.submit(at_once, [lambda: key_paper(by=keyer, batch=batch, number=2, choices=["1"])])
            until(lambda: waits_for(1))
            release = partial(release_keyer, by=world.officer, batch=batch, keyer=keyer, reason="She fell ill.")
            releases = pool.submit(at_once, [release])
            until(lambda: releases.done() or waits_for(2))
            holder.rollback()
            assert isinstance(enters.result()[0], KeyedPaper)
            releases.result()
    finally:
        holder.close()
    batch.refresh_from_db()
    assert batch.first_keyer_id is None
    assert not KeyedPaper.objects.exists()
