"""Helping somebody to vote on this site: the helper is kept, the voter told, and nothing else differs."""

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage, RoleGrant, User
from cwf_portal.core.permissions import Role
from panels.errors import BallotRefusedError, PaperError, PhaseError
from panels.models import FirstVote, HelpedVote, Residence, RollEntry, SealedBallot
from panels.selectors import roll
from panels.services import (
    Contact,
    cast_ballot,
    help_to_vote,
    helping,
    notices_to_print,
    post_letters,
    withdraw_ballot,
)
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_paper import entry_of, received

pytestmark = pytest.mark.django_db


def test_a_helped_vote_is_a_vote_on_this_site_with_its_helper_and_the_voter_is_told(world, round):
    voter = world.residents[0]
    receipt = help_to_vote(by=world.officer, entry=entry_of(round, voter), choices=["1"])
    message = OutgoingMessage.objects.get(topic=f"panels.receipt:{round.pk}")

    box = SealedBallot.objects.get()
    assert (box.roll_entry.user, bytes(box.leaf or b""), receipt.was_replayed) == (voter, receipt.leaf, False)
    assert HelpedVote.objects.get().helper == world.officer
    assert (message.to, receipt.code in message.body, str(world.officer) in message.body) == (voter.email, True, True)
    assert "Corner Hub" not in message.body
    helpers = roll.numbers_on_roll(round).helpers
    assert [(one.name, one.number) for one in helpers] == [(world.officer.full_name, 1)]


def test_the_voter_replaces_or_withdraws_it_without_help(world, round):
    voter = world.residents[0]
    help_to_vote(by=world.officer, entry=entry_of(round, voter), choices=["1"])
    assert cast_ballot(by=voter, round=round, choices=["2"], seen_version=1).version == 2
    assert withdraw_ballot(by=voter, round=round, seen_version=2).state == "withdrawn"
    assert HelpedVote.objects.count() == 1


@pytest.fixture
def unreachable(world, round) -> RollEntry:
    """Of somebody who registered with a card and has no e-mail address."""
    with acting("system:test", "registered with a card"):
        User.objects.filter(pk=world.residents[0].pk).update(email="card-1@card.invalid")
    return entry_of(round, world.residents[0])


def home_of(entry: RollEntry) -> str:
    """As `World` gave it to them."""
    return f"{entry.user.full_name.removeprefix('Resident ')} High Street"


def test_without_an_email_address_a_number_gets_a_text_message(world, round, unreachable):
    receipt = help_to_vote(
        by=world.chair, entry=unreachable, choices=["1"], contact=Contact(number="07700 900982", address="elsewhere")
    )
    message = OutgoingMessage.objects.get(topic=f"panels.receipt:{round.pk}")
    assert (message.channel, message.to) == ("sms", "+447700900982")
    assert (receipt.code in message.body, str(world.chair) in message.body) == (True, True)


def test_without_a_number_a_letter_goes_to_the_address_they_told_and_another_than_the_helper_posts_it(
    world, round, unreachable
):
    contact = Contact(address=home_of(unreachable).upper())
    receipt = help_to_vote(by=world.officer, entry=unreachable, choices=["1"], contact=contact)
    kept = OutgoingMessage.objects.get(topic=f"panels.receipt:{round.pk}")
    other = person(Role.GRANTS_OFFICER)
    (printed,) = notices_to_print(by=other)

    assert (kept.channel, "HIGH STREET" in kept.to, "Corner Hub" in kept.body) == ("letter", False, False)
    assert printed.address == f"{unreachable.user.full_name}\n{contact.address}"
    assert (receipt.code in printed.body, str(world.officer) in printed.body) == (True, True)
    assert notices_to_print(by=world.officer) == []
    assert [post_letters(by=by, letters=[], notices=[kept.pk]) for by in (world.officer, other, other)] == [0, 1, 0]
    kept.refresh_from_db()
    assert (kept.to, kept.body, notices_to_print(by=other)) == ("", "", [])


@pytest.mark.parametrize(
    ("contact", "says"),
    [
        (Contact(), "Say how we can write to them"),
        (Contact(address="  "), "Say how we can write to them"),
        (Contact(address="1 Other Street"), "not the address they told us"),
        (Contact(number="0770"), "Enter a UK mobile number"),
    ],
)
def test_whoever_cannot_be_told_is_not_helped(world, unreachable, contact, says):
    with pytest.raises(DomainError, match=says):
        help_to_vote(by=world.chair, entry=unreachable, choices=["1"], contact=contact)
    assert not SealedBallot.objects.exists()
    assert not HelpedVote.objects.exists()


def test_where_no_text_messages_are_sent_a_number_is_not_enough(world, unreachable, settings):
    settings.SMS_OFFERED = False
    with pytest.raises(PaperError, match="Say how we can write to them"):
        help_to_vote(by=world.chair, entry=unreachable, choices=["1"], contact=Contact(number="07700 900982"))


def test_help_to_vote_refusals(world, round):
    voter = world.residents[0]
    entry = entry_of(round, voter)
    for stranger in (world.residents[1], World().chair):
        with pytest.raises(NotAllowedError):
            help_to_vote(by=stranger, entry=entry, choices=["1"])
    own = RollEntry.objects.create(round=round, user=world.chair, person_hmac="1" * 64)
    with pytest.raises(NotAllowedError, match="your own"):
        help_to_vote(by=world.chair, entry=own, choices=["1"])
    with pytest.raises(BallotRefusedError, match="not part of this vote"):
        help_to_vote(by=world.chair, entry=entry, choices=["99"])
    sent = entry_of(round, world.residents[1])
    FirstVote.objects.create(roll_entry=sent, account=voter, placed_by="open")
    with pytest.raises(PaperError, match="by e-mail"):
        help_to_vote(by=world.chair, entry=sent, choices=["1"])
    world.close(round)
    with pytest.raises(PhaseError, match="has closed"):
        help_to_vote(by=world.chair, entry=entry_of(round, world.residents[2]), choices=["1"])
    with pytest.raises(PhaseError, match="has closed"):
        helping.check_may_help(by=world.chair, entry=entry_of(round, world.residents[2]))
    assert not SealedBallot.objects.in_box().exists()
    assert not HelpedVote.objects.exists()


@pytest.mark.parametrize("way", ["in the box", "helped", "withdrawn", "on paper"])
def test_help_never_replaces_a_vote_and_says_the_same_whatever_it_was(world, round, way):
    voter = world.residents[0]
    entry = entry_of(round, voter)
    if way == "on paper":
        received(world, round, voter)
    elif way == "helped":
        help_to_vote(by=world.officer, entry=entry, choices=["1"])
    else:
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    if way == "withdrawn":
        withdraw_ballot(by=voter, round=round, seen_version=1)
    before = SealedBallot.objects.values().get()
    with pytest.raises(PaperError, match="has voted already. Nothing was changed, and nothing chosen here was kept"):
        help_to_vote(by=world.chair, entry=entry_of(round, voter), choices=["2"])
    with pytest.raises(PaperError, match="has voted already"):  # before anything is filled in
        helping.check_may_help(by=world.chair, entry=entry_of(round, voter))

    assert SealedBallot.objects.values().get() == before
    assert not HelpedVote.objects.filter(helper=world.chair).exists()


@pytest.mark.parametrize("way", ["in the box", "on paper"])
def test_a_vote_that_comes_between_the_look_and_the_seal_is_not_replaced_and_its_receipt_not_shown(
    world, round, way, monkeypatch
):
    voter = world.residents[0]
    if way == "on paper":
        received(world, round, voter)
    else:
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    monkeypatch.setattr(helping, "check_may_help", lambda **_: None)  # as if it had looked before that
    with pytest.raises(PaperError, match="has voted already"):
        help_to_vote(by=world.chair, entry=entry_of(round, voter), choices=["2"])

    assert not HelpedVote.objects.exists()
    assert not OutgoingMessage.objects.filter(topic=f"panels.receipt:{round.pk}", subject__contains="helped").exists()


def test_who_helps_has_nothing_to_win_and_is_not_of_the_voters_household(world, round):
    author, neighbour, voter = world.residents[:3]
    homes = Residence.objects.in_bulk([author.pk, neighbour.pk, voter.pk], field_name="user_id")
    with acting("system:test", "made for a test"):
        RoleGrant.objects.filter(user=world.officer).update(user=neighbour)
    helper = User.objects.get(pk=neighbour.pk)
    for home, sentence in ((author, "have a project in this vote"), (voter, "of their household")):
        with acting("system:test", "moved for a test"):
            Residence.objects.filter(user=helper).update(household_hmac=homes[home.pk].household_hmac)
        with pytest.raises(NotAllowedError, match=sentence):
            help_to_vote(by=helper, entry=entry_of(round, voter), choices=["1"])
    assert not SealedBallot.objects.exists()
    assert not HelpedVote.objects.exists()


def test_a_helper_is_kept_once(world, round):
    entry = entry_of(round, world.residents[0])
    HelpedVote.objects.create(roll_entry=entry, helper=world.chair)
    with pytest.raises(IntegrityError, match="panels_helpedvote_once"), transaction.atomic():
        HelpedVote.objects.create(roll_entry=entry, helper=world.chair)
