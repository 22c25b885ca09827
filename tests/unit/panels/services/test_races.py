"""What a constraint or a lock guards, raced with real threads and connections."""

import os
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier, Event

import pytest
from django.db import connection, connections, transaction

from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.models import User
from panels.domain.deciding import Vote
from panels.domain.sealing import new_key, public_bytes
from panels.errors import BallotRefusedError, KeeperError, PanelError
from panels.models import (
    Annulment,
    AnnulmentCall,
    BoxOpening,
    Certification,
    CountedBallot,
    Keeper,
    LeafQueue,
    Objection,
    ProjectResult,
    Resolution,
    ResolutionVote,
    RollEntry,
    Round,
    SealedBallot,
    TableEntry,
)
from panels.models.round import CHALLENGE_WINDOW
from panels.services import (
    Receipt,
    agree_to_withhold,
    ask_to_withhold,
    call_for_annulment,
    cast_ballot,
    casting,
    certify_round,
    close_resolution,
    create_round,
    enrol,
    enter_at_table,
    freeze_round,
    move_resolution,
    open_box,
    publish_result,
    refuse_to_withhold,
    register_key,
    register_organisation,
    rules_sheet,
    vote_on_resolution,
)
from panels.services.reminding import remind_pending
from tests.unit.panels.builders import World, taken_up, tell_result, tell_shaped, tell_voting
from tests.unit.panels.services.test_certifying import attested
from tests.unit.panels.services.test_first_votes import newcomer, vote
from tests.unit.panels.services.test_money import lower, shaped
from tests.unit.panels.services.test_places import KNOWN, details, give_postcode
from tests.unit.panels.services.test_setting_up import plan
from tests.unit.panels.views.test_voting import sealed_by_a_browser, signed_in, text_of

HANDS = 8
DISC_FULL = """
CREATE FUNCTION disc_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER disc_full BEFORE INSERT ON panels_countedballot FOR EACH ROW WHEN (NEW.number = 3)
EXECUTE FUNCTION disc_full()
"""
VOTERS = int(os.environ.get("RACING_VOTERS", "10"))  # a thousand in `make faults`


@pytest.fixture
def committed_world(committed_beginning) -> World:
    return committed_beginning("many", partial(World, residents=VOTERS))


@pytest.fixture
def committed_shaped(committed_beginning) -> World:
    """Its round can be frozen now."""
    return committed_beginning("many_shaped", partial(tell_shaped, residents=VOTERS))


@pytest.fixture
def committed_voting(committed_beginning) -> World:
    """In its round they can vote now; nobody has."""
    return taken_up(committed_beginning("many_voting", partial(tell_voting, residents=VOTERS)))


def at_once(tasks: Sequence[Callable[[], object]]) -> list[object]:
    """Runs all tasks together, each on a connection of its own; a refusal is returned as its error."""
    barrier = Barrier(len(tasks))

    def run(task: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return task()
        except DomainError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


@contextmanager
def somebody_holds_the_place_of(voter: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same voter's first ballot, not committed: whoever casts now waits for it, and not for long."""
    assert casting.CAST_LIMIT == "5s"
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(
                "INSERT INTO panels_sealedballot (roll_entry_id, sealed, leaf, version, mark)"
                " SELECT id, %s, sha256('\\x00'::bytea || %s), 1, '' FROM panels_rollentry WHERE user_id = %s",
                [bytes(600), bytes(600), voter.pk],
            )
        with monkeypatch.context() as hurried:
            hurried.setattr(casting, "CAST_LIMIT", "100ms")
            yield
    finally:
        other.close()


def test_a_ballot_that_cannot_be_stored_in_time_is_undone_by_the_server(committed_voting, monkeypatch):
    """Whoever opens the box waits a minute: nothing that began before close is still on its way by then."""
    world, round = committed_voting, committed_voting.told
    with (
        somebody_holds_the_place_of(world.residents[0], monkeypatch),
        pytest.raises(BallotRefusedError, match="did not answer in time"),
    ):
        cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)

    assert (SealedBallot.objects.count(), LeafQueue.objects.count()) == (0, 0)
    assert cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0).version == 1


def test_whoever_sent_a_ballot_that_cannot_be_stored_in_time_reads_so_and_keeps_their_choices(
    committed_voting, monkeypatch
):
    """The server ended the connection; the page that says so is built on another."""
    world, round = committed_voting, committed_voting.told
    voter, start = signed_in(world.residents[0]), f"/rounds/{round.pk}/vote/"
    with somebody_holds_the_place_of(world.residents[0], monkeypatch):
        late = voter.post(f"{start}cast/", {"project": ["2"], "seen": "0"})
        sealed = b64encode(sealed_by_a_browser(round)).decode()
        sealed_late = voter.post(f"{start}cast-sealed/", {"sealed": sealed, "seen": "0"})

    assert (late.status_code, sealed_late.status_code) == (409, 409)
    for page in map(text_of, (late, sealed_late)):
        assert "The database did not answer in time. Open the vote again" in page
    assert re.search(r'value="2"[^>]*checked', text_of(late))
    assert (SealedBallot.objects.count(), LeafQueue.objects.count()) == (0, 0)
    assert voter.post(f"{start}cast/", {"project": ["2"], "seen": "0"})["Location"] == f"{start}receipt/"


def test_double_vote_on_eight_connections_leaves_one_ballot_each(committed_voting):
    """Same and different choices at the same instant: one ballot, one leaf, and everybody holds its receipt."""
    world, round = committed_voting, committed_voting.told
    for voter in world.residents:
        choices = [["1"], ["2"], ["3"], ["1", "2"]] * 2
        receipts = at_once(
            [lambda c=chosen, v=voter: cast_ballot(by=v, round=round, choices=c, seen_version=0) for chosen in choices]
        )
        assert len({receipt.leaf for receipt in receipts if isinstance(receipt, Receipt)}) == 1
        assert sum(not receipt.was_replayed for receipt in receipts) == 1

    assert SealedBallot.objects.count() == LeafQueue.objects.count() == VOTERS
    assert set(SealedBallot.objects.values_list("version", flat=True)) == {1}


def test_replacing_on_eight_connections_replaces_once(committed_voting):
    world = committed_voting
    round, voter = world.told, world.residents[0]
    cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    at_once([lambda: cast_ballot(by=voter, round=round, choices=["2"], seen_version=1)] * HANDS)

    assert SealedBallot.objects.get().version == 2
    assert LeafQueue.objects.count() == 2


def test_double_enrolment_on_eight_connections_gives_one_entry(committed_shaped):
    world, round = committed_shaped, committed_shaped.told
    for voter in world.residents[:5]:
        entries = at_once([lambda v=voter: enrol(by=v, round=round)] * HANDS)
        assert len({entry.pk for entry in entries}) == 1

    assert RollEntry.objects.count() == 5


def test_votes_racing_the_close_are_stored_exactly_when_acknowledged_and_never_after_it(committed_voting):
    """Seven voters keep voting while the clock passes the close; each stops after an attempt that began after it."""
    world, round = committed_voting, committed_voting.told
    advance_clock(to=round.voting_closes_at - timedelta(hours=1))
    outcomes: Counter[str] = Counter()
    passed = Event()

    def vote(voter) -> int:
        seen, is_late = 0, False
        while not is_late:
            is_late = passed.is_set()
            try:
                seen = cast_ballot(by=voter, round=round, choices=["1"], seen_version=seen).version
                outcomes["late" if is_late else "in time"] += 1
            except DomainError:
                outcomes["refused"] += 1
        return seen

    def close() -> None:
        while outcomes["in time"] < 30:
            connection.ensure_connection()
        advance_clock(to=round.voting_closes_at)
        passed.set()

    voters = world.residents[: HANDS - 1]
    versions = at_once([*(lambda v=voter: vote(v) for voter in voters), close])
    in_the_box = dict(SealedBallot.objects.values_list("roll_entry__user_id", "version"))

    assert outcomes["late"] == 0
    assert in_the_box == {voter.pk: version for voter, version in zip(voters, versions, strict=False) if version}
    assert LeafQueue.objects.count() == sum(in_the_box.values())


def test_opening_on_four_connections_opens_once(committed_voting):
    world, round = committed_voting, committed_voting.told
    for voter in world.residents:
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    world.close(round)
    at_once([lambda: open_box(by=world.chair, round=round, keys=world.keys)] * 4)

    assert BoxOpening.objects.count() == 1
    assert CountedBallot.objects.count() == VOTERS


def test_two_pairs_that_open_at_once_open_for_one_pair(committed_voting):
    world, round = committed_voting, committed_voting.told
    for voter in world.residents:
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    world.close(round)
    pairs = [(1, 2), (2, 3)] * 2
    opened = at_once([partial(open_box, by=world.chair, round=round, keys=world.keys, keepers=pair) for pair in pairs])

    opening = BoxOpening.objects.get()
    assert (opening.keepers, CountedBallot.objects.count()) in {("1,2", VOTERS), ("2,3", VOTERS)}
    refused = [pair for pair, said in zip(pairs, opened, strict=True) if isinstance(said, KeeperError)]
    assert len(refused) == 2
    assert opening.keepers not in {f"{one},{other}" for one, other in refused}


def test_a_box_opened_while_the_disc_is_full_is_opened_later_as_if_nobody_had_tried(committed_voting):
    """The database fails where it writes down what was in the box, after keys were used, and quotes a ballot."""
    world, round = committed_voting, committed_voting.told
    for voter in world.residents:
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    world.close(round)
    with connections["owner"].cursor() as cursor:
        cursor.execute(DISC_FULL)
    with pytest.raises(PanelError, match="could not be opened; nothing was changed") as refused:
        open_box(by=world.chair, round=round, keys=world.keys)
    assert (refused.value.__cause__, refused.value.__context__) == (None, None)  # what the database said holds a ballot
    assert not BoxOpening.objects.exists()
    assert not ProjectResult.objects.exists()
    assert SealedBallot.objects.in_box().count() == VOTERS
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TRIGGER disc_full ON panels_countedballot")

    assert open_box(by=world.chair, round=round, keys=world.keys).opening.counted_count == VOTERS


def test_a_key_made_while_the_rules_are_fixed_is_in_them_or_refused(committed_shaped):
    """Whatever wins, the key beside the keeper's name is the key in the signed rules."""
    world = committed_shaped
    round, keys = world.told, [new_key() for _ in range(HANDS - 1)]
    outcomes = at_once(
        [
            lambda: freeze_round(by=world.chair, round=round),
            *(
                lambda k=key: register_key(
                    by=world.keepers[0],
                    round=round,
                    public_key=public_bytes(k).hex(),
                    made_with=Keeper.MadeWith.TOOL,
                )
                for key in keys
            ),
        ]
    )
    frozen = Round.objects.get(pk=round.pk)

    assert not isinstance(outcomes[0], DomainError)
    assert rules_sheet(frozen).content["keepers"] == [keeper.public_key for keeper in frozen.keepers.all()]


def test_certifying_on_eight_connections_takes_two_people(committed_voting):
    world, round = committed_voting, committed_voting.told
    cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)
    world.close(round)
    attested(world, open_box(by=world.chair, round=round, keys=world.keys))
    publish_result(by=world.chair, round=round)
    advance_clock(to=core_now() + timedelta(days=14))
    at_once([lambda: certify_round(by=world.chair, round=round)] * HANDS)
    assert SealedBallot.objects.count() == 1
    at_once([lambda m=member: certify_round(by=m, round=round) for member in world.members])

    assert Certification.objects.get().asked_by == world.chair
    assert Certification.objects.get().certified_by != world.chair
    assert not SealedBallot.objects.exists()


def test_both_sides_annul_while_a_decision_is_moved_and_nothing_is_left_to_decide(committed_voting):
    """Whichever comes first: one annulment, and no decision on it that is open."""
    world, round = committed_voting, committed_voting.told
    cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)
    world.close(round)
    open_box(by=world.chair, round=round, keys=world.keys)
    publish_result(by=world.chair, round=round)
    advance_clock(to=core_now() + CHALLENGE_WINDOW)
    body = register_organisation(by=world.officer, name="Place Trust")
    round = Round.objects.get(pk=round.pk)
    why = "A keeper found other ballots."
    calls = [
        lambda side=side: call_for_annulment(by=side, round=round, reason=why) for side in (world.chair, world.officer)
    ]
    move = partial(
        move_resolution,
        by=world.chair,
        panel=world.panel,
        kind="endorse_result",
        round=round,
        accountable_body=body,
        term_years=10,
    )
    at_once([*calls, move, *calls])

    assert (Annulment.objects.count(), AnnulmentCall.objects.count()) == (1, 2)
    assert not Resolution.objects.exclude(status=Resolution.Status.DEFERRED).exists()


def test_somebody_entered_at_a_table_on_four_connections_has_one_entry(committed_voting):
    world, round = committed_voting, committed_voting.told
    give_postcode(world)
    who = details(full_name="Cy Comer", postcode=KNOWN)
    tables = (world.chair, world.members[2], world.officer, world.members[3])
    entries = at_once([lambda by=by: enter_at_table(by=by, round=round, details=who) for by in tables])

    assert len({entry.pk for entry in entries if isinstance(entry, RollEntry)}) == 1
    assert TableEntry.objects.count() == 1


def test_members_voting_and_closing_at_once_decide_once(committed_voting):
    world, round = committed_voting, committed_voting.told
    cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)
    world.close(round)
    open_box(by=world.chair, round=round, keys=world.keys)
    publish_result(by=world.chair, round=round)
    body = register_organisation(by=world.officer, name="Place Trust")
    resolution = move_resolution(
        by=world.chair,
        panel=world.panel,
        kind="endorse_result",
        round=Round.objects.get(pk=round.pk),
        accountable_body=body,
        term_years=10,
    )
    votes = [
        lambda m=member: vote_on_resolution(by=m, resolution=resolution, vote=Vote.FOR) for member in world.members
    ]
    at_once(votes[:5] * 2)
    assert ResolutionVote.objects.count() == 5
    advance_clock(by=CHALLENGE_WINDOW)
    closings = at_once([lambda: close_resolution(by=world.chair, resolution=resolution)] * 4 + votes[5:])

    assert len({closing.decided_at for closing in closings if isinstance(closing, Resolution)}) == 1
    assert Resolution.objects.get().status == "carried"


def test_votes_set_up_or_fixed_at_once_share_the_money_once(committed_world):
    """Without the locks of panel and money each finds the others' money untouched."""
    world = committed_world
    plans = [replace(plan(), title=f"Vote {number}", budget_pence=200_000_00) for number in range(6)]
    made = at_once([partial(create_round, by=world.chair, panel=world.panel, plan=each) for each in plans])
    assert sum(isinstance(one, Round) for one in made) == 2
    advance_clock(by=timedelta(days=4))  # nobody fixes these
    rounds = shaped(world, 3)
    lower(world, 100_000_00)
    fixed = at_once([partial(freeze_round, by=world.chair, round=round) for round in rounds])
    assert sum(isinstance(one, Round) for one in fixed) == 1


def test_agreeing_and_refusing_to_withhold_at_once_leaves_one_of_them(committed_beginning):
    """Without the lock of the round a text that was just agreed to be withheld is published after all."""
    world = committed_beginning("result", tell_result)
    objection = Objection.objects.create(round=world.told, objector=world.residents[1], text="It names my neighbour.")
    asked = ask_to_withhold(by=world.chair, objection=objection, why="personal", reason="It names somebody.")
    written, other_is_through = Event(), Event()

    def agree() -> None:
        with transaction.atomic():
            agree_to_withhold(by=world.officer, withholding=asked)
            written.set()
            other_is_through.wait(timeout=1)

    def refuse() -> None:
        written.wait(timeout=30)
        try:
            refuse_to_withhold(by=world.officer, withholding=asked)
        finally:
            other_is_through.set()

    done = at_once([agree, refuse])
    assert [isinstance(one, DomainError) for one in done] == [False, True]
    assert Objection.objects.get(pk=objection.pk).is_withheld


def test_two_ticks_at_once_remind_whoever_must_still_show_something_once(committed_voting):
    world, round = committed_voting, committed_voting.told
    give_postcode(world)
    vote(newcomer(), round)
    world.close(round)

    assert sorted(at_once([lambda: remind_pending(core_now())] * 8)) == [*[0] * 7, 1]
