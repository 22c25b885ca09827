"""What is on its way when voting closes is over before anything is opened, and adds up."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

from django.db import transaction

from panels.models import Round
from panels.services import cast_ballot, open_box, publish_result, withdraw_ballot
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_paper_races import until, waits_for
from tests.unit.panels.services.test_races import VOTERS, at_once, committed_voting

__all__ = ["committed_voting"]
LONGEST_SECONDS = 60


def withdrawn_late(world: World, round: Round, *, is_done: Event, may_end: Event) -> None:
    """Withdraws a ballot while voting is open, and commits when told."""
    with transaction.atomic():
        withdraw_ballot(by=world.residents[0], round=round, seen_version=1)
        is_done.set()
        assert may_end.wait(LONGEST_SECONDS)


def test_a_withdrawal_that_runs_while_the_box_is_opened_and_the_result_published_counts(committed_voting):
    """The opening waits for it: neither is the ballot counted nor does an entry of the list stay unexplained."""
    world, round = committed_voting, committed_voting.told
    for voter in world.residents:
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    is_done, may_end = Event(), Event()
    late = partial(withdrawn_late, world, round, is_done=is_done, may_end=may_end)
    with ThreadPoolExecutor(2) as pool:
        withdraws = pool.submit(at_once, [late])
        assert is_done.wait(LONGEST_SECONDS)
        world.close(round)
        opens = pool.submit(at_once, [lambda: open_box(by=world.chair, round=round, keys=world.keys)])
        until(lambda: opens.done() or waits_for(1))
        may_end.set()
        (opened,) = opens.result()
        withdraws.result()

    assert isinstance(opened, Round)
    assert opened.opening.counted_count == VOTERS - 1
    assert opened.reconciliations.get().withdrawn_count == 1
    assert publish_result(by=world.chair, round=opened).published_at is not None
