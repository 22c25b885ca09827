"""Helping somebody to vote on this site: the helper is kept, the voter told, and nothing else differs."""

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.permissions import Role
from panels.errors import BallotRefusedError, PaperError, PhaseError
from panels.models import FirstVote, HelpedVote, HelpIntention, RollEntry, SealedBallot
from panels.selectors import roll
from panels.services import (
    Contact,
    cast_ballot,
    help_to_vote,
    helping,
    notices_to_print,
    post_letters,
    text_receipt,
    withdraw_ballot,
)
from panels.tasks import help_to_settle, settle_help
from tests.unit.panels.builders import World, moves_in, person
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
    """Of somebody who registered with a card and has no email address."""
    with acting("system:test", "registered with a card"):
        User.objects.filter(pk=world.residents[0].pk).update(email="card-1@card.invalid")
    return entry_of(round, world.residents[0])


def home_of(entry: RollEntry) -> str:
    """As `World` gave it to them."""
    return f"{entry.user.full_name.removeprefix('Resident ')} High Street"


def test_without_an_email_address_a_letter_goes_out_and_a_number_gets_a_text_message_on_top(world, round, unreachable):
    contact = Contact(number="07700 900982", address=home_of(unreachable))
    receipt = help_to_vote(by=world.chair, entry=unreachable, choices=["1"], contact=contact)
    letter, text = OutgoingMessage.objects.filter(topic=f"panels.receipt:{round.pk}").order_by("channel")
    assert (letter.channel, text.channel, text.to) == ("letter", "sms", "+447700900982")
    for message in (letter, text):
        assert (receipt.code in message.body, str(world.chair) in message.body) == (True, True)


def test_a_number_that_had_a_message_about_this_vote_is_not_told_of_another_voter(world, round, unreachable):
    voter, number = world.residents[1], "07700 900982"
    cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    text_receipt(by=voter, round=round, number=number)
    contact = Contact(number=number, address=home_of(unreachable))
    with pytest.raises(PaperError, match="had a message about this vote already"):
        help_to_vote(by=world.chair, entry=unreachable, choices=["1"], contact=contact)
    assert not HelpIntention.objects.exists()


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
        (Contact(), "Say where a letter reaches them"),
        (Contact(number="07700 900982", address="  "), "Say where a letter reaches them"),
        (Contact(number="07700 900982", address="1 Other Street"), "not the address they told us"),
    ],
)
def test_whoever_cannot_be_told_is_not_helped(world, unreachable, contact, says):
    with pytest.raises(DomainError, match=says):
        help_to_vote(by=world.chair, entry=unreachable, choices=["1"], contact=contact)
    assert not SealedBallot.objects.exists()
    assert not HelpedVote.objects.exists()


def test_a_number_is_read_as_one_and_not_at_all_where_no_text_messages_are_sent(world, unreachable, settings):
    contact = Contact(number="0770", address=home_of(unreachable))
    with pytest.raises(DomainError, match="Enter a UK mobile number"):
        help_to_vote(by=world.chair, entry=unreachable, choices=["1"], contact=contact)
    settings.SMS_OFFERED = False
    help_to_vote(by=world.chair, entry=unreachable, choices=["1"], contact=contact)
    assert OutgoingMessage.objects.get(subject__contains="helped").channel == "letter"


class ProcessEndedError(Exception):
    """As if it had."""


def ends(**_: object) -> None:
    raise ProcessEndedError


@pytest.mark.parametrize("voter_does", ["nothing", "replaces", "withdraws"])
def test_a_crash_after_the_ballot_is_stored_loses_neither_the_helper_nor_the_message(
    world, round, unreachable, monkeypatch, voter_does
):
    voter = unreachable.user
    with monkeypatch.context() as crashing:
        crashing.setattr(helping, "settle_help", lambda _: ends())
        with pytest.raises(ProcessEndedError):
            help_to_vote(
                by=world.chair, entry=unreachable, choices=["1"], contact=Contact(address=home_of(unreachable))
            )
    assert SealedBallot.objects.get().roll_entry == unreachable
    assert (HelpIntention.objects.get().helper, OutgoingMessage.objects.filter(channel="letter").count()) == (
        world.chair,
        0,
    )
    if voter_does == "replaces":
        cast_ballot(by=voter, round=round, choices=["2"], seen_version=1)
    elif voter_does == "withdraws":
        withdraw_ballot(by=voter, round=round, seen_version=1)
    assert [settle_help(core_now()) for _ in range(2)] == [1, 0]
    assert (HelpedVote.objects.get().helper, OutgoingMessage.objects.get(channel="letter").kept_from) == (
        world.chair,
        world.chair,
    )
    assert not HelpIntention.objects.exists()


def test_a_crash_before_the_ballot_is_stored_tells_nobody_and_is_forgotten(world, round, unreachable, monkeypatch):
    contact = Contact(address=home_of(unreachable))
    with monkeypatch.context() as crashing:
        crashing.setattr(helping, "cast_sealed_ballot", ends)
        with pytest.raises(ProcessEndedError):
            help_to_vote(by=world.chair, entry=unreachable, choices=["1"], contact=contact)
    assert (settle_help(core_now()), HelpIntention.objects.count()) == (0, 1)  # it may still be on its way
    help_to_vote(by=world.officer, entry=unreachable, choices=["1"], contact=contact)
    assert (settle_help(core_now()), HelpIntention.objects.count()) == (0, 0)
    assert HelpedVote.objects.get().helper == world.officer
    with monkeypatch.context() as crashing:
        crashing.setattr(helping, "cast_sealed_ballot", ends)
        with pytest.raises(ProcessEndedError):
            help_to_vote(by=world.chair, entry=entry_of(round, world.residents[1]), choices=["1"])
    world.close(round)
    assert list(help_to_settle(core_now())) == list(HelpIntention.objects.all())
    assert (settle_help(core_now()), HelpIntention.objects.count()) == (0, 0)


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
    with pytest.raises(PaperError, match="by email"):
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
    author, voter = world.residents[:2]
    for home, sentence in ((author, "have a project in this vote"), (voter, "of their household")):
        helper = moves_in(person(Role.GRANTS_OFFICER), with_=home)
        with pytest.raises(NotAllowedError, match=sentence):
            help_to_vote(by=helper, entry=entry_of(round, voter), choices=["1"])
    assert not SealedBallot.objects.exists()
    assert not HelpedVote.objects.exists()


def test_a_helper_is_kept_once(world, round):
    entry = entry_of(round, world.residents[0])
    HelpedVote.objects.create(roll_entry=entry, helper=world.chair)
    with pytest.raises(IntegrityError, match="panels_helpedvote_once"), transaction.atomic():
        HelpedVote.objects.create(roll_entry=entry, helper=world.chair)
