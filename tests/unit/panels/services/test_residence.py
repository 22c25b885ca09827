from datetime import date

import pytest
from django.utils.timezone import localdate

from cwf_portal.core.clock import core_now
from panels.errors import ResidenceError, TakenError
from panels.models import Residence, Vouch
from panels.services import PersonDetails, declare_residence, vouch_for_residence
from tests.unit.panels.builders import World, person

pytestmark = pytest.mark.django_db


def details(**changes: object) -> PersonDetails:
    fields = {"full_name": "Ada Newcomer", "born_on": date(1990, 2, 1), "address": "1 New Road"}
    return PersonDetails(**fields | changes)


@pytest.fixture
def newcomer(world: World) -> Residence:
    return declare_residence(by=person(), neighbourhood=world.place, details=details())


def test_declare_residence_keeps_no_birth_date_and_no_address(newcomer):
    kept = {str(value) for value in vars(newcomer).values()}

    assert newcomer.level == "declared"
    assert newcomer.of_age_on is None
    assert not any("1990" in value or "New Road" in value for value in kept)


def test_declare_residence_again_with_the_same_details_changes_nothing(world, newcomer):
    assert declare_residence(by=newcomer.user, neighbourhood=world.place, details=details()) == newcomer
    with pytest.raises(ResidenceError, match="already told us"):
        declare_residence(by=newcomer.user, neighbourhood=world.place, details=details(address="2 Other Road"))


def test_what_somebody_typed_first_keeps_nobody_out_and_one_of_them_shows_it(world, newcomer):
    same = declare_residence(by=person(), neighbourhood=world.place, details=details(full_name="ADA  NEWCOMER"))
    assert (same.person_hmac, same.level) == (newcomer.person_hmac, "declared")
    for by in world.members[:2]:
        shown = vouch_for_residence(by=by, residence=same)
    assert shown.level == "shown"
    vouch_for_residence(by=world.members[0], residence=newcomer)
    with pytest.raises(TakenError, match="With another account somebody has shown"):
        vouch_for_residence(by=world.members[1], residence=newcomer)
    newcomer.refresh_from_db()
    assert (newcomer.proved_by, newcomer.vouches.count()) == ("", 1)


@pytest.mark.parametrize("years", [10, 17])
def test_declare_residence_of_somebody_young_keeps_the_day_they_are_16(world, years):
    today = localdate(core_now())
    born_on = today.replace(year=today.year - years, day=min(today.day, 28))
    child = declare_residence(by=person(), neighbourhood=world.place, details=details(born_on=born_on))

    assert child.of_age_on == born_on.replace(year=born_on.year + 16)


@pytest.mark.parametrize(
    "changes", [{"full_name": " "}, {"address": "x"}, {"born_on": date(1890, 1, 1)}, {"born_on": date(2999, 1, 1)}]
)
def test_declare_residence_refuses_impossible_details(world, changes):
    with pytest.raises(ResidenceError):
        declare_residence(by=person(), neighbourhood=world.place, details=details(**changes))


def test_vouch_by_a_member_and_a_neighbour_makes_it_shown(world, newcomer):
    once = vouch_for_residence(by=world.members[0], residence=newcomer)
    assert once.level == "declared"
    assert vouch_for_residence(by=world.members[0], residence=newcomer).level == "declared"
    shown = vouch_for_residence(by=world.residents[0], residence=newcomer)

    assert (shown.level, shown.shown_at is None) == ("shown", False)
    assert dict(Vouch.objects.filter(residence=newcomer).values_list("voucher", "is_by_panel")) == {
        world.members[0].pk: True,
        world.residents[0].pk: False,
    }


def test_vouch_by_two_neighbours_is_not_enough(world, newcomer):
    vouch_for_residence(by=world.residents[0], residence=newcomer)
    with pytest.raises(ResidenceError, match="Now a panel member has to confirm it"):
        vouch_for_residence(by=world.residents[1], residence=newcomer)


def test_vouch_by_somebody_from_elsewhere_is_refused(world, newcomer):
    with pytest.raises(ResidenceError, match="only as a panel member, or as a neighbour"):
        vouch_for_residence(by=World().residents[0], residence=newcomer)


def test_vouch_for_oneself_is_refused(world):
    member = world.members[2]
    own = declare_residence(by=member, neighbourhood=world.place, details=details())
    with pytest.raises(ResidenceError, match="Nobody confirms for themselves"):
        vouch_for_residence(by=member, residence=own)


def test_vouch_within_a_household_is_refused(world, newcomer):
    member = world.members[2]
    declare_residence(by=member, neighbourhood=world.place, details=details(full_name="Bo Newcomer"))
    with pytest.raises(ResidenceError, match="same household"):
        vouch_for_residence(by=member, residence=newcomer)


def test_vouch_by_somebody_with_an_idea_in_the_vote_is_refused(world, newcomer):
    world.idea(world.round_for_ideas(), "Warm Halls", by=world.residents[0])
    with pytest.raises(ResidenceError, match="have an idea in this place"):
        vouch_for_residence(by=world.residents[0], residence=newcomer)
