"""One person with every account, name and way of voting there is, all at once: one vote, with real connections."""

from datetime import timedelta
from functools import partial

import pytest

from cwf_portal.core.clock import advance_clock
from cwf_portal.core.models import User
from panels.models import FirstVote, RollEntry, Round, SealedBallot
from panels.services import (
    cast_ballot,
    declare_residence,
    enrol,
    enter_at_table,
    issue_envelope,
    open_box,
    print_labels,
    receive_envelope,
    vote_first,
    vouch_for_residence,
)
from tests.unit.panels.builders import World, person, taken_up, with_its_key
from tests.unit.panels.services.test_correcting import asked, corrected
from tests.unit.panels.services.test_first_votes import voter
from tests.unit.panels.services.test_places import KNOWN, details, give_postcode
from tests.unit.panels.services.test_races import at_once

OLD, NEW = "Old Name", "New Name"


def tell_corrected_in_a_small_pot() -> World:
    """Somebody who was Old Name has shown it, and is New Name by a correction; voting is open, saying so is enough."""
    world = World(budget_pence=10_000_00)
    give_postcode(world)
    home = declare_residence(by=person(), details=details(full_name=OLD, postcode=KNOWN))
    for by in world.members[2:4]:
        vouch_for_residence(by=by, residence=home)
    corrected(world, asked(world, home.user, full_name=NEW))
    world.residents = [User.objects.get(pk=home.user_id), *world.residents]
    world.told = world.open_round()
    return with_its_key(world)


@pytest.fixture
def world(committed_beginning) -> World:
    return taken_up(committed_beginning("corrected_small", tell_corrected_in_a_small_pot))


def votes(by: User, round: Round) -> object:
    enrol(by=by, round=round)
    return cast_ballot(by=by, round=round, choices=["1"], seen_version=0)


def votes_on_paper(world: World, round: Round, serial: str, name: str) -> object:
    entry = enter_at_table(by=world.chair, round=round, details=details(full_name=name, postcode=KNOWN))
    issue_envelope(by=world.members[2], round=round, serial=serial, entry=entry)
    return receive_envelope(by=world.officer, round=round, serial=serial)


def test_one_person_with_two_names_and_three_accounts_on_paper_and_here_at_once_has_one_vote(world):
    """Their account, another under the name they gave up, both names at a table, and one by e-mail."""
    round, own, other = world.told, world.residents[0], person()
    declare_residence(by=other, details=details(full_name=OLD, postcode=KNOWN))
    serials = [label.serial for label in print_labels(by=world.chair, round=round, count=2)]
    at_once(
        [
            partial(votes, own, round),
            partial(votes, other, round),
            partial(votes, own, round),
            partial(votes, other, round),
            partial(votes_on_paper, world, round, serials[0], OLD),
            partial(votes_on_paper, world, round, serials[1], NEW),
            partial(vote_first, voter=voter(details=details(full_name=OLD)), round=round, choices=["1"]),
        ]
    )
    certain = RollEntry.objects.filter(round=round, is_pending=False, user__in=[own, other])
    assert [entry.user for entry in certain] == [own]
    assert RollEntry.objects.filter(round=round, is_pending=True).count() == 2  # the other account's and the e-mail's
    assert FirstVote.objects.get().roll_entry.is_pending
    standing = SealedBallot.objects.standing().filter(roll_entry=certain.get())
    assert standing.count() == 1
    if standing.get().state == SealedBallot.State.ON_PAPER:
        return  # the envelope waits for nine others, and nothing of theirs is in the box
    advance_clock(to=round.show_by + timedelta(seconds=60))
    open_box(by=world.chair, round=round, keys=world.keys)
    assert round.opening.counted_count == 1
