from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutboxMessage, OutgoingMessage
from panels.domain.ballot_paper import BallotRules, Kind
from panels.domain.disclosure import Disclosure
from panels.domain.log import Head, leaf_hash, read_checkpoint, tree_hash, verify
from panels.domain.marks import MARK_BYTES
from panels.domain.opening import OpeningRequest, contents_digest
from panels.domain.opening import open_box as open_in_process
from panels.domain.sealing import seal
from panels.domain.tally import Rule
from panels.errors import KeeperError, PanelError, PhaseError
from panels.keys import KeysInMemory, SheetsInFolder, portal_key
from panels.models import (
    BoxOpening,
    CountedBallot,
    LeafQueue,
    LogHead,
    LogLeaf,
    Phase,
    Round,
    SealedBallot,
    SealedPaper,
    SetAside,
)
from panels.services import (
    append_leaves,
    call_for_annulment,
    cast_ballot,
    keepers_to_open_again,
    name_opening_set,
    open_box,
    publish_result,
    read_heads,
    rules_sheet,
    unexplained_entries,
)
from panels.services.casting import plain_ballot
from panels.services.enrolling import enrol_everybody
from panels.services.log import _send
from panels.services.opening import run_opener
from panels.services.rounds import LOG_SETTINGS
from tests.unit.panels.builders import World, person
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


def test_open_box_writes_the_last_ballots_sorted_and_counts_them(world, box):
    round = open_box(by=world.chair, round=box, keys=world.keys)
    contents = list(CountedBallot.objects.filter(round=round).order_by("number").values_list("choices", flat=True))

    assert contents == ["0,1", "0,2", "1", "1,2", "2"]
    assert (round.opening.counted_count, round.opening.invalid_count) == (5, 0)
    assert round.opening.contents_digest == contents_digest([(0, 1), (0, 2), (1,), (1, 2), (2,)])
    assert round.phase_at(core_now()) is Phase.OPENED
    assert not LeafQueue.objects.exists()


def test_open_box_signs_the_set_before_opening(world, box):
    round = open_box(by=world.chair, round=box, keys=world.keys)
    opening = round.opening
    message = b"cwf-opening-v1" + round.code.bytes + (5).to_bytes(8) + bytes(opening.set_hash)

    verify(portal_key().public_key(), message, bytes(opening.set_signature))
    with pytest.raises(ValueError, match="does not fit"):
        verify(portal_key().public_key(), message + b"1", bytes(opening.set_signature))


def test_open_box_twice_opens_it_once(world, box):
    round = box
    open_box(by=world.chair, round=round, keys=world.keys)
    again = open_box(by=world.members[1], round=round, keys=world.keys)

    assert again.opening.opened_by_id == world.chair.pk
    assert BoxOpening.objects.count() == 1


@pytest.mark.parametrize("seconds", [-1, 0, 59])
def test_open_box_is_refused_until_a_minute_after_close(world, round, seconds):
    advance_clock(to=round.voting_closes_at + timedelta(seconds=seconds))
    with pytest.raises(PhaseError):
        open_box(by=world.chair, round=round, keys=world.keys)


def test_open_box_is_refused_where_the_server_would_log_ballots(world, box, monkeypatch):
    round = box
    monkeypatch.setitem(LOG_SETTINGS, "log_statement", "all")
    with pytest.raises(PanelError, match="must set log_statement=all"):
        open_box(by=world.chair, round=round, keys=world.keys)

    assert not BoxOpening.objects.exists()


def test_open_box_is_refused_where_the_server_explains_statements(world, box, monkeypatch):
    round = box
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL local_preload_libraries = 'auto_explain'")
    with pytest.raises(PanelError, match="must take auto_explain out of"):
        open_box(by=world.chair, round=round, keys=world.keys)


def test_open_box_by_somebody_who_is_no_member_is_refused(world, box):
    with pytest.raises(NotAllowedError):
        open_box(by=World().chair, round=box, keys=world.keys)


def test_open_box_with_keys_of_another_round_is_refused(world, box):
    round, others = box, KeysInMemory()
    others.create(round.code)
    with pytest.raises(KeeperError, match="Key 1 is not a key of this vote"):
        open_box(by=world.chair, round=round, keys=others)

    assert not BoxOpening.objects.exists()


def test_open_box_with_one_key_only_is_refused(world, box):
    with pytest.raises(KeeperError, match="same keeper"):
        open_box(by=world.chair, round=box, keys=world.keys, keepers=(2, 2))


@pytest.mark.parametrize("pair", [(1, 2), (1, 3), (3, 2)])
def test_open_box_by_any_two_keepers(world, box, pair):
    round = open_box(by=world.keepers[2], round=box, keys=world.keys, keepers=pair)

    assert round.opening.keepers == ",".join(map(str, sorted(pair)))
    assert (round.opening.counted_count, round.opening.invalid_count) == (5, 0)


def test_open_box_again_is_for_the_same_two_only(world, box):
    round = box
    open_box(by=world.chair, round=round, keys=world.keys)
    with pytest.raises(KeeperError, match="opened with keys 1,2"):
        open_box(by=world.chair, round=round, keys=world.keys, keepers=(1, 3))


def test_open_box_refuses_a_box_that_changed_after_its_set_was_signed(world, box):
    round = box
    name_opening_set(by=world.chair, round=round)
    ballot = SealedBallot.objects.filter(roll_entry__round=round).first()
    put_in_its_place(ballot, forged(round))
    with pytest.raises(PanelError, match="no longer holds the ballots that were signed"):
        open_box(by=world.chair, round=round, keys=world.keys)
    assert not BoxOpening.objects.exists()
    for by in (world.officer, world.chair):
        call_for_annulment(by=by, round=round, reason="Somebody changed what is in the box.")

    assert Round.objects.in_full().get(pk=round.pk).phase_at(core_now()) is Phase.ANNULLED
    with pytest.raises(PhaseError):
        open_box(by=world.chair, round=round, keys=world.keys)


def forged(round: Round) -> bytes:
    """A ballot that nobody cast, sealed as whoever has the rules can seal it."""
    sheet = rules_sheet(round)
    return seal(plain_ballot(sheet, ["3"]), sheet.keepers, sheet.context)


def put_in_its_place(ballot: SealedBallot, sealed: bytes) -> None:
    """As somebody with the database would: with the leaf that fits."""
    SealedBallot.objects.filter(pk=ballot.pk).update(sealed=sealed, leaf=leaf_hash(sealed))


def test_a_ballot_that_is_not_on_the_public_list_is_set_aside_and_everybody_is_told(world, box):
    round = box
    ballot = SealedBallot.objects.filter(roll_entry__round=round).select_related("roll_entry__user").first()
    put_in_its_place(ballot, forged(round))
    round = open_box(by=world.chair, round=round, keys=world.keys)

    assert (round.opening.counted_count, round.opening.invalid_count, round.opening_set.count) == (4, 0, 4)
    assert SetAside.objects.get() == SetAside(roll_entry=ballot.roll_entry)
    assert SetAside.objects.get().reason == "changed"
    assert unexplained_entries(round) == 0
    letters = OutgoingMessage.objects.filter(subject__startswith="A ballot was changed")
    voter = ballot.roll_entry.user
    assert set(letters.values_list("to", flat=True)) == {user.email for user in (voter, *world.members, *world.keepers)}
    assert "was not put there by this site" in letters.get(to=voter.email).body
    publish_result(by=world.chair, round=round)
    result = Client().get(f"/rounds/{round.pk}/result/").content.decode()
    assert "1 ballot in the box was not put there by this site" in result
    receipt = signed_in(voter).get(f"/rounds/{round.pk}/vote/receipt/")
    assert "This is not the ballot you put in" in text_of(receipt)


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_changed_ballot_from_paper_is_named_and_the_vote_can_be_annulled(world, box, is_listed):
    sealed = forged(box)
    SealedPaper.objects.create(round=box, leaf=leaf_hash(sealed), sealed=sealed, mark=bytes(MARK_BYTES))
    if is_listed:
        LeafQueue.objects.create(round=box, leaf=leaf_hash(sealed))
    with pytest.raises(PanelError, match="are not those that two people entered"):
        name_opening_set(by=world.chair, round=box)
    for by in (world.officer, world.chair):
        call_for_annulment(by=by, round=box, reason="Somebody added a paper to the box.")
    assert Round.objects.in_full().get(pk=box.pk).phase_at(core_now()) is Phase.ANNULLED


def test_the_database_takes_no_sealed_bytes_beside_another_leaf(world, box):
    ballot = SealedBallot.objects.filter(roll_entry__round=box).first()
    for change in ({"sealed": forged(box)}, {"leaf": b"\1" * 32}):
        with pytest.raises(DatabaseError, match="panels_sealedballot_leaf_fits"), transaction.atomic():
            SealedBallot.objects.filter(pk=ballot.pk).update(**change)
    with pytest.raises(DatabaseError, match="panels_sealedpaper_leaf_fits"), transaction.atomic():
        SealedPaper.objects.create(round=box, leaf=b"\1" * 32, sealed=forged(box), mark=bytes(MARK_BYTES))


def test_name_opening_set_is_signed_once_and_before_any_key(world, box):
    round = box
    first = name_opening_set(by=world.chair, round=round)
    again = name_opening_set(by=world.keepers[1], round=round)

    assert (first.pk, first.count, again.named_by_id) == (again.pk, 5, world.chair.pk)
    assert not BoxOpening.objects.exists()
    verify(
        portal_key().public_key(),
        b"cwf-opening-v1" + round.code.bytes + (5).to_bytes(8) + bytes(first.hash),
        bytes(first.signature),
    )


@pytest.mark.parametrize(("who", "error"), [("stranger", NotAllowedError), ("chair", PhaseError)])
def test_who_may_not_name_what_to_open_holds_no_vote_up(world, voting, who, error):
    """The lock that waits for ballots on their way lets nobody cast in any vote as long as it is waited for."""
    by = world.chair if who == "chair" else world.residents[0]
    with CaptureQueriesContext(connection) as asked, pytest.raises(error):
        name_opening_set(by=by, round=voting)
    assert not [query for query in asked if "LOCK TABLE" in query["sql"]]

    world.close(voting)
    with CaptureQueriesContext(connection) as asked:
        name_opening_set(by=world.chair, round=voting)
        name_opening_set(by=world.chair, round=voting)
    assert len([query for query in asked if "LOCK TABLE" in query["sql"]]) == 1


def test_who_held_the_vote_before_sees_that_it_was_opened_since(world, box):
    """What became of a vote stands in tables beside it, and an object remembers what it once looked for in vain."""
    held = Round.objects.select_related("panel").get(pk=box.pk)
    name_opening_set(by=world.chair, round=held)
    open_box(by=world.chair, round=held, keys=world.keys)

    assert len(keepers_to_open_again(held)) == 2


def test_open_box_that_fails_halfway_changes_nothing(world, box):
    def failing(request: OpeningRequest):
        raise PanelError("The box could not be opened.")

    round = box
    with pytest.raises(PanelError):
        open_box(by=world.chair, round=round, keys=world.keys, opener=failing)

    assert not BoxOpening.objects.exists()
    assert not CountedBallot.objects.exists()


def test_run_opener_names_no_ballot_when_its_process_fails():
    request = OpeningRequest("00" * 16, "00" * 32, BallotRules(Kind.APPROVAL, 3, 2), (1, 2), ("", ""), [])
    with pytest.raises(PanelError, match="could not be opened; nothing was changed"):
        run_opener(request)


@pytest.mark.parametrize("opener", [run_opener, open_in_process])
def test_open_box_gives_the_same_in_a_process_of_its_own_and_in_this_one(world, box, opener):
    """Other tests have a process that stands by, as the journey has."""
    round = open_box(by=world.chair, round=box, keys=world.keys, opener=opener)

    assert round.opening.counted_count == 5


def test_log_holds_the_rules_and_every_ballot_sorted_under_a_signed_head(world, box):
    round = open_box(by=world.chair, round=box, keys=world.keys)
    leaves = [bytes(leaf) for leaf in LogLeaf.objects.order_by("position").values_list("leaf", flat=True)]
    head = LogHead.objects.latest("size")

    assert leaves[0] == leaf_hash(bytes(round.rules))
    assert leaves[1:] == sorted(leaves[1:])
    assert len(leaves) == 1 + 6  # one voter replaced a ballot; the log keeps both and says nothing of it
    assert read_checkpoint(head.checkpoint, portal_key().public_key()) == Head(
        f"community-wealth-fund/round/{round.code}", 7, tree_hash(leaves)
    )
    assert head.turnout_shown == 5


def test_every_head_goes_to_the_panel_the_keepers_and_whoever_asked_but_not_of_an_invented_vote(world, round):
    fan = person()
    with pytest.raises(PhaseError, match="No heads are published now"):
        read_heads(by=fan, round=world.round_for_ideas(), wants=True)
    for wants in (True, True, False, True):
        read_heads(by=fan, round=round, wants=wants)
    read_heads(by=world.residents[0], round=round, wants=True)
    read_heads(by=world.residents[0], round=round, wants=False)
    OutgoingMessage.objects.all().delete()
    head = publish_head_after(world, round, 10)
    letters = OutgoingMessage.objects.filter(topic="panels.heads")
    readers = {*world.members, *world.keepers, fan}

    assert sorted(letters.values_list("to", flat=True)) == sorted(user.email for user in readers)
    assert all(head.checkpoint in letter.body for letter in letters)
    letters.delete()
    invented = Round.objects.get(pk=round.pk)
    invented.is_sample = True
    head.round = invented
    assert _send(head) == 0
    assert not letters.exists()


def publish_head_after(world: World, round: Round, number: int) -> LogHead:
    """The head over ballots of this many more residents."""
    people = world.more_residents(number)
    enrol_everybody(round)
    for voter in people:
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    head = append_leaves(by="system:log", round=round, at=core_now())
    assert head is not None
    return head


def test_append_leaves_waits_for_ten_while_voting_is_open(world, round):
    voters = world.residents + world.more_residents(4)
    enrol_everybody(round)
    for voter in voters[:9]:
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)

    assert append_leaves(by="system:log", round=round, at=core_now()) is None
    cast_ballot(by=voters[9], round=round, choices=["1"], seen_version=0)
    head = append_leaves(by="system:log", round=round, at=core_now())
    assert (head.size, head.turnout_shown) == (11, 10)


def test_sheets_in_folder_are_private_files_of_the_demo_that_open_the_box(world, settings, tmp_path):
    settings.DEMO, settings.VAR_DIR = True, tmp_path
    world.keys = SheetsInFolder()
    round = open_box(by=world.chair, round=world.box(), keys=world.keys)
    files = sorted((tmp_path / "demo" / "keys" / str(round.code)).iterdir())

    assert [file.name for file in files] == ["keeper-1.txt", "keeper-2.txt", "keeper-3.txt"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert round.opening.counted_count == 5
    assert SheetsInFolder().create(round.code) == SheetsInFolder().create(round.code)


def test_sheets_in_folder_are_refused_outside_the_demo(settings):
    settings.DEMO = False
    with pytest.raises(RuntimeError, match="in the demo only"):
        SheetsInFolder()


@pytest.mark.parametrize("rule", [Rule.GREEDY, Rule.EQUAL_SHARES])
def test_the_frozen_rule_decides_and_of_few_ballots_no_second_count_is_kept(world, box, rule):
    round = open_box(by=world.chair, round=world.box(rule=rule), keys=world.keys)
    decisive = round.result.lines.filter(is_decisive=True)

    assert {line.rule for line in decisive} == {rule.value}
    assert not round.result.lines.filter(is_decisive=False).exists()
    assert round.result.spent_pence == sum(line.project.price_pence for line in decisive if line.order)
    assert round.result.disclosure == Disclosure.WINNERS
    assert [line.votes for line in decisive.order_by("project__place")] == [2, 3, 3]
    assert all(line.reason for line in decisive)


def test_publish_result_shows_it_once_and_tells_the_other_rooms(world, box):
    round = open_box(by=world.chair, round=box, keys=world.keys)
    first = publish_result(by=world.chair, round=round)
    again = publish_result(by=world.members[1], round=round)

    assert again.published_by_id == first.published_by_id == world.chair.pk
    assert OutboxMessage.objects.filter(topic="panels.result_published").count() == 1
    assert Round.objects.in_full().get(pk=round.pk).phase_at(core_now()) is Phase.PUBLISHED


def test_publish_result_before_opening_is_refused(world, box):
    with pytest.raises(PhaseError, match="no result yet"):
        publish_result(by=world.chair, round=box)


def test_tables_of_the_box_have_no_history_and_no_time(world):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_name = ANY(%s)"
            " AND data_type LIKE 'timestamp%%'",
            [["panels_sealedballot", "panels_leafqueue", "panels_countedballot", "panels_logleaf"]],
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%'")
        watched = {row[0] for row in cursor.fetchall()}
    assert not watched & {"panels_sealedballot", "panels_leafqueue", "panels_countedballot", "panels_rollentry"}
