"""Showing where one lives and the voters' list, raced with real threads and connections."""

from functools import partial
from queue import Queue
from threading import Event

import pytest
from django.db import transaction

from cwf_portal.core.errors import DomainError
from panels.errors import ResidenceError, TakenError
from panels.models import Correction, FirstVote, MatchVerdict, Residence, RollEntry, Round, SealedBallot, SetAside
from panels.services import (
    SeenOnPaper,
    answer_first_vote,
    ask_for_correction,
    ask_for_letter,
    cast_ballot,
    change_residence,
    check_document,
    declare_residence,
    enrol,
    enter_code,
    judge_correction,
    judge_match,
    judge_place,
    name_opening_set,
    vote_first,
    vouch_for_residence,
)
from tests.unit.grants.services.waiting import own_pid, until_it_waits
from tests.unit.panels.builders import World, person, taken_up, tell_voting
from tests.unit.panels.services.test_first_votes import voter
from tests.unit.panels.services.test_places import give_postcode
from tests.unit.panels.services.test_races import at_once
from tests.unit.panels.services.test_residence import details
from tests.unit.panels.services.test_roll_check import shown, vote
from tests.unit.panels.services.test_routes import card_codes, posted_code


@pytest.fixture
def world(request, committed_beginning) -> World:
    """With one resident, committed for every connection to see; its `round` too, where the test asks for one."""
    is_voting = "round" in request.fixturenames
    tell = partial(tell_voting if is_voting else World, residents=1)
    return taken_up(committed_beginning("lonely_voting" if is_voting else "lonely", tell))


@pytest.fixture
def round(world) -> Round:
    """In which they can vote now."""
    return world.told


def test_judges_at_once_settle_it_once(world):
    """Without the lock of the residence neither of two sees the other, and it stays open."""
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


def test_one_card_at_once_for_many_shows_one_of_them(world):
    """Without the lock of the card each of them finds it unused."""
    homes = homes_of(world, 6)
    code = card_codes(world)[0]
    done = at_once([partial(enter_code, by=home.user, typed=code) for home in homes])
    assert sum(isinstance(one, ResidenceError) for one in done) == 5
    assert Residence.objects.filter(proved_by="card").count() == 1


def test_guesses_at_once_are_counted_each(world):
    """Eight guesses on eight connections are five, and then the right code does not help either."""
    home = homes_of(world, 1)[0]
    code = posted_code(world, home)
    at_once([partial(enter_code, by=home.user, typed=f"AAAA-AAA{digit}") for digit in range(8)])
    assert Residence.objects.get(pk=home.pk).wrong_codes == 5
    with pytest.raises(ResidenceError, match="5 wrong codes"):
        enter_code(by=home.user, typed=code)


def test_letters_asked_for_at_once_are_one(world):
    home = homes_of(world, 1)[0]
    letters = at_once([partial(ask_for_letter, by=home.user, address="1 New Road")] * 6)
    assert {getattr(letter, "pk", letter) for letter in letters} == {home.letters.get().pk}


def test_voting_first_while_it_is_being_shown_is_one_entry_and_certain(world, round):
    """Whoever shows it has looked for pending entries and not ended yet; without the lock of the residence a pending
    entry slips in between that nobody ever makes certain."""
    home = homes_of(world, 1)[0]
    vouch_for_residence(by=world.members[0], residence=home)
    looked, entered = Event(), Event()

    def show() -> None:
        with transaction.atomic():
            vouch_for_residence(by=world.members[1], residence=home)
            looked.set()
            entered.wait(timeout=1)

    def enter() -> None:
        looked.wait(timeout=30)
        enrol(by=home.user, round=round)
        entered.set()

    at_once([show, enter])
    entry = RollEntry.objects.get(round=round, user=home.user)
    assert not entry.is_pending or hasattr(entry, "verification")


def test_entry_made_before_it_is_shown_becomes_certain(world, round):
    """The other way round: the pending entry is not committed yet when the second person confirms."""
    home = homes_of(world, 1)[0]
    vouch_for_residence(by=world.members[0], residence=home)
    entered, shown_by_two = Event(), Event()

    def enter() -> None:
        with transaction.atomic():
            enrol(by=home.user, round=round)
            entered.set()
            shown_by_two.wait(timeout=1)

    def show() -> None:
        entered.wait(timeout=30)
        vouch_for_residence(by=world.members[1], residence=home)
        shown_by_two.set()

    at_once([enter, show])
    entry = RollEntry.objects.get(round=round, user=home.user)
    assert entry.is_pending
    assert hasattr(entry, "verification")


def test_first_votes_at_once_are_one_ballot_each_and_one_of_those_who_say_the_same_shows_it(world, round):
    """The same form six times is one ballot; with two more addresses, of which all say at once that it is they, there
    are three entries that wait, and of three officers who see a document at once one makes one of them certain."""
    give_postcode(world)
    same = [partial(vote_first, voter=voter(), round=round, choices=["1"])] * 6
    other = [partial(vote_first, voter=voter(email=f"{n}@example.org"), round=round, choices=["2"]) for n in range(2)]
    done = at_once([*same, *other])
    assert (RollEntry.objects.filter(is_pending=True).count(), SealedBallot.objects.count()) == (3, 3)
    assert len({one.leaf for one in done if hasattr(one, "leaf")}) == 3
    sent = FirstVote.objects.select_related("account")
    done = at_once([partial(answer_first_vote, by=one.account, first_vote=one, is_mine=True) for one in sent] * 2)
    assert not [one for one in done if isinstance(one, Exception)]
    assert SealedBallot.objects.filter(roll_entry__first_vote=None).count() == 3
    homes = list(Residence.objects.filter(user__first_votes__isnull=False))
    assert len({home.person_hmac for home in homes}) == 1
    assert RollEntry.objects.filter(user__residence__in=homes).values("person_hmac").distinct().count() == 3
    see = partial(check_document, by=world.officer, kind="bill", is_enough=True)
    done = at_once([partial(see, residence=home) for home in homes])
    assert sum(isinstance(one, TakenError) for one in done) == 2
    assert RollEntry.objects.filter(verification__isnull=False).count() == 1


def test_own_ballot_and_one_taken_over_at_once_are_one(world, round):
    """Whichever is first, one ballot stands at the person's entry, and the other stays at its own."""
    vote_first(voter=voter(), round=round, choices=["1"])
    sent = FirstVote.objects.select_related("account").get()
    declare_residence(by=sent.account, neighbourhood=world.place, details=voter().details)
    entry = enrol(by=sent.account, round=round)
    cast = partial(cast_ballot, by=sent.account, round=round, choices=["2"], seen_version=0)
    at_once([cast, partial(answer_first_vote, by=sent.account, first_vote=sent, is_mine=True)])
    assert SealedBallot.objects.filter(roll_entry=entry).count() == 1


def test_pair_is_settled_by_two_and_never_both_ways(world, round):
    """One says two people, one says one person, and two more judge at once: without the lock of the round each of them
    settles it, one this way and one the other."""
    give_postcode(world)
    people = [shown(world, name, address=f"{n} Road") for n, name in enumerate(("Ada Hill", "Ada Jane Hill"))]
    pair = tuple(vote(who, round) for who in people)
    for judge, is_same in ((world.members[1], False), (world.members[2], True)):
        judge_match(by=judge, entries=pair, is_same=is_same, reason="I asked them.")
    written, other_is_through = Event(), Event()

    def settle() -> None:
        with transaction.atomic():
            judge_match(by=world.officer, entries=pair, is_same=True, reason="I asked them.")
            written.set()
            other_is_through.wait(timeout=1)

    def settle_otherwise() -> None:
        written.wait(timeout=30)
        judge_match(by=world.keepers[2], entries=pair, is_same=False, reason="I asked them.")
        other_is_through.set()

    at_once([settle, settle_otherwise])
    world.close(round)
    named = name_opening_set(by=world.chair, round=round)
    assert MatchVerdict.objects.count() == 3
    assert (named.count, list(SetAside.objects.values_list("roll_entry", flat=True))) == (1, [pair[1].pk])


def right_paper() -> SeenOnPaper:
    return SeenOnPaper(details().born_on, details().address)


def homes_to_correct(world: World, number: int) -> list[Correction]:
    """As many people with accounts of their own who say that they are one and the same person; one has said yes."""
    right = details(full_name="Ada Right")
    asked = [
        ask_for_correction(by=home.user, neighbourhood=world.place, details=right, why="Mistyped.")
        for home in homes_of(world, number)
    ]
    return [
        judge_correction(
            by=world.members[0], correction=correction, is_right=True, how="I met her.", seen=right_paper()
        )
        for correction in asked
    ]


def test_corrections_to_the_same_person_at_once_are_one(world):
    """The unique index of who has shown it decides, not who looked first."""
    asked = homes_to_correct(world, 4)
    say = partial(judge_correction, by=world.officer, is_right=True, how="I saw it.", seen=right_paper())
    done = at_once([partial(say, correction=correction) for correction in asked])
    assert sum(isinstance(one, TakenError) for one in done) == 3
    assert Correction.objects.done().count() == 1
    assert Residence.objects.filter(proved_by="corrected").count() == 1


def test_two_who_say_yes_at_once_correct_it_once(world):
    """Without the locks of account and residence both are the first, or both the second."""
    homes = homes_of(world, 4)
    for number, home in enumerate(homes):
        right = details(full_name=f"Ada Right {number}")
        correction = ask_for_correction(by=home.user, neighbourhood=world.place, details=right, why="Mistyped.")
        say = partial(judge_correction, correction=correction, is_right=True, how="I met her.", seen=right_paper())
        at_once([partial(say, by=by) for by in (world.officer, world.members[0], world.officer, world.members[0])])
    assert Correction.objects.done().count() == 4


def test_who_shows_what_another_gives_up_at_this_moment_waits_for_it_and_is_refused(world):
    """They wait at the unique index of what is shown; looked at before it, the correction would not be seen."""
    own, other = homes_of(world, 1)[0], homes_of(world, 1)[0]
    see = partial(check_document, by=world.officer, kind="bill", is_enough=True)
    see(residence=own)
    right = details(full_name="Ada Right")
    correction = ask_for_correction(by=own.user, neighbourhood=world.place, details=right, why="Mistyped.")
    judge_correction(by=world.members[0], correction=correction, is_right=True, how="I met her.", seen=right_paper())
    corrected = Event()
    pids: Queue[int] = Queue()

    def correct() -> None:
        with transaction.atomic():
            judge_correction(
                by=world.officer, correction=correction, is_right=True, how="I saw it.", seen=right_paper()
            )
            corrected.set()
            assert until_it_waits(pids.get(timeout=60))

    def show() -> object:
        pids.put(own_pid())
        corrected.wait(timeout=60)
        return see(residence=other)

    done = at_once([correct, show])
    assert isinstance(done[1], TakenError)
    assert list(Residence.objects.exclude(proved_by="").filter(pk__in=[own.pk, other.pk])) == [own]


@pytest.mark.parametrize("is_first", ["enter", "move"])
def test_who_moves_while_both_places_vote_is_on_the_list_of_one(world, is_first):
    """One begins to vote where they said that they live, and says at the same moment that it is the other place: the
    lock of the residence lets the second of the two see the first."""
    there = World(residents=1)
    rounds = [world.open_round(), there.open_round()]
    home = homes_of(world, 1)[0]
    held, other_is_through = Event(), Event()

    def enter() -> object:
        entry = enrol(by=home.user, round=rounds[0])
        return cast_ballot(by=home.user, round=rounds[0], choices=["1"], seen_version=0) and entry

    def move() -> object:
        return change_residence(by=home.user, neighbourhood=there.place, details=details(full_name="Ada Moved"))

    def first() -> None:
        with transaction.atomic():
            (enter if is_first == "enter" else move)()
            held.set()
            other_is_through.wait(timeout=1)

    def second() -> None:
        held.wait(timeout=30)
        try:
            (move if is_first == "enter" else enter)()
        finally:
            other_is_through.set()

    at_once([first, second])
    for round in rounds:  # whatever came of it, they try both once more
        try:
            enrol(by=home.user, round=round)
        except DomainError:
            continue
    assert RollEntry.objects.filter(user=home.user).count() == 1
