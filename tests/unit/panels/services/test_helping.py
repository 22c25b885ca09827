"""Helping somebody to vote on this site: the helper is kept, the voter told, and nothing else differs."""

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from panels.errors import BallotRefusedError, PaperError, PhaseError
from panels.models import FirstVote, HelpedVote, RollEntry, SealedBallot
from panels.selectors.paper import helpers_of
from panels.services import cast_ballot, help_to_vote, withdraw_ballot
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_paper import entry_of, received

pytestmark = pytest.mark.django_db


def test_a_helped_vote_is_a_vote_on_this_site_with_its_helper_and_the_voter_is_told(world, round):
    voter = world.residents[0]
    receipt = help_to_vote(by=world.officer, entry=entry_of(round, voter), choices=["1"], seen_version=0)
    again = help_to_vote(by=world.officer, entry=entry_of(round, voter), choices=["2"], seen_version=0)
    message = OutgoingMessage.objects.get(topic=f"panels.receipt:{round.pk}")

    assert (again.was_replayed, again.leaf) == (True, receipt.leaf)
    assert SealedBallot.objects.get().roll_entry.user == voter
    assert HelpedVote.objects.get().helper == world.officer
    assert (message.to, receipt.code in message.body, str(world.officer) in message.body) == (voter.email, True, True)
    assert "Corner Hub" not in message.body
    assert helpers_of(round) == [(world.officer.full_name, 1)]


def test_the_voter_replaces_or_withdraws_it_without_help(world, round):
    voter = world.residents[0]
    help_to_vote(by=world.officer, entry=entry_of(round, voter), choices=["1"], seen_version=0)
    assert cast_ballot(by=voter, round=round, choices=["2"], seen_version=1).version == 2
    assert withdraw_ballot(by=voter, round=round, seen_version=2).state == "withdrawn"
    assert HelpedVote.objects.count() == 1


def test_without_an_address_nobody_is_written_to(world, round):
    voter = world.residents[0]
    voter.email = "card-1@card.invalid"
    entry = entry_of(round, voter)
    entry.user = voter
    help_to_vote(by=world.chair, entry=entry, choices=["1"], seen_version=0)
    assert not OutgoingMessage.objects.filter(topic__startswith="panels.receipt").exists()


def test_help_to_vote_refusals(world, round):
    voter = world.residents[0]
    entry = entry_of(round, voter)
    for stranger in (world.residents[1], World().chair):
        with pytest.raises(NotAllowedError):
            help_to_vote(by=stranger, entry=entry, choices=["1"], seen_version=0)
    own = RollEntry.objects.create(round=round, user=world.chair, person_hmac="1" * 64)
    with pytest.raises(NotAllowedError, match="your own"):
        help_to_vote(by=world.chair, entry=own, choices=["1"], seen_version=0)
    with pytest.raises(BallotRefusedError, match="not part of this vote"):
        help_to_vote(by=world.chair, entry=entry, choices=["99"], seen_version=0)
    received(world, round, voter)
    with pytest.raises(BallotRefusedError, match="on paper"):
        help_to_vote(by=world.chair, entry=entry, choices=["1"], seen_version=0)
    sent = entry_of(round, world.residents[1])
    FirstVote.objects.create(roll_entry=sent, account=voter, placed_by="open")
    with pytest.raises(PaperError, match="by e-mail"):
        help_to_vote(by=world.chair, entry=sent, choices=["1"], seen_version=0)
    world.close(round)
    with pytest.raises(PhaseError, match="has closed"):
        help_to_vote(by=world.chair, entry=entry_of(round, world.residents[2]), choices=["1"], seen_version=0)
    assert not SealedBallot.objects.in_box().exists()


def test_a_helper_is_kept_once(world, round):
    entry = entry_of(round, world.residents[0])
    HelpedVote.objects.create(roll_entry=entry, helper=world.chair)
    with pytest.raises(IntegrityError, match="panels_helpedvote_once"), transaction.atomic():
        HelpedVote.objects.create(roll_entry=entry, helper=world.chair)
