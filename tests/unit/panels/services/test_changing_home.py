"""Telling something else about where one lives: possible until somebody has confirmed it or a vote hangs on it."""

from datetime import timedelta

import pytest

from cwf_portal.core.clock import advance_clock
from panels.errors import ResidenceError
from panels.models import AddressLetter, DocumentCheck, PlaceQuestion, Residence
from panels.services import (
    ask_for_letter,
    change_residence,
    check_document,
    declare_residence,
    enrol,
    enter_code,
    judge_place,
    letters_to_print,
    post_letters,
    vouch_for_residence,
)
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_places import KNOWN, UNKNOWN, give_postcode
from tests.unit.panels.services.test_residence import details

pytestmark = pytest.mark.django_db
RIGHT = {"full_name": "Ada Newcomer", "address": "2 New Road"}


@pytest.fixture
def told(world: World) -> Residence:
    give_postcode(world)
    return declare_residence(by=person(), neighbourhood=world.place, details=details(postcode=UNKNOWN))


def change(residence: Residence, **right: object) -> Residence:
    return change_residence(by=residence.user, details=details(**{"postcode": KNOWN} | RIGHT | right))


def test_change_residence_takes_the_place_of_what_was_told_and_stops_letters_to_the_old_address(world, told):
    ask_for_letter(by=told.user, address="1 New Road")
    letter = letters_to_print(by=world.officer)[0]
    post_letters(by=world.officer, letters=[letter.pk])
    ask_for_letter(by=told.user, address="1 New Road")
    advance_clock(by=timedelta(hours=1))
    new = change(told)

    assert (new.pk, new.placed_by, new.person_hmac == told.person_hmac) == (told.pk, "postcode", False)
    assert not PlaceQuestion.objects.exists()
    assert not AddressLetter.objects.to_post().exists()
    with pytest.raises(ResidenceError):
        enter_code(by=told.user, typed=letter.code)
    assert Residence.objects.get(pk=told.pk).proved_by == ""
    assert change(told).person_hmac == new.person_hmac  # the same again changes nothing
    other = change_residence(by=other_resident(world), details=details(**{"postcode": KNOWN} | RIGHT))
    assert other.person_hmac == new.person_hmac  # whoever is right shows it


def other_resident(world: World) -> object:
    return declare_residence(by=person(), details=details(full_name="Bo Other", postcode=KNOWN)).user


@pytest.mark.parametrize("way", ["vouch", "document", "judging", "roll", "shown"])
def test_change_residence_is_refused_once_somebody_or_a_vote_relies_on_it(world, voting, told, way):
    if way == "vouch":
        vouch_for_residence(by=world.members[0], residence=told)
    elif way == "document":
        check_document(by=world.officer, residence=told, kind=DocumentCheck.Kind.BILL, is_enough=False)
    elif way == "judging":
        question = PlaceQuestion.objects.get()
        judge_place(by=world.officer, question=question, neighbourhood=world.place, reason="I know the street.")
    elif way == "roll":
        enrol(by=told.user, round=voting)
    who = world.residents[0].residence if way == "shown" else told
    with pytest.raises(ResidenceError, match="confirmed these|are judging|on the list of a vote"):
        change(who)
    if way == "roll":
        advance_clock(to=voting.show_by)
        assert change(who).placed_by == "postcode"


def test_change_residence_needs_something_told_before_and_possible_details(world, told):
    with pytest.raises(ResidenceError, match="have not told us yet"):
        change_residence(by=person(), details=details())
    with pytest.raises(ResidenceError, match="full name"):
        change(told, full_name="")
