import itertools
from calendar import isleap
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.utils.timezone import localdate

from cwf_portal.core.clock import advance_clock, core_now
from panels.domain.log import check_promise
from panels.domain.opening import OpeningRequest
from panels.errors import BallotRefusedError, NotOnRollError, PhaseError
from panels.keys import portal_key
from panels.models import LeafQueue, RollEntry, Round, SealedBallot
from panels.selectors import open_votes_for
from panels.services import cast_ballot, enrol, freeze_round, receipt_for
from panels.services.enrolling import enrol_everybody
from tests.unit.panels.builders import World, moves_in, person
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


def test_cast_ballot_puts_one_sealed_ballot_into_the_box_and_queues_its_leaf(world, round):
    receipt = cast_ballot(by=world.residents[0], round=round, choices=["1", "3"], seen_version=0)
    ballot = SealedBallot.objects.get()

    assert (ballot.version, bytes(ballot.leaf)) == (1, receipt.leaf)
    assert bytes(LeafQueue.objects.get().leaf) == receipt.leaf
    assert len(receipt.code) == 19
    check_promise(receipt.promise, portal_key().public_key(), round_id=round.code.bytes, leaf=receipt.leaf)


def test_cast_ballot_sent_twice_gives_the_first_receipt(world, round):
    voter = world.residents[0]
    first = cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    again = cast_ballot(by=voter, round=round, choices=["2"], seen_version=0)

    assert (again.leaf, again.version, again.was_replayed) == (first.leaf, 1, True)
    assert LeafQueue.objects.count() == 1


def test_cast_ballot_leaves_its_time_limit_to_nobody(world, round):
    with connection.cursor() as cursor:
        cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)
        cursor.execute("SHOW transaction_timeout")
        assert cursor.fetchone() == ("0",)


def test_cast_ballot_replaces_the_ballot_the_voter_saw(world, round):
    voter = world.residents[0]
    first = cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    second = cast_ballot(by=voter, round=round, choices=["2"], seen_version=first.version)

    assert second.version == 2
    assert receipt_for(user=voter, round=round) == second
    assert LeafQueue.objects.count() == 2


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ([], "You have not chosen a project. Choose one or more."),
        (["1", "2", "3"], "You chose 3 projects; you can choose up to 2."),
        (["1", "1"], "A project was chosen twice."),
        (["99"], "A project you chose is not part of this vote."),
        (["1'; DROP TABLE"], "A project you chose is not part of this vote."),
    ],
)
def test_cast_ballot_refuses_what_is_no_ballot_and_stores_nothing(world, round, choices, sentence):
    with pytest.raises(BallotRefusedError, match=sentence):
        cast_ballot(by=world.residents[0], round=round, choices=choices, seen_version=0)

    assert not SealedBallot.objects.exists()


def test_cast_ballot_before_opening_and_after_close_is_refused_by_the_clock_of_record(world, shaped):
    round = freeze_round(by=world.chair, round=shaped)
    voter = world.residents[0]
    enrol(by=voter, round=round)
    with pytest.raises(PhaseError, match="has not begun yet. Nothing was stored"):
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    advance_clock(to=round.voting_closes_at - timedelta(seconds=5))
    cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    advance_clock(to=round.voting_closes_at)
    with pytest.raises(PhaseError, match="has closed. Nothing was stored"):
        cast_ballot(by=voter, round=round, choices=["2"], seen_version=1)

    assert SealedBallot.objects.get().version == 1


def test_cast_ballot_of_somebody_not_on_the_list_is_refused(world, round):
    with pytest.raises(NotOnRollError, match="not on the voters' list"):
        cast_ballot(by=person(), round=round, choices=["1"], seen_version=0)


def test_cast_ballot_in_a_round_of_another_place_is_refused(world, round):
    stranger = World().residents[0]
    with pytest.raises(NotOnRollError):
        cast_ballot(by=stranger, round=round, choices=["1"], seen_version=0)
    with pytest.raises(NotOnRollError, match="people who live in another place"):
        enrol(by=stranger, round=round)


def test_cast_ballot_with_rules_the_portal_did_not_sign_is_refused(world, round):
    """An administrator swaps a keeper's key in the database: the trigger is one guard, the signature the other."""
    round.rules = bytes(round.rules).replace(b'"keepers":["04', b'"keepers":["05')
    with pytest.raises(BallotRefusedError, match="not those that were signed"):
        cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)


def test_cast_ballot_before_anything_is_frozen_is_refused(world, shaped):
    with pytest.raises(PhaseError, match="still being prepared"):
        cast_ballot(by=world.residents[0], round=shaped, choices=["1"], seen_version=0)


def test_enrol_twice_gives_one_entry(world, shaped):
    voter = world.residents[0]

    assert enrol(by=voter, round=shaped) == enrol(by=voter, round=shaped)
    assert RollEntry.objects.filter(round=shaped).count() == 1


def test_freeze_puts_everybody_of_age_on_the_list_once(world, shaped):
    young = moves_in(person(), with_=world.residents[0], of_age_on=date(2999, 1, 1))
    freeze_round(by=world.chair, round=shaped)

    assert set(RollEntry.objects.filter(round=shaped).values_list("user", "is_pending")) == {
        (resident.pk, False) for resident in world.residents
    }
    assert enrol_everybody(shaped) == 0
    with pytest.raises(NotOnRollError, match="from your 16th birthday"):
        enrol(by=young, round=shaped)


def test_a_vote_has_its_own_lowest_age(world):
    today = localdate(core_now())
    was_16 = [today.replace(year=today.year - years, day=min(today.day, 28)) for years in (1, 2)]
    young, grown_up = [moves_in(person(), with_=world.residents[0], of_age_on=day) for day in was_16]
    round = freeze_round(by=world.chair, round=world.shaped_round(minimum_age=18))
    advance_clock(to=round.voting_opens_at)

    assert set(RollEntry.objects.filter(round=round).values_list("user", flat=True)) == {
        resident.pk for resident in [*world.residents, grown_up]
    }
    with pytest.raises(NotOnRollError, match="You can vote here from your 18th birthday"):
        enrol(by=young, round=round)
    page = text_of(signed_in(young).get(f"/rounds/{round.pk}/vote/"))
    assert "You can vote here from your 18th birthday." in page
    assert "Start voting" not in page
    assert open_votes_for(young, core_now()) == []
    assert [vote.round for vote in open_votes_for(grown_up, core_now())] == [round]


def test_whoever_was_born_on_29_february_may_vote_from_1_march(world):
    """The list counts years as everything else here does: in a common year there is one day between."""
    now = core_now()
    year = next(year for year in itertools.count(now.year + 1) if not isleap(year))
    in_16 = next(years for years in itertools.count(1) if isleap(year + years))  # until both are or would be 16
    advance_clock(to=datetime(year, 2, 26, 12, tzinfo=UTC))
    last, first = [
        moves_in(person(), with_=world.residents[0], of_age_on=date(year + in_16, 2, day)) for day in (29, 28)
    ]
    round = freeze_round(by=world.chair, round=world.shaped_round(minimum_age=16 - in_16))

    assert set(RollEntry.objects.filter(round=round).values_list("user", flat=True)) == {
        resident.pk for resident in [*world.residents, first]
    }
    advance_clock(to=datetime(year, 3, 1, 12, tzinfo=UTC))
    assert enrol(by=last, round=round).user_id == last.pk


def test_enrol_needs_to_know_where_somebody_lives(world, shaped):
    with pytest.raises(NotOnRollError, match="not told us yet where you live"):
        enrol(by=person(), round=shaped)


def test_enrol_after_close_is_refused(world, round):
    world.close(round)
    with pytest.raises(PhaseError, match="has closed"):
        enrol(by=world.residents[0], round=round)


def test_nothing_stored_beside_a_person_is_readable_without_two_keys(world, round):
    """Two voters with opposite choices: lengths are equal and neither text nor marks occur in what is stored."""
    for voter, choice in zip(world.residents, ("1", "2"), strict=False):
        cast_ballot(by=voter, round=round, choices=[choice], seen_version=0)
    boxes = [bytes(ballot.sealed) for ballot in SealedBallot.objects.all()]

    assert len({len(box) for box in boxes}) == 1
    assert all(bytes([1, 1, 0, 3]) not in box for box in boxes)
    fields = {field.name for field in SealedBallot._meta.fields}
    assert fields == {"roll_entry", "sealed", "leaf", "version", "state", "mark"}
    assert {field.name for field in LeafQueue._meta.fields} == {"leaf", "round"}


def test_the_opener_is_told_nothing_of_voters():
    told = set(OpeningRequest.__dataclass_fields__)

    assert told == {"round_id", "rules_hash", "ballot", "keepers", "keys", "sealed"}
    assert Round._meta.get_field("code").unique
