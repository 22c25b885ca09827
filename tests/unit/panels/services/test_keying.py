"""Papers: envelopes opened together, entered by two, compared, sealed, opened with the box, and what adds up."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from cwf_portal.core.errors import NotAllowedError
from panels.errors import BallotRefusedError, PanelError, PaperError, PhaseError
from panels.models import (
    CountedBallot,
    KeyedPaper,
    LeafQueue,
    PaperBatch,
    PaperCount,
    PaperEnvelope,
    Reconciliation,
    RollEntry,
    Round,
    SealedBallot,
    SealedPaper,
)
from panels.selectors import changed_ballots_count
from panels.services import (
    cast_ballot,
    certify_round,
    compare_batch,
    count_batch,
    export_of,
    issue_envelope,
    key_paper,
    name_opening_set,
    open_batch,
    open_box,
    print_labels,
    publish_result,
    receive_envelope,
    release_keyer,
    spoil_envelope,
    unexplained_entries,
    withdraw_ballot,
)
from panels.services.enrolling import enrol_everybody
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_certifying import attested
from tests.unit.panels.services.test_paper import entry_of

pytestmark = pytest.mark.django_db
State = PaperEnvelope.State


@pytest.fixture
def round(world, voting) -> Round:
    """Open, with the envelopes of ten residents received as `receive_envelope` leaves them, and three who vote here."""
    world.residents, round = world.more_residents(13), voting
    enrol_everybody(round)
    entries = list(RollEntry.objects.filter(round=round, user__in=world.residents[:10]))
    people = {"made_by": world.chair, "issued_by": world.chair, "taken_by": world.officer}
    PaperEnvelope.objects.bulk_create(
        PaperEnvelope(round=round, serial=f"0000-{number:04}", roll_entry=entry, state=State.RECEIVED, **people)
        for number, entry in enumerate(entries)
    )
    SealedBallot.objects.bulk_create(SealedBallot(roll_entry=entry, version=0, state="paper") for entry in entries)
    return round


def counted(world: World, batch: PaperBatch, papers: int, empty: int) -> PaperBatch:
    """By two who say the same."""
    for by in (world.chair, world.officer):
        batch = count_batch(by=by, batch=batch, papers=papers, empty=empty)
    return batch


@pytest.fixture
def batch(world, round) -> PaperBatch:
    """Opened and counted: nine papers, and one envelope without."""
    return counted(world, open_batch(by=world.chair, round=round), papers=9, empty=1)


PAPERS = [["1"], ["2"], ["3"], ["1", "2"], ["1"], ["1"], ["2", "3"], None, ["1"]]


def enter(world: World, batch: PaperBatch, papers=PAPERS) -> None:
    for keyer in (world.members[4], world.officer):
        for number, choices in enumerate(papers, start=1):
            key_paper(by=keyer, batch=batch, number=number, choices=choices)


def test_ten_envelopes_are_opened_together_and_nothing_says_which(world, round):
    batch = open_batch(by=world.chair, round=round)
    again = open_batch(by=world.officer, round=round)

    assert (batch.number, batch.envelopes_count, again.pk) == (1, 10, batch.pk)
    assert set(PaperEnvelope.objects.values_list("state", flat=True)) == {State.OPENED}
    assert not any(field.related_model is PaperBatch for field in PaperEnvelope._meta.get_fields())


def test_nine_envelopes_wait_until_voting_has_closed(world, round):
    PaperEnvelope.objects.filter(pk=PaperEnvelope.objects.first().pk).update(
        state=State.SPOILT, spoilt_by=world.chair, spoilt_reason="Torn."
    )
    with pytest.raises(PaperError, match="9 envelopes can be opened now; it takes 10"):
        open_batch(by=world.chair, round=round)
    world.close(round)
    batch = open_batch(by=world.chair, round=round)
    counted(world, batch, papers=0, empty=9)
    with pytest.raises(PaperError, match="0 envelopes"):
        open_batch(by=world.chair, round=round)


def test_count_batch_must_be_the_number_of_envelopes(world, round):
    batch = open_batch(by=world.chair, round=round)
    with pytest.raises(PaperError, match="10 papers and 1 without one paper make 11; 10 envelopes"):
        count_batch(by=world.chair, batch=batch, papers=10, empty=1)
    counted(world, batch, papers=9, empty=1)
    assert count_batch(by=world.chair, batch=batch, papers=9, empty=1).papers_count == 9
    key_paper(by=world.officer, batch=batch, number=1, choices=["1"])
    with pytest.raises(PaperError, match="being entered already"):
        count_batch(by=world.chair, batch=batch, papers=10, empty=0)


def test_two_who_count_differently_both_count_again(world, round):
    """Nothing is entered before two say the same, and what one said alone binds nobody."""
    batch = open_batch(by=world.chair, round=round)
    count_batch(by=world.chair, batch=batch, papers=8, empty=2)
    mended = count_batch(by=world.chair, batch=batch, papers=9, empty=1)
    assert (mended.papers_count, mended.counted_by, mended.confirmed_by) == (9, world.chair, None)
    with pytest.raises(PaperError, match="Only one person has counted"):
        key_paper(by=world.officer, batch=batch, number=1, choices=["1"])
    other = count_batch(by=world.officer, batch=batch, papers=10, empty=0)

    assert (other.papers_count, other.empty_count, other.counted_by, other.confirmed_by) == (None,) * 4
    assert open_batch(by=world.chair, round=round).pk == batch.pk
    assert counted(world, batch, papers=9, empty=1).confirmed_by == world.officer
    assert count_batch(by=world.chair, batch=batch, papers=10, empty=0).confirmed_by is None


def test_who_has_a_project_in_the_vote_counts_no_papers(world, round):
    batch = open_batch(by=world.chair, round=round)
    with acting("system:test", "by hand"):
        round.proposals.filter(title="Corner Hub").update(author=world.members[5])
    with pytest.raises(NotAllowedError, match="have a project in this vote"):
        count_batch(by=world.members[5], batch=batch, papers=0, empty=10)
    count_batch(by=world.chair, batch=batch, papers=0, empty=10)
    with pytest.raises(NotAllowedError, match="have a project in this vote"):
        count_batch(by=world.members[5], batch=batch, papers=0, empty=10)


def test_a_batch_of_empty_envelopes_is_done(world, round):
    batch = count_batch(by=world.chair, batch=open_batch(by=world.chair, round=round), papers=0, empty=10)
    assert not batch.is_sealed
    assert not count_batch(by=world.chair, batch=batch, papers=0, empty=10).is_sealed
    batch = count_batch(by=world.officer, batch=batch, papers=0, empty=10)
    assert batch.is_sealed
    with pytest.raises(PaperError, match="no such paper"):
        key_paper(by=world.officer, batch=batch, number=1, choices=["1"])


def test_key_paper_twice_keeps_the_first_and_holds_it_sealed_only(world, batch):
    first = key_paper(by=world.officer, batch=batch, number=1, choices=["1"])
    again = key_paper(by=world.officer, batch=batch, number=1, choices=["2"])

    assert again.pk == first.pk
    assert {field.name for field in KeyedPaper._meta.get_fields()} == {
        "id",
        "batch",
        "number",
        "keyer",
        "sealed",
        "fingerprint",
    }
    assert KeyedPaper.objects.count() == 1


def test_key_paper_refusals(world, round, batch):
    with pytest.raises(PaperError, match="no such paper"):
        key_paper(by=world.officer, batch=batch, number=10, choices=["1"])
    with pytest.raises(BallotRefusedError, match="not part of this vote"):
        key_paper(by=world.officer, batch=batch, number=1, choices=["99"])
    with pytest.raises(NotAllowedError):
        key_paper(by=world.residents[0], batch=batch, number=1, choices=["1"])
    with acting("system:test", "by hand"):
        round.proposals.filter(title="Corner Hub").update(author=world.members[5])
    with pytest.raises(NotAllowedError, match="have a project in this vote"):
        key_paper(by=world.members[5], batch=batch, number=1, choices=["1"])
    key_paper(by=world.members[3], batch=batch, number=1, choices=["1"])
    key_paper(by=world.officer, batch=batch, number=1, choices=["1"])
    with pytest.raises(NotAllowedError, match="Two others"):
        key_paper(by=world.members[4], batch=batch, number=2, choices=["1"])
    with pytest.raises(NotAllowedError, match="Two others"):
        compare_batch(by=world.members[4], batch=batch)
    with pytest.raises(PaperError, match="Not every paper"):
        compare_batch(by=world.officer, batch=batch)


def test_release_keyer_lets_another_take_over_and_keeps_why(world, batch):
    """The first one stops: the second is the first now, and somebody else can begin."""
    stopped, other = world.members[4], world.officer
    for keyer in (stopped, other):
        key_paper(by=keyer, batch=batch, number=1, choices=["1"])
    for _ in range(2):
        released = release_keyer(by=other, batch=batch, keyer=stopped, reason="She fell ill.")

    assert (released.first_keyer, released.second_keyer) == (other, None)
    assert [entered.keyer for entered in KeyedPaper.objects.all()] == [other]
    key_paper(by=world.members[3], batch=batch, number=1, choices=["1"])
    batch.refresh_from_db()
    assert (batch.first_keyer, batch.second_keyer) == (other, world.members[3])
    reasons = {event.pgh_context["reason"] for event in PaperBatch.pgh_event_model.objects.all()}
    assert "released who entered papers: She fell ill." in reasons


def test_release_keyer_refusals(world, batch):
    enter(world, batch)
    keyer = world.members[4]
    with pytest.raises(NotAllowedError, match="yourself"):
        release_keyer(by=keyer, batch=batch, keyer=keyer, reason="I had enough.")
    with pytest.raises(NotAllowedError):
        release_keyer(by=world.residents[0], batch=batch, keyer=keyer, reason="Ill.")
    with pytest.raises(PaperError, match="A reason is needed"):
        release_keyer(by=world.officer, batch=batch, keyer=keyer, reason=" a ")
    compare_batch(by=keyer, batch=batch)
    with pytest.raises(PaperError, match="sealed already"):
        release_keyer(by=world.officer, batch=batch, keyer=keyer, reason="She fell ill.")


def test_papers_entered_alike_are_sealed_in_the_order_of_their_hashes(world, round, batch):
    enter(world, batch)
    assert compare_batch(by=world.officer, batch=batch) == []
    assert compare_batch(by=world.officer, batch=batch) == []

    with connection.cursor() as cursor:
        cursor.execute("SELECT leaf FROM panels_sealedpaper ORDER BY ctid")
        leaves = [bytes(row[0]) for row in cursor.fetchall()]
    assert leaves == sorted(leaves)
    assert {bytes(queued.leaf) for queued in LeafQueue.objects.all()} == set(leaves)
    assert (len(leaves), KeyedPaper.objects.count()) == (9, 0)


def test_a_difference_is_entered_again_by_both(world, batch):
    enter(world, batch)
    KeyedPaper.objects.filter(keyer=world.officer, number__in=(2, 8)).delete()
    key_paper(by=world.officer, batch=batch, number=2, choices=["3"])
    key_paper(by=world.officer, batch=batch, number=8, choices=["3"])

    assert compare_batch(by=world.members[4], batch=batch) == [2, 8]
    assert not SealedPaper.objects.exists()
    assert not KeyedPaper.objects.filter(number__in=(2, 8)).exists()
    for keyer in (world.members[4], world.officer):
        for number in (2, 8):
            key_paper(by=keyer, batch=batch, number=number, choices=["3"])
    assert compare_batch(by=world.members[4], batch=batch) == []
    batch.refresh_from_db()
    assert (batch.differences_count, batch.is_sealed) == (2, True)


def test_paper_and_web_are_opened_together_and_every_entry_and_envelope_is_explained(world, round, batch):
    aside, spoilt = world.residents[10], world.residents[11]
    labels = print_labels(by=world.chair, round=round, count=3)
    for voter, label in zip((aside, spoilt, world.residents[12]), labels, strict=True):
        issue_envelope(by=world.chair, round=round, serial=label.serial, entry=entry_of(round, voter))
    cast_ballot(by=aside, round=round, choices=["1"], seen_version=0)
    cast_ballot(by=aside, round=round, choices=["2"], seen_version=1)
    receive_envelope(by=world.officer, round=round, serial=labels[0].serial)
    spoil_envelope(by=world.chair, round=round, serial=labels[1].serial, reason="Torn.")
    cast_ballot(by=spoilt, round=round, choices=["1"], seen_version=0)
    withdraw_ballot(by=spoilt, round=round, seen_version=1)
    enter(world, batch)
    world.close(round)
    receive_envelope(by=world.officer, round=round, serial=labels[2].serial)
    with pytest.raises(PhaseError, match="Papers wait to be entered"):
        name_opening_set(by=world.chair, round=round)
    compare_batch(by=world.officer, batch=batch)
    named = name_opening_set(by=world.chair, round=round)
    export = export_of(by=world.keepers[0], round=round)
    round = open_box(by=world.chair, round=round, keys=world.keys)

    rows = {row.channel: row for row in Reconciliation.objects.all()}
    count = PaperCount.objects.get()
    assert (named.count, len(export["sealed"])) == (10, 10)
    assert (round.opening.counted_count, round.opening.invalid_count) == (9, 1)
    web, paper = rows["web"], rows["paper"]
    assert (web.leaves_count, web.opened_count, web.replaced_count, web.withdrawn_count) == (3, 1, 1, 1)
    assert (paper.leaves_count, paper.opened_count) == (9, 9)
    assert (unexplained_entries(round), changed_ballots_count(round)) == (0, 0)
    assert (count.issued_count, count.spoilt_count, count.aside_count, count.late_count) == (13, 1, 1, 1)
    assert (count.not_returned_count, count.opened_count, count.papers_count, count.empty_count) == (0, 10, 9, 1)
    votes = [ballot.choices for ballot in CountedBallot.objects.order_by("number")]
    assert votes == sorted(votes)
    assert open_box(by=world.chair, round=round, keys=world.keys).opening.pk == round.opening.pk


def test_a_paper_that_vanished_before_it_was_listed_is_missed(world, round, batch):
    """Somebody takes a sealed paper out of the database, and its place in the queue of the list with it."""
    enter(world, batch)
    compare_batch(by=world.officer, batch=batch)
    lost = SealedPaper.objects.all()[:1].get()
    LeafQueue.objects.filter(leaf=lost.leaf).delete()
    lost.delete()
    world.close(round)
    with pytest.raises(PanelError, match="are not those that two people entered"):
        name_opening_set(by=world.chair, round=round)


def test_naming_what_to_open_waits_for_envelopes(world, round):
    world.close(round)
    with pytest.raises(PhaseError, match="10 envelopes wait to be opened"):
        name_opening_set(by=world.chair, round=round)


def test_certification_deletes_papers_and_whose_the_envelopes_were(world, round, batch):
    enter(world, batch)
    compare_batch(by=world.officer, batch=batch)
    world.close(round)
    attested(world, open_box(by=world.chair, round=round, keys=world.keys))
    publish_result(by=world.chair, round=round)
    advance_clock(by=timedelta(days=14))
    for member in world.members[:2]:
        certify_round(by=member, round=round)

    assert not SealedPaper.objects.exists()
    assert not PaperEnvelope.objects.exists()
    assert not SealedBallot.objects.exists()
    assert PaperCount.objects.get().papers_count == 9


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"papers_count": 8}, "adds_up"),
        ({"papers_count": None, "counted_by": None, "confirmed_by": None}, "adds_up"),
        ({"second_keyer": "chair", "first_keyer": "chair"}, "by_two"),
        ({"is_sealed": True}, "sealed_by_two"),
        ({"counted_by": None, "confirmed_by": None}, "counted"),
        ({"confirmed_by": "chair"}, "confirmed_by_another"),
        ({"confirmed_by": None, "first_keyer": "chair"}, "confirmed_first"),
        ({"confirmed_by": None, "is_sealed": True, "papers_count": 0, "empty_count": 10}, "confirmed_first"),
        ({"envelopes_count": 0, "papers_count": 0, "empty_count": 0}, "some"),
    ],
)
def test_batch_rules_of_the_database(world, batch, fields, rule):
    values = {name: world.chair if value == "chair" else value for name, value in fields.items()}
    refused = pytest.raises(IntegrityError, match=f"panels_paperbatch_{rule}")
    with refused, acting("system:test", "by hand"), transaction.atomic():
        PaperBatch.objects.filter(pk=batch.pk).update(**values)


@pytest.mark.parametrize(("field", "rule"), [("late_count", "envelopes"), ("empty_count", "papers")])
def test_count_rules_of_the_database(round, field, rule):
    values = dict.fromkeys(
        ("spoilt_count", "not_returned_count", "late_count", "aside_count", "opened_count", "papers_count"), 0
    ) | {"issued_count": 0, "empty_count": 0}
    with pytest.raises(IntegrityError, match=f"panels_papercount_{rule}"), transaction.atomic():
        PaperCount.objects.create(round=round, **values | {field: 1})
