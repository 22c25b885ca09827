"""What a process remembers of frozen votes never decides what is stored."""

import re
from copy import copy

import pytest

from cwf_portal.core.clock import advance_clock
from panels.domain.sealing import unseal
from panels.models import Keeper, Round, SealedBallot
from panels.selectors import booth_of, booths, known_round, remember_round
from panels.services import report_lost_key, rules_sheet
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_kinds import RANKED
from tests.unit.panels.views.test_voting import address, signed_in, text_of

pytestmark = pytest.mark.django_db
TICKED = {"project": ["1", "3"], "seen": "0"}


@pytest.fixture(autouse=True)
def _knows_nothing(monkeypatch):
    monkeypatch.setattr(booths, "_known", {})


def test_only_frozen_votes_are_remembered_and_each_caller_has_a_copy(world, round):
    shaping = world.shaped_round()
    for each in (round, shaping):
        remember_round(each)
    known_round(round.pk).title = "Changed by one request"

    assert known_round(shaping.pk) is None
    assert known_round(round.pk).title == round.title


def test_the_oldest_is_forgotten_first_and_everything_after_a_minute(round, monkeypatch):
    monkeypatch.setattr(booths, "MOST_KNOWN", 1)
    other = copy(round)
    other.pk = round.pk + 1
    for each in (round, other):
        remember_round(each)
    assert [known_round(each.pk) is None for each in (round, other)] == [True, False]
    monkeypatch.setattr(booths, "MOST_KNOWN", 2)
    for each in (round, round):  # read anew: nobody is forgotten for it
        remember_round(each)
    assert [known_round(each.pk) is None for each in (round, other)] == [False, False]

    monkeypatch.setattr(booths, "KNOWN_FOR_SECONDS", 0)
    assert known_round(other.pk) is None


def test_a_booth_is_for_those_on_the_list_while_the_vote_is_not_over(world, round):
    voter = world.residents[0]
    assert booth_of(voter, round.pk) is None
    remember_round(round)

    assert booth_of(voter, round.pk).entry == round.roll.get(user=voter).pk
    assert booth_of(voter, round.pk).times_cast == 0
    assert booth_of(world.officer, round.pk) is None
    advance_clock(to=round.voting_closes_at)
    assert booth_of(voter, round.pk) is None


def test_ballot_and_check_ask_for_session_voter_and_booth(world, round, django_assert_num_queries):
    remember_round(round)
    voter = signed_in(world.residents[0])
    for step in ("ballot/", "check/"):
        with django_assert_num_queries(3):
            assert voter.post(address(round, step), TICKED).status_code == 200


def test_a_vote_annulled_since_takes_no_ballot(world, round):
    remember_round(round)
    for keeper in Keeper.objects.filter(round=round, body__in=(1, 2)):
        report_lost_key(by=keeper.user, round=round, body=Keeper.Body(keeper.body), note="It burned.")
    voter = signed_in(world.residents[0])

    for step in ("ballot/", "check/", "cast/"):
        assert voter.post(address(round, step), TICKED).status_code == 409
    assert not SealedBallot.objects.exists()


def test_a_vote_of_another_database_with_the_same_key_decides_nothing(world: World, round: Round):
    other = copy(world.open_round(**RANKED))
    other.pk = round.pk
    voter = signed_in(world.residents[0])

    remember_round(other)
    assert re.findall(r'name="project" value="(\d)"', text_of(voter.post(address(round, "ballot/"))))
    remember_round(other)
    assert "Corner Hub" in text_of(voter.post(address(round, "check/"), TICKED))
    remember_round(other)
    assert voter.post(address(round, "cast/"), TICKED).status_code == 302

    assert known_round(round.pk).code == round.code
    assert SealedBallot.objects.get().roll_entry.round == round


def test_a_ballot_for_other_rules_than_the_database_has_is_not_stored(world: World, round: Round):
    """Both ballots hold what was sent; only the signature of the rules tells that they are of two votes."""
    other = copy(world.open_round())
    other.pk = round.pk
    remember_round(other)
    signed_in(world.residents[0]).post(address(round, "cast/"), TICKED)

    first, second = (world.keys.read(round.code, number) for number in (1, 2))
    sheet = rules_sheet(round)
    assert unseal(bytes(SealedBallot.objects.get().sealed), (first, second), sheet.context)
