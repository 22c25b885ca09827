"""One person has one vote: what somebody gave up by a correction gives nobody another, and an age is told again."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from panels.errors import ResidenceError, TakenError
from panels.models import FormerFingerprint, Residence, RollEntry, Round
from panels.services import (
    cast_ballot,
    declare_residence,
    enrol,
    enter_at_table,
    judge_place,
    open_box,
    tell_birth_date,
    vouch_for_residence,
)
from panels.services.casting import is_too_young
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_correcting import asked, corrected
from tests.unit.panels.services.test_places import KNOWN, details, give_postcode
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
OLD, NEW = "Old Name", "New Name"
BORN = details().born_on


@pytest.fixture
def small(db) -> World:
    """With a pot so small that saying where one lives is enough; no vote is fixed yet."""
    world = World(budget_pence=10_000_00)
    give_postcode(world)
    return world


@pytest.fixture
def former(small) -> Residence:
    """Of somebody who has shown that they are Old Name and was corrected to New Name."""
    home = said()
    for by in small.members[2:4]:
        vouch_for_residence(by=by, residence=home)
    return corrected(small, asked(small, home.user, full_name=NEW))


def said(**who: object) -> Residence:
    return declare_residence(by=person(), details=details(**{"full_name": OLD, "postcode": KNOWN} | who))


def test_in_a_small_pot_what_another_account_gave_up_is_no_second_vote(small, former):
    second, round = said(), small.open_round()
    assert not RollEntry.objects.filter(user=second.user).exists()
    theirs = enrol(by=second.user, round=round)
    assert (theirs.is_pending, RollEntry.objects.get(round=round, user=former.user).is_pending) == (True, False)
    for who in (former.user, second.user):
        cast_ballot(by=who, round=round, choices=["1"], seen_version=0)
    vouch_for_residence(by=small.members[2], residence=second)
    with pytest.raises(TakenError, match="Another account had these details"):
        vouch_for_residence(by=small.members[3], residence=second)
    advance_clock(to=round.show_by + timedelta(seconds=60))
    open_box(by=small.chair, round=round, keys=small.keys)

    assert round.opening.counted_count == 1
    assert theirs.set_aside.reason == "not_shown"


def test_what_became_anothers_former_details_meanwhile_is_not_certain_once_the_place_is(small):
    """Entered while it was not known where the home is; the other account is of another place until it is corrected."""
    there = World(members=3, residents=0)
    round = small.open_round()
    unplaced = details(full_name=OLD, postcode="ZA9 9ZZ")
    second = declare_residence(by=person(), details=unplaced, neighbourhood=small.place)
    entry = enrol(by=second.user, round=round)
    first = declare_residence(by=person(), details=unplaced, neighbourhood=there.place)
    for by in there.members[:2]:
        vouch_for_residence(by=by, residence=first)
    corrected(small, asked(there, first.user, full_name=NEW))
    for by in small.members[4:6]:
        judge_place(by=by, question=second.place_question, neighbourhood=small.place, reason="I know the street.")
    assert Residence.objects.get(pk=second.pk).is_placed
    assert not hasattr(RollEntry.objects.get(pk=entry.pk), "verification")


def test_at_a_table_former_details_are_the_account_that_gave_them_up(small, former):
    round = small.open_round()
    entry = enter_at_table(by=small.chair, round=round, details=details(full_name=OLD, postcode=KNOWN))
    assert entry.user == former.user
    assert RollEntry.objects.filter(round=round, user__residence__person_hmac=former.person_hmac).count() == 1


def test_at_a_table_details_that_another_had_by_mistake_are_somebody_elses_who_shows_it(small, former):
    born_on = date(1971, 5, 6)
    corrected(small, asked(small, former.user, full_name=NEW, born_on=born_on), born_on=born_on)
    entry = enter_at_table(by=small.chair, round=small.open_round(), details=details(full_name=OLD, postcode=KNOWN))
    assert (entry.user == former.user, entry.is_pending) == (False, True)


def test_whoever_gave_up_the_same_after_another_keeps_it_too(small, former):
    born_on = date(1971, 5, 6)
    corrected(small, asked(small, former.user, full_name=NEW, born_on=born_on), born_on=born_on)
    second = said()
    corrected(small, asked(small, second.user, full_name=OLD))
    corrected(small, asked(small, second.user, full_name="Third Name"))
    given_up = FormerFingerprint.objects.filter(person_hmac=said().person_hmac).order_by("pk")
    assert [one.residence.user for one in given_up] == [former.user, second.user]
    with pytest.raises(TakenError, match="Another account had these details"):
        corrected(small, asked(small, said().user, full_name=OLD))
    with pytest.raises(IntegrityError, match="once_of_each"), transaction.atomic():
        FormerFingerprint.objects.create(
            person_hmac=given_up[0].person_hmac, residence=second, correction=second.corrections.first()
        )


@pytest.fixture
def unknown(world, voting) -> Residence:
    """Of a grown-up who told us before birth dates had a fingerprint, was taken for 16, and has shown it since."""
    home = declare_residence(by=person(), neighbourhood=world.place, details=details(full_name="Una Known"))
    with acting("system:test", "as it was before"):
        Residence.objects.filter(pk=home.pk).update(born_hmac="", of_age_on=localdate(core_now()))
    for by in world.members[2:4]:
        vouch_for_residence(by=by, residence=home)
    return Residence.objects.get(pk=home.pk)


def test_whose_birth_date_was_never_kept_tells_it_and_is_as_old_as_they_are(world, unknown):
    told = {"by": unknown.user, "born_on": BORN, "address": details().address}
    grown_ups = Round(minimum_age=18)
    assert is_too_young(unknown, grown_ups, core_now())
    for wrong in ({"born_on": date(1981, 1, 1)}, {"address": "2 Elsewhere"}):
        with pytest.raises(ResidenceError, match="not what you told us before"):
            tell_birth_date(**told | wrong)
    home = tell_birth_date(**told)
    assert (home.of_age_on, home.person_hmac, home.level) == (None, unknown.person_hmac, "shown")
    assert not is_too_young(home, grown_ups, core_now())
    assert home.born_hmac == details().born_hmac
    assert tell_birth_date(**told | {"born_on": date(2020, 1, 1)}).born_hmac == home.born_hmac
    with pytest.raises(ResidenceError, match="not told us yet"):
        tell_birth_date(**told | {"by": person()})


def test_the_page_asks_once_and_says_what_does_not_fit(world, unknown):
    client = signed_in(unknown.user)
    page, asks = reverse("panels:living-born"), "Tell us when you were born"
    assert asks in text_of(client.get(reverse("panels:living-here")))
    typed = {"born_on_day": "1", "born_on_month": "2", "born_on_year": "1990", "address": "2 Elsewhere"}
    refused = client.post(page, typed)
    assert (refused.status_code, "not what you told us before" in text_of(refused)) == (400, True)
    assert client.post(page, typed | {"address": details().address}).status_code == 302
    assert asks not in text_of(client.get(reverse("panels:living-here")))
    assert client.get(page).status_code == 302


def test_the_database_lets_an_age_that_is_known_be_changed_by_two_only(world, unknown):
    home = tell_birth_date(by=unknown.user, born_on=BORN, address=details().address)
    for values in ({"born_hmac": "a" * 64}, {"of_age_on": date(2020, 1, 1)}, {"born_hmac": ""}):
        with pytest.raises(IntegrityError, match="by two"), acting("system:test", "by hand"), transaction.atomic():
            Residence.objects.filter(pk=home.pk).update(**values)
