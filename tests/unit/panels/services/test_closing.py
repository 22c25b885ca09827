"""Closing an account that put forward ideas, voted, or shown where somebody lives: what it holds up, and what stays."""

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.closing import close_account, hindrances
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.models import User
from neighbourhoods.models import PlaceFollow
from neighbourhoods.services import follow_place
from panels.errors import ResidenceError
from panels.models import HeadReader, PanelMembership, PlaceQuestion, Residence, RollEntry, SealedBallot
from panels.services import call_for_annulment, declare_residence, end_membership, vouch_for_residence
from tests.unit.core.test_closing import tables_with
from tests.unit.panels.builders import person
from tests.unit.panels.services.test_certifying import attested, opened
from tests.unit.panels.services.test_residence import details

pytestmark = pytest.mark.django_db


def why(user: User) -> str:
    return " ".join(hindrances(user))


def test_nothing_of_a_resident_is_left_in_any_table_and_their_idea_stays_without_a_name(world):
    round = world.round_for_ideas()
    ada = person(name="Canary Adams")
    with acting("system:test", "made for a test"):
        User.objects.filter(pk=ada.pk).update(email="canary@example.org")
    ada = User.objects.get(pk=ada.pk)
    declare_residence(by=ada, neighbourhood=world.place, details=details(full_name="Canary Adams", postcode="ZZ1 1ZZ"))
    for voucher in (world.members[1], world.residents[0]):
        vouch_for_residence(by=voucher, residence=Residence.objects.get(user=ada))
    idea = world.idea(round, "Warm halls", by=ada)
    follow_place(by=ada, place=world.place, is_weekly=True)
    HeadReader.objects.create(round=round, user=ada)
    assert tables_with("canary") == ["core_accountdetails", "core_user"]

    close_account(by=ada)
    assert tables_with("canary") == ["core_outgoingmessage"]
    idea.refresh_from_db()
    assert (idea.title, str(idea.author)) == ("Warm halls", "Closed account")
    assert tables_with("ZZ1 1ZZ") == []
    assert not PlaceFollow.objects.filter(user=ada).exists()
    assert not HeadReader.objects.filter(user=ada).exists()


def test_whoever_comes_again_shows_the_same_details_with_no_second_account(world):
    said = details(full_name="Ada Twice")
    ada = person(name="Ada Twice")
    declare_residence(by=ada, neighbourhood=world.place, details=said)
    for voucher in (world.members[1], world.residents[0]):
        vouch_for_residence(by=voucher, residence=Residence.objects.get(user=ada))
    close_account(by=ada)
    again = person(name="Ada Twice")
    declare_residence(by=again, neighbourhood=world.place, details=said)
    residence = Residence.objects.get(user=again)
    vouch_for_residence(by=world.members[1], residence=residence)
    with pytest.raises(ResidenceError):
        vouch_for_residence(by=world.residents[0], residence=residence)
    residence.refresh_from_db()
    assert residence.level == Residence.Level.DECLARED


def test_a_ballot_in_the_box_holds_it_up_until_the_box_is_opened(world, box):
    entries = RollEntry.objects.filter(round=box)
    voter = entries.filter(sealed__in=SealedBallot.objects.standing(), user__in=world.residents).first().user
    other = next(user for user in world.residents if not entries.filter(user=user, sealed__isnull=False).exists())
    assert why(voter) == f"You vote in “{box.title}”. You can close your account once its votes are counted."
    assert why(other) == ""
    with pytest.raises(ConflictError, match="once its votes are counted"):
        close_account(by=voter)
    round = attested(world, opened(world, box))
    assert why(voter) == ""
    close_account(by=voter)
    assert RollEntry.objects.filter(round=round).count() == entries.count()


def test_a_keeper_waits_for_the_opening_and_a_seat_is_given_up_first(world, box):
    librarian, member = world.keepers[2], world.members[3]
    assert why(librarian) == f"You keep a key of the vote “{box.title}”, which is not opened yet."
    assert f"You sit on {world.panel.name}." in why(member)
    end_membership(by=world.officer, membership=PanelMembership.objects.get(user=member))
    call_for_annulment(by=world.chair, round=box, reason="For this test.")
    call_for_annulment(by=world.officer, round=box, reason="For this test.")
    assert why(librarian) == ""


def test_who_closed_their_account_waits_for_no_voucher_and_no_judge(world):
    ada = person(name="Ada Waits")
    residence = declare_residence(by=ada, neighbourhood=world.place, details=details(postcode="ZZ1 1ZZ"))
    here = Residence.objects.filter(pk=residence.pk)
    assert PlaceQuestion.objects.filter(postcode="ZZ1 1ZZ").exists()
    assert (here.awaiting_vouchers().count(), here.awaiting_place().count()) == (1, 1)
    close_account(by=ada)
    assert (here.awaiting_vouchers().count(), here.awaiting_place().count()) == (0, 0)
    assert not PlaceQuestion.objects.exclude(postcode="").exists()
