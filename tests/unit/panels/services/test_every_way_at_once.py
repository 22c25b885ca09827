"""One person who tries to have two votes, with every way at the same moment, on real connections."""

from functools import partial
from threading import Event

import pytest
from django.db import transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from neighbourhoods.models import Postcode
from panels.errors import TakenError
from panels.models import Correction, PaperEnvelope, Residence, RollEntry, Round, SealedBallot
from panels.services import (
    Costs,
    SeenOnPaper,
    answer_first_vote,
    ask_for_correction,
    assess_proposal,
    cast_ballot,
    check_document,
    declare_residence,
    enrol,
    enter_at_table,
    freeze_round,
    issue_envelope,
    judge_correction,
    name_opening_set,
    open_batch,
    print_labels,
    receive_envelope,
    vote_first,
)
from tests.unit.panels.builders import DAY, PROJECTS, World, person, taken_up, tell_voting
from tests.unit.panels.services.test_first_votes import voter
from tests.unit.panels.services.test_places import KNOWN, give_postcode
from tests.unit.panels.services.test_races import at_once
from tests.unit.panels.services.test_residence import details

SEES = {"kind": "bill", "is_enough": True}


@pytest.fixture
def world(committed_beginning) -> World:
    """In its round people can vote now."""
    return taken_up(committed_beginning("lonely_voting", partial(tell_voting, residents=1)))


def the_same_by_every_way(world: World, round: Round) -> list[RollEntry]:
    """Two accounts, an email address and a paper at the table, all of whom say that they are Ada: each one's entry."""
    accounts = [person(), person()]
    for account in accounts:
        declare_residence(by=account, details=details(postcode=KNOWN))
    at_once([partial(enrol, by=account, round=round) for account in accounts])
    casts = [partial(cast_ballot, by=account, round=round, choices=["1"], seen_version=0) for account in accounts]
    entered = partial(enter_at_table, by=world.chair, round=round, details=details(postcode=KNOWN))
    by_email = partial(vote_first, voter=voter(), round=round, choices=["2"])
    *_, on_paper, _ = at_once([*casts, entered, by_email])
    label = print_labels(by=world.chair, round=round, count=1)[0]
    issue_envelope(by=world.members[2], round=round, serial=label.serial, entry=on_paper)
    receive_envelope(by=world.officer, round=round, serial=label.serial)
    sent = RollEntry.objects.get(round=round, first_vote__isnull=False).first_vote
    answer_first_vote(by=sent.account, first_vote=sent, is_mine=True)
    return list(RollEntry.objects.filter(round=round, is_pending=True, first_vote=None).order_by("pk"))


def test_one_person_by_web_email_and_paper_is_certain_once_though_shown_four_times_at_once(world):
    """The unique index of who has shown it decides; whatever the others put in stays closed."""
    round = world.told
    give_postcode(world)
    entries = the_same_by_every_way(world, round)
    homes = [Residence.objects.get(user=entry.user_id) for entry in entries]
    assert (len(entries), SealedBallot.objects.in_box().count()) == (4, 3)

    done = at_once([partial(check_document, by=world.officer, residence=home, **SEES) for home in homes])

    assert sum(isinstance(one, TakenError) for one in done) == 3
    certain = RollEntry.objects.filter(pk__in=[entry.pk for entry in entries], verification__isnull=False)
    assert certain.count() == 1
    advance_clock(to=round.show_by + DAY / 24)
    if PaperEnvelope.objects.filter(roll_entry=certain.get()).exists():  # whoever comes first has shown it
        assert open_batch(by=world.chair, round=round).envelopes_count == 1
    else:
        assert name_opening_set(by=world.chair, round=round).count == 1


def two_places_about_to_vote() -> tuple[World, World, list[Round]]:
    """The votes of both can be fixed now."""
    here, there = World(residents=0), World(residents=0)
    rounds = [world.round_for_ideas() for world in (here, there)]
    for world, round in zip((here, there), rounds, strict=True):
        author = world.members[5]
        for title, capital, yearly in PROJECTS:
            costs = Costs(capital_pence=capital, yearly_pence=yearly)
            idea = world.idea(round, title, by=author)
            assess_proposal(by=world.chair, proposal=idea, costs=costs, reason="It can be done.")
        world.keep(round)
    advance_clock(by=2 * DAY)
    return here, there, rounds


def a_move_of_which_one_has_said_yes(here: World, there: World) -> tuple[Residence, partial[Correction]]:
    """Somebody who has shown that they live here and says that it is there now; and what the second judge says."""
    with acting("system:test", "made for a test"):
        for code, world in (("ZA11AA", here), ("ZA22AA", there)):
            Postcode.objects.create(code=code, small_area_code="E01000019", neighbourhood=world.place)
    home = declare_residence(by=person(), details=details(postcode=KNOWN))
    check_document(by=here.officer, residence=home, **SEES)
    moved = details(address="5 Far Lane", postcode="ZA2 2AA")
    correction = ask_for_correction(by=home.user, details=moved, why="I have moved.")
    seen = SeenOnPaper(moved.born_on, moved.address)
    yes = partial(judge_correction, correction=correction, is_right=True, how="I saw a bill.", seen=seen)
    yes(by=here.members[2])
    return home, partial(yes, by=there.officer)


@pytest.mark.parametrize("is_first", ["correct", "fix"])
def test_who_is_moved_by_a_correction_while_both_places_fix_their_votes_is_on_one_list(committed_db, is_first):
    """Whoever fixes a vote and whoever corrects wait for each other, at the round or at the residence: either lock is
    enough for the second to see what the first did. Without both the person is on two lists."""
    here, there, rounds = two_places_about_to_vote()
    home, correct = a_move_of_which_one_has_said_yes(here, there)
    fix = partial(freeze_round, by=here.chair, round=rounds[0])
    held, other_is_through = Event(), Event()

    def first() -> None:
        with transaction.atomic():
            (correct if is_first == "correct" else fix)()
            held.set()
            other_is_through.wait(timeout=1)

    def second() -> None:
        held.wait(timeout=30)
        try:
            (fix if is_first == "correct" else correct)()
        finally:
            other_is_through.set()

    at_once([first, second])
    freeze_round(by=there.chair, round=rounds[1])
    advance_clock(to=max(round.voting_opens_at for round in rounds))
    at_once([partial(enrol, by=home.user, round=round) for round in rounds])

    entry = RollEntry.objects.get(user=home.user)
    is_moved = Correction.objects.get().state == "done"
    assert (is_moved, entry.round) == ((True, rounds[1]) if is_first == "correct" else (False, rounds[0]))
    again = declare_residence(by=person(), details=details(postcode=KNOWN))
    with pytest.raises(TakenError):  # what they showed first stays theirs
        check_document(by=here.officer, residence=again, **SEES)
