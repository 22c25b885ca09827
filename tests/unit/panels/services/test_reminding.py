"""Whoever voted first and has still to show something is reminded twice, and nobody else is."""

from datetime import timedelta

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.models import OutgoingMessage
from panels.models import Round
from panels.services import (
    answer_first_vote,
    call_for_annulment,
    certify_round,
    freeze_round,
    vote_first,
    withdraw_ballot,
)
from panels.services.certifying import REMINDER_TOPIC
from panels.services.reminding import remind_pending
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_first_votes import newcomer, round, show, vote, voter
from tests.unit.panels.services.test_places import give_postcode

pytestmark = pytest.mark.django_db
__all__ = ["round"]


def reminders(round: Round) -> list[tuple[str, str]]:
    """To whom, and what about; the longest ago first."""
    sent = OutgoingMessage.objects.filter(topic__startswith=REMINDER_TOPIC.format(round=round.pk))
    return [(one.to, one.body) for one in sent.order_by("pk")]


def test_whoever_must_still_show_where_they_live_is_reminded_after_close_and_two_days_before_the_end(world, round):
    who = newcomer()
    vote(who, round)
    vote(world.residents[0], round)
    assert remind_pending(core_now()) == 0

    world.close(round)
    assert [remind_pending(core_now()) for _ in range(3)] == [1, 0, 0]
    advance_clock(to=round.show_by - timedelta(days=2, seconds=1))
    assert remind_pending(core_now()) == 0
    advance_clock(by=timedelta(seconds=2))
    assert [remind_pending(core_now()) for _ in range(3)] == [1, 0, 0]
    assert [address for address, _ in reminders(round)] == [who.email] * 2
    body = reminders(round)[0][1]
    assert "you have not shown yet that you live in" in body
    assert "voted" not in body.lower()
    assert "Jesteś na liście głosujących" in body
    advance_clock(to=round.show_by)
    assert remind_pending(core_now()) == 0


def test_the_owner_of_an_address_is_reminded_of_the_ballot_sent_with_it(world, round):
    vote_first(voter=voter(), round=round, choices=["1"])
    world.close(round)

    assert remind_pending(core_now()) == 1
    assert reminders(round)[0][0] == "ada@example.org"
    assert "nobody has said whose it is" in reminders(round)[0][1]


def test_nobody_is_reminded_who_has_nothing_to_do_any_more(world, round):
    shown, gone = newcomer(), newcomer("Bert Newcomer")
    for who in (shown, gone):
        vote(who, round)
    show(world, shown)
    withdraw_ballot(by=gone, round=round, seen_version=1)
    vote_first(voter=voter(), round=round, choices=["1"])
    first_vote = round.roll.get(first_vote__isnull=False).first_vote
    answer_first_vote(by=first_vote.account, first_vote=first_vote, is_mine=False)
    world.close(round)

    assert remind_pending(core_now()) == 0


def test_nobody_is_reminded_of_a_vote_that_was_annulled(world, round):
    vote(newcomer(), round)
    world.close(round)
    for one in (world.chair, world.officer):
        call_for_annulment(by=one, round=round, reason="The poster named another day.")

    assert remind_pending(core_now()) == 0


@pytest.mark.parametrize(("is_sample", "letters"), [(True, 0), (False, 1)])
def test_nobody_is_reminded_of_an_invented_vote(world: World, shaped, is_sample, letters):
    give_postcode(world)
    with acting("system:test", "invented"):
        Round.objects.filter(pk=shaped.pk).update(is_sample=is_sample)
    round = freeze_round(by=world.chair, round=shaped)
    advance_clock(to=round.voting_opens_at)
    vote(newcomer(), round)
    world.close(round)

    assert remind_pending(core_now()) == letters


def test_reminders_go_with_the_receipts_when_a_vote_is_ended(world, round):
    vote(newcomer(), round)
    world.close(round)
    remind_pending(core_now())
    for one in (world.chair, world.officer):
        call_for_annulment(by=one, round=round, reason="The poster named another day.")
    for one in (world.chair, world.officer):
        certify_round(by=one, round=round)

    assert reminders(round) == []
