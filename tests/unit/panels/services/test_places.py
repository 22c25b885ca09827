"""Where a home lies: by its postcode, or, where that does not say it, by two people."""

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import NotAllowedError
from neighbourhoods.models import Postcode
from panels.errors import ResidenceError, UnknownPostcodeError
from panels.models import PlaceQuestion, PlaceVerdict, Residence
from panels.services import declare_residence, judge_place, vouch_for_residence
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_residence import details

pytestmark = pytest.mark.django_db
KNOWN, UNKNOWN = "ZA1 1AA", "ZA9 9ZZ"


def give_postcode(world: World) -> None:
    with acting("system:test", "made for a test"):
        Postcode.objects.create(code="ZA11AA", small_area_code="E01000019", neighbourhood=world.place)


@pytest.fixture
def question(world: World) -> PlaceQuestion:
    residence = declare_residence(by=person(), neighbourhood=world.place, details=details(postcode=UNKNOWN))
    return residence.place_question


def test_postcode_decides_the_place(world):
    give_postcode(world)
    residence = declare_residence(by=person(), details=details(postcode=KNOWN.lower()))
    assert (residence.neighbourhood, residence.placed_by) == (world.place, "postcode")
    assert not PlaceQuestion.objects.exists()


@pytest.mark.parametrize("postcode", ["", UNKNOWN, "no idea"])
def test_unknown_postcode_asks_for_the_place_and_never_blocks(world, postcode):
    who = person()
    with pytest.raises(UnknownPostcodeError):
        declare_residence(by=who, details=details(postcode=postcode))
    residence = declare_residence(by=who, neighbourhood=world.place, details=details(postcode=postcode))
    assert (residence.placed_by, residence.place_question.postcode) == ("open", postcode.upper())


def test_another_place_than_the_postcodes_goes_to_two_people(world):
    give_postcode(world)
    other = World()
    residence = declare_residence(by=person(), neighbourhood=other.place, details=details(postcode=KNOWN))
    assert (residence.neighbourhood, residence.placed_by) == (other.place, "open")


def test_two_who_agree_settle_it_and_the_postcode_is_forgotten(world, question):
    other = World().place
    judge_place(by=world.members[0], question=question, neighbourhood=other, reason="It is in the other street.")
    judge_place(by=world.members[0], question=question, neighbourhood=other, reason="Sent twice.")
    judge_place(by=world.members[1], question=question, neighbourhood=world.place, reason="I think it is here.")
    assert Residence.objects.get(pk=question.residence_id).placed_by == "open"
    judge_place(by=world.officer, question=question, neighbourhood=other, reason="The map says so.")
    residence = Residence.objects.get(pk=question.residence_id)
    assert (residence.placed_by, residence.neighbourhood) == ("people", other)
    assert residence.place_question.postcode == ""


def test_home_found_elsewhere_can_not_be_shown(world, question):
    for judge in world.members[:2]:
        judge_place(by=judge, question=question, neighbourhood=None, reason="It is across the river.")
    residence = Residence.objects.get(pk=question.residence_id)
    assert residence.placed_by == "elsewhere"
    with pytest.raises(ResidenceError, match="in another place"):
        vouch_for_residence(by=world.members[2], residence=residence)


def test_two_who_vouch_also_say_where_it_is(world, question):
    vouch_for_residence(by=world.members[0], residence=question.residence)
    shown = vouch_for_residence(by=world.residents[0], residence=question.residence)
    assert (shown.level, shown.placed_by) == ("shown", "people")


@pytest.mark.parametrize("who", ["stranger", "resident", "oneself", "household"])
def test_judging_is_for_others_of_the_panel_and_officers(world, question, who):
    judge = {"stranger": World().members[0], "resident": world.residents[0]}.get(who, world.members[3])
    if who == "oneself":
        question = declare_residence(
            by=judge, neighbourhood=world.place, details=details(full_name="Bo Member")
        ).place_question
    if who == "household":
        declare_residence(by=judge, neighbourhood=world.place, details=details(full_name="Bo Member"))
    with pytest.raises(NotAllowedError):
        judge_place(by=judge, question=question, neighbourhood=world.place, reason="I know it.")


def test_judging_needs_a_reason(world, question):
    with pytest.raises(ResidenceError, match="A reason is needed"):
        judge_place(by=world.members[0], question=question, neighbourhood=world.place, reason=" ")


def test_shown_needs_a_place_in_the_database_too(world, question):
    row = Residence.objects.get(pk=question.residence_id)
    row.level, row.shown_at, row.proved_by = "shown", row.declared_at, "post"
    with pytest.raises(IntegrityError, match="panels_residence_shown_in_a_place"), acting("system:test", "by hand"):
        row.save()


@pytest.mark.parametrize(("change", "rule"), [({"reason": ""}, "says_why"), ({}, "once")])
def test_verdict_that_breaks_a_rule_is_refused(world, question, change, rule):
    judge_place(by=world.members[0], question=question, neighbourhood=world.place, reason="I know it.")
    fields = {"question": question, "judge": world.members[0], "reason": "Again."} | change
    if rule == "says_why":
        fields["judge"] = world.members[1]
    with pytest.raises(IntegrityError, match=f"panels_placeverdict_{rule}"), transaction.atomic():
        PlaceVerdict.objects.create(**fields)
