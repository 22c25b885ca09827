"""Envelopes: labels, handed out, spoilt, received; one person's one vote on paper or on this site; withdrawing."""

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutgoingMessage, User
from panels.domain.log import leaf_hash
from panels.errors import BallotRefusedError, PaperError, PhaseError
from panels.models import PaperEnvelope, RollEntry, Round, SealedBallot
from panels.selectors import times_cast
from panels.services import (
    cast_ballot,
    issue_envelope,
    name_opening_set,
    print_labels,
    receipt_for,
    receive_envelope,
    restore_envelope,
    spoil_envelope,
    withdraw_ballot,
)
from tests.unit.panels.builders import World

pytestmark = pytest.mark.django_db
State = PaperEnvelope.State


def entry_of(round: Round, user: User) -> RollEntry:
    return RollEntry.objects.get(round=round, user=user)


def handed_out(world: World, round: Round, user: User) -> PaperEnvelope:
    label = print_labels(by=world.chair, round=round, count=1)[0]
    return issue_envelope(by=world.chair, round=round, serial=label.serial, entry=entry_of(round, user))


def received(world: World, round: Round, user: User) -> PaperEnvelope:
    envelope = handed_out(world, round, user)
    return receive_envelope(by=world.officer, round=round, serial=envelope.serial)


def test_print_labels_again_gives_the_same_and_makes_what_is_missing(world, round):
    first = print_labels(by=world.chair, round=round, count=3)
    again = print_labels(by=world.officer, round=round, count=3)
    more = print_labels(by=world.chair, round=round, count=5)

    assert [label.serial for label in again] == [label.serial for label in first]
    assert {label.serial for label in first} < {label.serial for label in more}
    assert PaperEnvelope.objects.count() == 5


def test_print_labels_refusals(world, round):
    with pytest.raises(PaperError, match="between 1 and 500"):
        print_labels(by=world.chair, round=round, count=0)
    with pytest.raises(NotAllowedError):
        print_labels(by=world.residents[0], round=round, count=1)
    with pytest.raises(NotAllowedError, match="not a member"):
        print_labels(by=World().chair, round=round, count=1)
    world.close(round)
    with pytest.raises(PhaseError, match="until voting closes"):
        print_labels(by=world.chair, round=round, count=1)


def test_a_round_whose_rules_know_no_paper_has_none(world, shaped):
    with pytest.raises(PhaseError, match="no paper in this vote"):
        print_labels(by=world.chair, round=shaped, count=1)


def test_issue_envelope_twice_changes_nothing(world, round):
    envelope = handed_out(world, round, world.residents[0])
    again = issue_envelope(
        by=world.officer, round=round, serial=envelope.serial.lower(), entry=entry_of(round, world.residents[0])
    )
    assert (again.state, again.issued_by) == (State.ISSUED, world.chair)


def test_issue_envelope_refusals(world, round):
    labels = print_labels(by=world.chair, round=round, count=4)
    first, second, *_ = world.residents

    def issue(user: User, *, serial: str = labels[1].serial, by: User = world.chair) -> PaperEnvelope:
        return issue_envelope(by=by, round=round, serial=serial, entry=entry_of(round, user))

    issue(first, serial=labels[0].serial)
    with pytest.raises(PaperError, match="No envelope of this vote"):
        issue(second, serial="what?")
    with pytest.raises(PaperError, match="This envelope is used: with the voter"):
        issue(second, serial=labels[0].serial)
    with pytest.raises(PaperError, match="have an envelope already"):
        issue(first)
    cast_ballot(by=second, round=round, choices=["1"], seen_version=0)
    with pytest.raises(PaperError, match="have voted on this site"):
        issue(second)
    with pytest.raises(PaperError, match="not on the voters"):
        issue_envelope(
            by=world.chair,
            round=round,
            serial=labels[1].serial,
            entry=RollEntry(round_id=round.pk + 1, user=second, person_hmac="0"),
        )
    receive_envelope(by=world.officer, round=round, serial=labels[0].serial)
    with pytest.raises(PaperError, match="have voted on paper already"):
        issue(first)
    own = RollEntry.objects.create(round=round, user=world.chair, person_hmac="1" * 64)
    with pytest.raises(NotAllowedError, match="your own"):
        issue_envelope(by=world.chair, round=round, serial=labels[1].serial, entry=own)
    world.close(round)
    with pytest.raises(PhaseError, match="has closed"):
        issue(world.residents[2])


def test_a_spoilt_envelope_never_counts_and_another_is_handed_out(world, round):
    voter = world.residents[0]
    spoilt = handed_out(world, round, voter)
    spoil_envelope(by=world.chair, round=round, serial=spoilt.serial, reason="Torn.")
    assert spoil_envelope(by=world.officer, round=round, serial=spoilt.serial, reason="Torn.").taken_by == world.chair
    second = received(world, round, voter)

    assert second.state == State.RECEIVED
    with pytest.raises(PaperError, match="cannot count: spoilt or lost"):
        receive_envelope(by=world.officer, round=round, serial=spoilt.serial)
    with pytest.raises(PaperError, match="not out: received"):
        spoil_envelope(by=world.chair, round=round, serial=second.serial, reason="Torn.")


def test_a_spoilt_envelope_needs_a_reason_the_voter_is_told_and_another_person_takes_it_back(world, round):
    voter = world.residents[0]
    serial = handed_out(world, round, voter).serial
    with pytest.raises(PaperError, match="Say in a sentence what happened"):
        spoil_envelope(by=world.members[2], round=round, serial=serial, reason=" ")
    spoil_envelope(by=world.members[2], round=round, serial=serial, reason="Rained on.")
    told = OutgoingMessage.objects.get(to=voter.email, subject__startswith="Your envelope")
    assert all(said in told.body for said in (str(world.members[2]), "Rained on.", serial))
    with pytest.raises(PaperError, match="Another person than noted it can take that back"):
        receive_envelope(by=world.officer, round=round, serial=serial)
    with pytest.raises(NotAllowedError, match="You noted it yourself"):
        restore_envelope(by=world.members[2], round=round, serial=serial)
    with pytest.raises(DatabaseError, match="restored_by_another"), transaction.atomic():
        PaperEnvelope.objects.filter(serial=serial).update(state="issued", taken_by=None, restored_by=world.members[2])
    for _ in range(2):
        assert restore_envelope(by=world.officer, round=round, serial=serial).state == State.ISSUED
    assert receive_envelope(by=world.officer, round=round, serial=serial).state == State.RECEIVED
    with pytest.raises(PaperError, match="not noted as spoilt: received"):
        restore_envelope(by=world.officer, round=round, serial=serial)


def test_a_spoilt_envelope_is_not_taken_back_once_another_is_out_or_voting_is_over(world, round):
    voter = world.residents[0]
    serial = handed_out(world, round, voter).serial
    with pytest.raises(DatabaseError, match="spoilt_with_reason"), transaction.atomic():
        PaperEnvelope.objects.filter(serial=serial).update(state="spoilt", taken_by=world.chair)
    spoil_envelope(by=world.chair, round=round, serial=serial, reason="Lost.")
    handed_out(world, round, voter)
    with pytest.raises(PaperError, match="another envelope by now"):
        restore_envelope(by=world.officer, round=round, serial=serial)
    world.close(round)
    with pytest.raises(PhaseError, match="has closed"):
        restore_envelope(by=world.officer, round=round, serial=serial)


def test_received_envelope_marks_the_list_and_the_site_takes_no_ballot_any_more(world, round):
    voter = world.residents[0]
    envelope = received(world, round, voter)
    again = receive_envelope(by=world.chair, round=round, serial=envelope.serial)
    with pytest.raises(BallotRefusedError, match="Your vote is on paper"):
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)

    assert (again.state, again.taken_by) == (State.RECEIVED, world.officer)
    mark = SealedBallot.objects.get()
    assert (mark.state, mark.leaf, mark.version) == (SealedBallot.State.ON_PAPER, None, 0)


def test_who_hands_an_envelope_out_does_not_receive_it(world, round):
    envelope = handed_out(world, round, world.residents[0])
    with pytest.raises(NotAllowedError, match="You handed this envelope out"):
        receive_envelope(by=world.chair, round=round, serial=envelope.serial)
    assert PaperEnvelope.objects.get().state == State.ISSUED


def test_the_voter_is_told_once_that_their_envelope_was_received(world, round):
    voter = world.residents[0]
    envelope = received(world, round, voter)
    receive_envelope(by=world.members[3], round=round, serial=envelope.serial)
    message = OutgoingMessage.objects.get(topic="panels.paper")

    assert message.to == voter.email
    assert "Was this not you? Then tell the fund" in message.body


def test_nobody_is_written_to_who_has_no_address(world, round):
    voter = world.residents[0]
    with acting("system:test", "by hand"):
        User.objects.filter(pk=voter.pk).update(email="nobody@people.invalid")
    received(world, round, voter)
    assert not OutgoingMessage.objects.filter(topic="panels.paper").exists()


def test_envelope_of_somebody_who_voted_here_is_set_aside_and_they_are_told(world, round):
    voter = world.residents[0]
    envelope = handed_out(world, round, voter)
    cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    assert receive_envelope(by=world.officer, round=round, serial=envelope.serial).state == State.ASIDE
    message = OutgoingMessage.objects.get(topic="panels.paper")

    assert message.to == voter.email
    assert "withdraw the ballot by" in message.body
    assert receipt_for(user=voter, round=round) is not None


def test_with_the_ballot_withdrawn_the_envelope_set_aside_counts(world, round):
    voter = world.residents[0]
    envelope = handed_out(world, round, voter)
    cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    receive_envelope(by=world.officer, round=round, serial=envelope.serial)
    mark = withdraw_ballot(by=voter, round=round, seen_version=1)
    again = withdraw_ballot(by=voter, round=round, seen_version=1)

    assert (mark.state, mark.version, again.state) == ("paper", 1, "paper")
    assert PaperEnvelope.objects.get().state == State.RECEIVED
    assert receipt_for(user=voter, round=round) is None


def test_withdrawn_ballot_is_gone_and_its_voter_can_vote_again(world, round):
    voter = world.residents[0]
    cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    with pytest.raises(BallotRefusedError, match="replaced since"):
        withdraw_ballot(by=voter, round=round, seen_version=7)
    assert withdraw_ballot(by=voter, round=round, seen_version=1).sealed is None
    with pytest.raises(BallotRefusedError, match="You withdrew your ballot"):
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    receipt = cast_ballot(by=voter, round=round, choices=["2"], seen_version=times_cast(voter, round))

    assert (receipt.version, receipt.was_replayed) == (2, False)
    assert SealedBallot.objects.get().state == SealedBallot.State.IN_BOX


def test_withdraw_ballot_refusals(world, round):
    voter, other = world.residents[:2]
    with pytest.raises(BallotRefusedError, match="No ballot of yours"):
        withdraw_ballot(by=other, round=round, seen_version=0)
    cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    advance_clock(to=round.voting_closes_at)
    with pytest.raises(PhaseError, match="has closed"):
        withdraw_ballot(by=voter, round=round, seen_version=1)
    assert SealedBallot.objects.get().state == SealedBallot.State.IN_BOX


def test_envelope_after_close_is_late_and_once_it_is_named_what_to_open_refused(world, round):
    late, later = (handed_out(world, round, voter) for voter in world.residents[:2])
    world.close(round)
    assert receive_envelope(by=world.officer, round=round, serial=late.serial).state == State.LATE
    assert not SealedBallot.objects.exists()
    with pytest.raises(PhaseError, match="has closed"):
        spoil_envelope(by=world.chair, round=round, serial=later.serial, reason="Torn.")
    name_opening_set(by=world.chair, round=round)
    with pytest.raises(PhaseError, match="fixed already what is opened"):
        receive_envelope(by=world.officer, round=round, serial=later.serial)


def test_a_blank_envelope_cannot_be_received(world, round):
    label = print_labels(by=world.chair, round=round, count=1)[0]
    with pytest.raises(PaperError, match="cannot count: not handed out"):
        receive_envelope(by=world.officer, round=round, serial=label.serial)


def test_turnout_counts_paper_and_not_what_was_withdrawn(world, round):
    received(world, round, world.residents[0])
    cast_ballot(by=world.residents[1], round=round, choices=["1"], seen_version=0)
    withdraw_ballot(by=world.residents[1], round=round, seen_version=1)
    assert SealedBallot.objects.of(round).standing().count() == 1


def by_hand(round: Round, entry: RollEntry, by: tuple[User, User], *, state: str, serial: str) -> PaperEnvelope:
    """As handed out by the first and received by the second."""
    people = {"made_by": by[0], "issued_by": by[0], "taken_by": None if state == "issued" else by[1]}
    return PaperEnvelope(round=round, serial=serial, state=state, roll_entry=entry, **people)


@pytest.mark.parametrize(
    ("states", "rule"),
    [
        (["blank"], "state"),
        (["posted"], "state"),
        (["issued", "issued"], "one_out"),
        (["received", "opened"], "marked_once"),
    ],
)
def test_envelope_rules_of_the_database(world, round, states, rule):
    entry = entry_of(round, world.residents[0])
    envelopes = [
        by_hand(round, entry, (world.chair, world.officer), state=state, serial=f"{number:09}")
        for number, state in enumerate(states)
    ]
    with pytest.raises(IntegrityError, match=f"panels_paperenvelope_{rule}"), transaction.atomic():
        PaperEnvelope.objects.bulk_create(envelopes)


@pytest.mark.parametrize("state", ["received", "opened", "aside", "late"])
def test_the_database_takes_no_envelope_from_whoever_handed_it_out(world, round, state):
    people = (world.chair, world.chair)
    envelope = by_hand(round, entry_of(round, world.residents[0]), people, state=state, serial="0000-0000")
    with pytest.raises(IntegrityError, match="panels_paperenvelope_taken_by_another"), transaction.atomic():
        envelope.save()


@pytest.mark.parametrize(
    ("sealed", "version", "state"),
    [(None, 1, "box"), (b"a", 1, "paper"), (None, 0, "withdrawn"), (b"a", 0, "box"), (None, 1, "lost")],
)
def test_mark_rules_of_the_database(world, round, sealed, version, state):
    entry = entry_of(round, world.residents[0])
    fields = {"sealed": sealed, "leaf": leaf_hash(sealed) if sealed else None, "mark": b"a" if version else None}
    with pytest.raises(IntegrityError, match="panels_sealedballot_state"), transaction.atomic():
        SealedBallot.objects.create(roll_entry=entry, version=version, state=state, **fields)


@pytest.mark.parametrize(("version", "mark"), [(1, None), (0, b"a")])
def test_whatever_was_cast_on_this_site_has_a_mark_and_a_paper_none(world, round, version, mark):
    entry = entry_of(round, world.residents[0])
    fields = {"sealed": b"a", "leaf": leaf_hash(b"a"), "state": "box"} if version else {"state": "paper"}
    with pytest.raises(IntegrityError, match="panels_sealedballot_marked"), transaction.atomic():
        SealedBallot.objects.create(roll_entry=entry, version=version, mark=mark, **fields)


def test_nothing_of_an_envelope_holds_a_time(world, round):
    received(world, round, world.residents[0])
    tables = ("panels_paperenvelope", "panels_sealedpaper", "panels_keyedpaper", "panels_sealedballot")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE data_type LIKE 'timestamp%%'"
            " AND table_name = ANY(%s)",
            [list(tables)],
        )
        assert cursor.fetchall() == []
    assert not [model for model in apps.get_models() if model._meta.db_table in {f"{table}event" for table in tables}]
