"""What somebody with the database and the published keys writes into a box is not taken for the portal's."""

from importlib import import_module

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.apps import apps
from django.db import connection

from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.files import write_once
from panels.domain.log import leaf_hash
from panels.domain.marks import MARK_BYTES
from panels.domain.sealing import seal
from panels.errors import BallotRefusedError, PanelError
from panels.keys import PORTAL_KEY_FILE
from panels.models import LeafQueue, RollEntry, Round, SealedBallot, SetAside
from panels.selectors import changed_ballots_count
from panels.services import (
    cast_ballot,
    enrol,
    name_opening_set,
    open_box,
    publish_result,
    rules_sheet,
    unexplained_entries,
    withdraw_ballot,
)
from panels.services.casting import plain_ballot
from tests.unit.panels.builders import World

pytestmark = pytest.mark.django_db


def closed(world: World, round: Round) -> Round:
    world.close(round)
    return round


def stuffed(round: Round, voter: User, choice: str) -> SealedBallot:
    """As somebody with the database and the published keys would: a ballot of somebody who did not vote, listed."""
    sheet = rules_sheet(round)
    sealed = seal(plain_ballot(sheet, [choice]), sheet.keepers, sheet.context)
    LeafQueue.objects.create(round=round, leaf=leaf_hash(sealed))
    entry = RollEntry.objects.get(round=round, user=voter)
    return SealedBallot.objects.create(
        roll_entry=entry, sealed=sealed, leaf=leaf_hash(sealed), version=1, mark=bytes(MARK_BYTES)
    )


def test_a_ballot_put_in_for_somebody_who_did_not_vote_is_set_aside_though_it_is_listed(world, voting):
    enrol(by=world.residents[0], round=voting)
    enrol(by=world.residents[1], round=voting)
    cast_ballot(by=world.residents[1], round=voting, choices=["2"], seen_version=0)
    stuffed(voting, world.residents[0], "1")
    round = open_box(by=world.chair, round=closed(world, voting), keys=world.keys)

    assert (round.opening.counted_count, changed_ballots_count(round), unexplained_entries(round)) == (1, 1, 0)
    letter = OutgoingMessage.objects.get(to=world.residents[0].email, subject__startswith="A ballot was changed")
    assert "was not put there by this site" in letter.body


def test_a_ballot_taken_out_with_the_database_is_not_said_to_be_withdrawn(world, voting):
    for voter in world.residents[:2]:
        enrol(by=voter, round=voting)
        cast_ballot(by=voter, round=voting, choices=["1"], seen_version=0)
    SealedBallot.objects.of(voting).filter(roll_entry__user=world.residents[0]).update(
        state="withdrawn", sealed=None, leaf=None
    )
    round = open_box(by=world.chair, round=closed(world, voting), keys=world.keys)
    sums = round.reconciliations.get()

    assert (sums.opened_count, sums.set_aside_count, sums.withdrawn_count) == (1, 1, 0)
    assert changed_ballots_count(round) == 1
    assert unexplained_entries(round) == 0


def test_one_voter_s_ballot_is_no_ballot_of_another(world, voting):
    """Somebody swaps the ballots of two voters, marks and all: for instance of one whose ballot stays closed."""
    for voter, choice in zip(world.residents[:2], ("1", "2"), strict=True):
        enrol(by=voter, round=voting)
        cast_ballot(by=voter, round=voting, choices=[choice], seen_version=0)
    one, other = SealedBallot.objects.of(voting).order_by("pk")
    SealedBallot.objects.filter(pk=other.pk).delete()
    fields = {"sealed": other.sealed, "leaf": other.leaf, "mark": other.mark}
    SealedBallot.objects.filter(pk=one.pk).update(**fields)
    SealedBallot.objects.create(
        pk=other.pk, sealed=one.sealed, leaf=one.leaf, mark=one.mark, version=1, state=one.state
    )
    round = open_box(by=world.chair, round=closed(world, voting), keys=world.keys)

    assert changed_ballots_count(round) == 2
    assert round.opening.counted_count == 0


def test_a_replaced_ballot_that_is_put_back_is_not_counted(world, voting):
    """Somebody kept a copy of a row and puts it back once its voter has replaced the ballot: it is one too few."""
    voter = world.residents[0]
    enrol(by=voter, round=voting)
    cast_ballot(by=voter, round=voting, choices=["1"], seen_version=0)
    kept = SealedBallot.objects.of(voting).values("sealed", "leaf", "mark", "version").get()
    cast_ballot(by=voter, round=voting, choices=["2"], seen_version=1)
    SealedBallot.objects.of(voting).update(**kept)
    round = open_box(by=world.chair, round=closed(world, voting), keys=world.keys)

    assert unexplained_entries(round) == 1
    with pytest.raises(PanelError, match="do not add up"):
        publish_result(by=world.chair, round=round)


def test_a_host_with_another_key_sets_nothing_aside(world, box, settings, tmp_path):
    """To it every mark in the box would be somebody else's."""
    settings.KEYS_DIR = tmp_path
    write_once(tmp_path / PORTAL_KEY_FILE, Ed25519PrivateKey.generate().private_bytes_raw())
    with pytest.raises(BallotRefusedError, match="not those that were signed"):
        name_opening_set(by=world.chair, round=box)
    assert not SetAside.objects.exists()


def test_a_host_with_another_key_takes_no_ballot_out(world, voting, settings, tmp_path):
    enrol(by=world.residents[0], round=voting)
    cast_ballot(by=world.residents[0], round=voting, choices=["1"], seen_version=0)
    settings.KEYS_DIR = tmp_path
    write_once(tmp_path / PORTAL_KEY_FILE, Ed25519PrivateKey.generate().private_bytes_raw())
    with pytest.raises(BallotRefusedError, match="not those that were signed"):
        withdraw_ballot(by=world.residents[0], round=voting, seen_version=1)
    assert SealedBallot.objects.in_box().count() == 1


def test_what_stood_in_a_box_before_there_were_marks_is_marked_by_the_migration(world, voting):
    for voter in world.residents[:3]:
        enrol(by=voter, round=voting)
        cast_ballot(by=voter, round=voting, choices=["1"], seen_version=0)
    withdraw_ballot(by=world.residents[0], round=voting, seen_version=1)
    SealedBallot.objects.update(mark=b"")
    migration = import_module("panels.migrations.0042_marks_of_ballots")
    with connection.schema_editor() as editor:
        migration.mark_what_stands(apps, editor)
    round = open_box(by=world.chair, round=closed(world, voting), keys=world.keys)

    assert (round.opening.counted_count, changed_ballots_count(round), unexplained_entries(round)) == (2, 0, 0)
