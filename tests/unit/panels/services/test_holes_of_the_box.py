"""What an attacker of the box tries: two keys in one body, a flood of invented people, a ballot that vanishes."""

import sys
from contextlib import suppress
from datetime import date, timedelta
from random import Random

import pytest
from django.db import transaction

from cwf_portal.core.permissions import Role
from cwf_portal.core.services import confirm_role, request_role
from panels.domain.ballot_paper import BallotRules, Kind
from panels.domain.opening import OpeningRequest
from panels.errors import BallotRefusedError, KeeperError, PanelError, PaperError, PhaseError
from panels.models import Round, SealedBallot
from panels.selectors import changed_ballots_count
from panels.selectors.roll import numbers_on_roll
from panels.services import (
    Seat,
    add_member,
    cast_ballot,
    declare_residence,
    end_membership,
    enrol,
    name_opening_set,
    open_box,
    publish_result,
    review_bursts,
    spoil_envelope,
    unexplained_entries,
    withdraw_ballot,
)
from panels.services import opening as services_opening
from panels.services.opening import run_opener
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_paper import entry_of, handed_out
from tests.unit.panels.services.test_places import KNOWN, details, give_postcode

pytestmark = pytest.mark.django_db


def test_two_keys_at_the_fund_open_no_box(world, box):
    """Who keeps the third key joins the fund after the vote was fixed: then the fund has two of the three."""
    asks, confirms = person(Role.ADMINISTRATOR), person(Role.ADMINISTRATOR)
    grant = request_role(by=asks, user=world.keepers[2], role=Role.GRANTS_OFFICER)
    confirm_role(by=confirms, grant=grant)

    with pytest.raises(KeeperError):
        open_box(by=world.chair, round=box, keys=world.keys, keepers=(2, 3))


def test_two_keys_on_the_panel_open_no_box(world, box):
    """Who keeps the third key is seated on the panel after the vote was fixed."""
    end_membership(by=world.officer, membership=world.panel.memberships.get(user=world.members[7]))
    add_member(by=world.officer, panel=world.panel, user=world.keepers[2], seat=Seat(is_resident=False, is_chair=False))

    with pytest.raises(KeeperError):
        open_box(by=world.chair, round=box, keys=world.keys, keepers=(1, 3))


def test_a_keeper_who_has_left_the_panel_still_opens_the_box(world, box):
    end_membership(by=world.officer, membership=world.panel.memberships.get(user=world.keepers[0]))

    assert open_box(by=world.chair, round=box, keys=world.keys).opening.counted_count == 5


def test_an_opener_that_ends_in_the_middle_of_its_answer_says_so_in_words(monkeypatch):
    half = "import sys; sys.stdin.readline(); sys.stdout.write('{\"ballots\": [[0, 2], [1'); sys.stdout.flush()"
    monkeypatch.setattr(services_opening, "OPENER", (sys.executable, "-c", half))
    request = OpeningRequest("00" * 16, "00" * 32, BallotRules(Kind.APPROVAL, 3, 2), (1, 2), ("", ""), [])
    with pytest.raises(PanelError, match="could not be opened; nothing was changed"):
        run_opener(request)


WORDS = ("Oak", "Birch", "Ivy", "Quill", "Marsh", "Flint", "Zephyr", "Juno", "Kestrel", "Dover", "Umber", "Plum")


def flooding(world: World, round: Round, number: int) -> None:
    """A vote of somebody who only says where they live."""
    voter, name = person(), f"{WORDS[number % 12]}{number} {WORDS[number * 7 % 12]}"
    said = {"full_name": name, "born_on": date(1950, 1, 1) + timedelta(days=301 * number)}
    declare_residence(by=voter, details=details(**said, address=f"{number} Low Road", postcode=KNOWN))
    enrol(by=voter, round=round)
    cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)


def test_a_flood_of_people_who_only_said_where_they_live_is_looked_at_before_opening():
    """One person with thirty addresses of email, in a small pot; each at another house, born on another day."""
    world = World(budget_pence=10_000_00)
    give_postcode(world)
    round = world.open_round()
    for number in range(30):
        flooding(world, round, number)
    world.close(round)

    with pytest.raises(PhaseError, match="only said"):
        name_opening_set(by=world.chair, round=round)
    for by in world.members[:2]:
        review_bursts(by=by, round=round, note="They look real.")
    with pytest.raises(PhaseError, match="Two people of different sides"):
        name_opening_set(by=world.chair, round=round)
    review_bursts(by=world.keepers[2], round=round, note="I rang three of them.")
    assert name_opening_set(by=world.chair, round=round).count == 30


def test_ten_who_only_said_where_they_live_are_no_flood():
    world = World(budget_pence=10_000_00)
    give_postcode(world)
    round = world.open_round()
    for number in range(10):
        flooding(world, round, number)
    world.close(round)

    assert len(numbers_on_roll(round).unconfirmed) == 10
    assert name_opening_set(by=world.chair, round=round).count == 10


def test_a_vanished_ballot_is_noticed_though_another_is_said_to_have_been_replaced(world, box):
    """Somebody with the database deletes a ballot that was cast once and adds one to the number of another."""
    SealedBallot.objects.filter(roll_entry__user=world.residents[0]).delete()
    SealedBallot.objects.filter(roll_entry__user=world.residents[1]).update(version=3)
    round = open_box(by=world.chair, round=box, keys=world.keys)

    assert unexplained_entries(round) != 0


def test_a_result_that_does_not_add_up_is_not_published(world, box):
    SealedBallot.objects.filter(roll_entry__user=world.residents[0]).delete()
    round = open_box(by=world.chair, round=box, keys=world.keys)

    with pytest.raises(PanelError):
        publish_result(by=world.chair, round=round)


def lived(world: World, round: Round, seed: int) -> Round:
    """Whatever people do in a vote, thirty steps of it; what is refused changes nothing."""
    random = Random(seed)  # noqa: S311 - a drawn story, no secret
    for _ in range(30):
        voter, version = random.choice(world.residents), random.choice((0, 0, 1, 2))
        step = random.choice(("cast", "cast", "cast", "withdraw", "paper", "spoil"))
        with suppress(BallotRefusedError, PaperError), transaction.atomic():
            if step == "cast":
                choices = random.choice((["1"], ["2"], ["1", "3"]))
                cast_ballot(by=voter, round=round, choices=choices, seen_version=version)
            elif step == "withdraw":
                withdraw_ballot(by=voter, round=round, seen_version=version)
            else:
                envelope = handed_out(world, round, voter)
                if step == "spoil":
                    spoil_envelope(by=world.officer, round=round, serial=envelope.serial, reason="It got wet.")
    world.close(round)
    return round


@pytest.mark.parametrize("seed", range(6))
def test_whatever_people_do_every_entry_of_the_list_is_explained(world, voting, seed):
    round = open_box(by=world.chair, round=lived(world, voting, seed), keys=world.keys)

    assert (unexplained_entries(round), changed_ballots_count(round)) == (0, 0)
    assert round.log.count() > 1


@pytest.mark.parametrize("seed", range(6))
def test_whatever_people_did_a_lost_row_is_noticed(world, voting, seed):
    round = lived(world, voting, seed)
    lost = SealedBallot.objects.of(round).in_box().order_by("pk").first()
    assert lost is not None
    version = lost.version
    lost.delete()
    round = open_box(by=world.chair, round=round, keys=world.keys)

    assert unexplained_entries(round) == version


def test_the_story_of_the_sums_knows_both_ways(world, voting):
    """Else the two above would say little."""
    round = lived(world, voting, 0)
    assert {entry_of(round, voter).round_id for voter in world.residents} == {round.pk}
    assert SealedBallot.objects.of(round).filter(version__gte=2).exists()
