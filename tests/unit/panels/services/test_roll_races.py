"""Showing where one lives and the voters' list, raced with real threads and connections."""

from functools import partial

import pytest

from cwf_portal.core.models import User
from panels.errors import ResidenceError
from panels.models import OpeningSet, Residence, RollEntry, SealedBallot, SetAside
from panels.services import (
    ask_for_letter,
    declare_residence,
    enrol,
    enter_code,
    judge_match,
    judge_place,
    name_opening_set,
    vote_first,
    vouch_for_residence,
)
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_first_votes import voter
from tests.unit.panels.services.test_places import give_postcode
from tests.unit.panels.services.test_races import at_once
from tests.unit.panels.services.test_residence import details
from tests.unit.panels.services.test_roll_check import shown, vote
from tests.unit.panels.services.test_routes import card_codes, posted_code


def test_judges_at_once_settle_it_once(committed_db):
    """Without the lock of the residence neither of two sees the other, and it stays open."""
    world = World(residents=1)
    homes = [
        declare_residence(by=person(), neighbourhood=world.place, details=details(address=f"{number} New Road"))
        for number in range(4)
    ]
    for home in homes:
        tasks = [
            partial(judge_place, by=judge, question=home.place_question, neighbourhood=world.place, reason="I know it.")
            for judge in world.members[:2]
        ]
        at_once(tasks)
    assert set(Residence.objects.filter(pk__in=[home.pk for home in homes]).values_list("placed_by", flat=True)) == {
        "people"
    }


def homes_of(world: World, number: int) -> list[Residence]:
    return [
        declare_residence(by=person(), neighbourhood=world.place, details=details(full_name=f"Newcomer {one}"))
        for one in range(number)
    ]


def test_one_card_at_once_for_many_shows_one_of_them(committed_db):
    """Without the lock of the card each of them finds it unused."""
    world = World(residents=1)
    homes = homes_of(world, 6)
    code = card_codes(world)[0]
    done = at_once([partial(enter_code, by=home.user, typed=code) for home in homes])
    assert sum(isinstance(one, ResidenceError) for one in done) == 5
    assert Residence.objects.filter(proved_by="card").count() == 1


def test_guesses_at_once_are_counted_each(committed_db):
    """Eight guesses on eight connections are five, and then the right code does not help either."""
    world = World(residents=1)
    home = homes_of(world, 1)[0]
    code = posted_code(world, home)
    at_once([partial(enter_code, by=home.user, typed=f"AAAA-AAA{digit}") for digit in range(8)])
    assert Residence.objects.get(pk=home.pk).wrong_codes == 5
    with pytest.raises(ResidenceError, match="5 wrong codes"):
        enter_code(by=home.user, typed=code)


def test_letters_asked_for_at_once_are_one(committed_db):
    world = World(residents=1)
    home = homes_of(world, 1)[0]
    letters = at_once([partial(ask_for_letter, by=home.user, address="1 New Road")] * 6)
    assert {getattr(letter, "pk", letter) for letter in letters} == {home.letters.get().pk}


def test_voting_first_and_showing_it_at_once_is_one_entry_and_certain(committed_db):
    """Without the lock of the residence an entry is made pending after everybody looked for pending ones."""
    world = World(residents=1)
    round = world.open_round()
    homes = homes_of(world, 12)
    for home in homes:
        vouch_for_residence(by=world.members[0], residence=home)
    for home in homes:
        at_once(
            [
                partial(vouch_for_residence, by=world.members[1], residence=home),
                partial(enrol, by=home.user, round=round),
                partial(enrol, by=home.user, round=round),
            ]
        )
    entries = RollEntry.objects.filter(round=round, user__in=[home.user for home in homes])
    assert entries.count() == len(homes)
    assert not entries.filter(is_pending=True, verification=None).exists()


def test_first_votes_at_once_are_one_person_and_one_ballot(committed_db):
    """The same form six times, and the same person with another address: one entry, one ballot, one receipt."""
    world = World(residents=1)
    round = world.open_round()
    same = [partial(vote_first, voter=voter(), round=round, choices=["1"])] * 6
    other = [partial(vote_first, voter=voter(email=f"{n}@example.org"), round=round, choices=["2"]) for n in range(2)]
    done = at_once([*same, *other])
    assert (RollEntry.objects.filter(is_pending=True).count(), SealedBallot.objects.count()) == (1, 1)
    assert User.objects.filter(email__endswith="@example.org").count() == 1
    assert len({one.leaf for one in done if hasattr(one, "leaf")}) == 1


def test_verdicts_and_the_naming_of_the_set_at_once_agree(committed_db):
    """Without the lock of the round a second verdict of "one person" could come after the set was named with both."""
    world = World(residents=1)
    give_postcode(world)
    round = world.open_round()
    people = [shown(world, name, address=f"{n} Road") for n, name in enumerate(("Ada Hill", "Ada Jane Hill"))]
    pair = tuple(vote(who, round) for who in people)
    world.close(round)
    judge_match(by=world.members[1], entries=pair, is_same=False, reason="I asked them.")
    judge_match(by=world.members[2], entries=pair, is_same=True, reason="I asked them.")
    at_once(
        [
            partial(judge_match, by=world.members[3], entries=pair, is_same=True, reason="I asked them."),
            partial(judge_match, by=world.members[4], entries=pair, is_same=True, reason="I asked them."),
            partial(name_opening_set, by=world.chair, round=round),
        ]
    )
    named = name_opening_set(by=world.chair, round=round)
    assert (OpeningSet.objects.count(), named.count) == (1, SealedBallot.objects.of(round).to_open().count())
    assert [aside.roll_entry_id for aside in SetAside.objects.all()] == [pair[1].pk]
