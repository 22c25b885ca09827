"""A vote that can neither stand nor be ended: annulled by two, and what becomes of decisions on it."""

import html
from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutboxMessage, OutgoingMessage
from neighbourhoods.models import Event
from panels.domain.deciding import Vote
from panels.errors import PanelError, PhaseError
from panels.models import (
    Annulment,
    AnnulmentCall,
    Certification,
    Keeper,
    KeyedPaper,
    Objection,
    PaperBatch,
    Phase,
    ProjectDelivery,
    Resolution,
    Round,
)
from panels.models.round import CHALLENGE_WINDOW
from panels.selectors.objections import annulments_to_answer
from panels.selectors.projects import funded_projects
from panels.services import (
    call_for_annulment,
    certify_round,
    close_resolution,
    name_opening_set,
    object_to_result,
    publish_result,
)
from panels.services.announcing import ANNULLED, CLOSES, OPENS
from panels.services.bundle import bundle_of, published_result
from panels.waiting import waiting
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_certifying import opened
from tests.unit.panels.services.test_decisions import move, vote
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
WHY = "A keeper died, and the other found other ballots."


def annulled(world: World, round: Round) -> Round:
    for by in (world.officer, world.chair):
        call_for_annulment(by=by, round=round, reason=WHY)
    return Round.objects.in_full().get(pk=round.pk)


def published(world: World, box: Round) -> Round:
    round = opened(world, box)
    publish_result(by=world.chair, round=round)
    return round


def titles(world: World) -> list[str]:
    return [item.title for item in waiting(world.officer)]


def test_the_place_says_that_a_vote_was_annulled_and_dates_that_were_still_to_come_go(world, box):
    here = Event.objects.filter(neighbourhood=box.panel.neighbourhood, params__round=box.pk)
    assert set(here.values_list("kind", flat=True)) == {OPENS, CLOSES}
    round = annulled(world, opened(world, box))
    assert set(here.values_list("kind", flat=True)) == {ANNULLED}
    assert here.get(kind=ANNULLED).done_at == round.annulment.annulled_at
    text = Client().get(f"/places/{box.panel.neighbourhood.code}/").content.decode()
    assert f"It does not count. {round.annulment.reason}" in html.unescape(text)


def test_one_of_the_panel_and_one_of_the_fund_annul_a_vote_that_is_not_certified(world, box):
    round = opened(world, box)
    with pytest.raises(NotAllowedError):
        call_for_annulment(by=world.residents[0], round=round, reason=WHY)
    with pytest.raises(PanelError, match="reason is missing"):
        call_for_annulment(by=world.chair, round=round, reason="No.")
    first = call_for_annulment(by=world.chair, round=round, reason=WHY)
    assert call_for_annulment(by=world.chair, round=round, reason=WHY) == first
    with pytest.raises(PanelError, match="your side has said so"):
        call_for_annulment(by=world.members[2], round=round, reason=WHY)
    assert not Annulment.objects.exists()
    assert list(annulments_to_answer(world.officer, core_now())) == [first]
    assert not annulments_to_answer(world.members[2], core_now())
    assert f"Must this vote be annulled? {round.title}" in titles(world)

    call_for_annulment(by=world.officer, round=round, reason=WHY)
    round = Round.objects.in_full().get(pk=round.pk)
    assert round.phase_at(core_now()) is Phase.ANNULLED
    assert round.annulment.reason.endswith(WHY)
    told = set(OutgoingMessage.objects.filter(topic="panels.annulled").values_list("to", flat=True))
    assert {world.members[5].email, world.keepers[2].email} <= told
    assert not annulments_to_answer(world.officer, core_now())
    certify_round(by=world.chair, round=round)
    assert certify_round(by=world.officer, round=round).certified_at


def test_a_vote_is_not_annulled_in_this_way_until_a_minute_after_it_has_closed(world, round):
    for seconds in (-1, 0, 59):
        advance_clock(to=round.voting_closes_at + timedelta(seconds=seconds))
        with pytest.raises(PhaseError, match="a minute after it has closed"):
            call_for_annulment(by=world.chair, round=round, reason=WHY)
    world.close(round)
    annulled(world, round)
    with pytest.raises(PhaseError):
        name_opening_set(by=world.chair, round=round)
    assert "This vote was annulled." in text_of(signed_in(world.chair).get(f"/rounds/{round.pk}/paper/"))


def test_a_vote_that_is_annulled_while_its_papers_are_entered_keeps_nothing_of_them(world, round):
    with acting("system:test", "by hand"):
        batch = PaperBatch.objects.create(
            round=round,
            number=1,
            opened_by=world.chair,
            envelopes_count=1,
            papers_count=1,
            empty_count=0,
            counted_by=world.chair,
            confirmed_by=world.officer,
        )
    KeyedPaper.objects.create(batch=batch, number=1, keyer=world.chair, sealed=b"sealed", fingerprint="f" * 64)
    world.close(round)
    annulled(world, round)
    for by in (world.chair, world.officer):
        certify_round(by=by, round=round)
    assert not KeyedPaper.objects.exists()


def test_the_database_takes_one_call_of_each_side_and_of_each_person(world, box):
    round = opened(world, box)
    call_for_annulment(by=world.chair, round=round, reason=WHY)
    for side, by, name in (("panel", world.officer, "one_of_each_side"), ("fund", world.chair, "two_people")):
        with pytest.raises(DatabaseError, match=name), transaction.atomic():
            AnnulmentCall.objects.create(round=round, side=side, called_by=by, reason=WHY)
    with pytest.raises(DatabaseError, match="alone"), transaction.atomic():
        Annulment.objects.create(round=round, annulled_by=world.chair, reason=WHY)


def test_nothing_that_was_counted_in_an_annulled_vote_is_handed_to_programs(world, box):
    round = published(world, box)
    address = f"/api/v1/rounds/{round.pk}/"
    known = Client().get(address).json()
    assert (known["state"], known["annulled_because"]) == ("published", None)
    assert known["result"]["winners"]

    round = annulled(world, round)
    (row,) = Client().get("/api/v1/rounds/").json()["results"]
    answer = Client().get(address).json()
    assert answer == row | {"result": None}
    assert (answer["state"], answer["bundle"]) == ("annulled", None)
    assert answer["annulled_because"].endswith(WHY)
    for told in (published_result, partial(bundle_of, meta={})):
        with pytest.raises(PhaseError, match="was annulled"):
            told(round=round)


def test_a_certified_vote_cannot_be_annulled_in_this_way(world, box):
    round = published(world, box)
    with acting("system:test", "by hand"):
        Certification.objects.create(
            round=round, asked_by=world.chair, certified_by=world.officer, certified_at=core_now()
        )
    with pytest.raises(PhaseError, match="is certified"):
        call_for_annulment(by=world.chair, round=round, reason=WHY)


def test_no_decision_is_closed_while_an_objection_waits_nor_on_an_annulled_vote(world, box):
    round = published(world, box)
    resolution = move(world, round)
    vote(world, resolution, *[Vote.FOR] * 5)
    object_to_result(by=world.residents[1], round=round, text="My neighbour was told the wrong day.")
    advance_clock(by=CHALLENGE_WINDOW)
    with pytest.raises(PhaseError, match="objection to the result waits"):
        close_resolution(by=world.chair, resolution=resolution)
    annulled(world, round)

    put_off = close_resolution(by=world.chair, resolution=resolution)
    assert (put_off.status, put_off.outcome) == (Resolution.Status.DEFERRED, "The vote was annulled.")
    assert not ProjectDelivery.objects.exists()
    assert not OutboxMessage.objects.filter(topic="panels.resolution_carried").exists()
    later = move_by_hand(world, resolution)
    with pytest.raises(PhaseError, match="does not count"):
        close_resolution(by=world.chair, resolution=later)


def move_by_hand(world: World, resolution: Resolution) -> Resolution:
    """As one that was moved in the moment before the vote was annulled."""
    with acting("system:test", "by hand"):
        resolution = Resolution.objects.create(
            panel=world.panel,
            kind=resolution.kind,
            title="Later",
            round=resolution.round,
            accountable_body=resolution.accountable_body,
            term_years=5,
            moved_by=resolution.moved_by,
        )
    vote(world, resolution, *[Vote.FOR] * 5)
    return resolution


def test_a_carried_decision_on_a_vote_annulled_afterwards_waits_for_officers_and_funds_nothing(world, box):
    round = published(world, box)
    resolution = move(world, round)
    vote(world, resolution, *[Vote.FOR] * 5)
    advance_clock(by=CHALLENGE_WINDOW)
    close_resolution(by=world.chair, resolution=resolution)
    project = funded_projects().filter(round=round).first()
    round = annulled(world, round)
    stop = f"Stop what was decided on an annulled vote: {round.title}"

    assert stop in titles(world)
    assert not funded_projects().filter(round=round)
    anyone = signed_in(world.residents[3])
    assert "is annulled" in text_of(anyone.get(f"/rounds/{round.pk}/result/"))
    assert WHY in text_of(anyone.get(f"/rounds/{round.pk}/result/"))
    assert "is annulled" in text_of(anyone.get(f"/projects/{project.pk}/"))
    assert "Not started" not in text_of(anyone.get(f"/rounds/{round.pk}/"))
    assert "was annulled" in text_of(anyone.get(f"/decisions/{resolution.pk}/"))
    for by in (world.chair, world.officer):
        certify_round(by=by, round=round)
    assert stop not in titles(world)


def test_the_pages_to_annul_a_vote_and_to_report_a_key_for_its_keeper(world, box):
    round = opened(world, box)
    chair, officer = signed_in(world.chair), signed_in(world.officer)
    lost = f"/rounds/{round.pk}/keepers/1/lost/"
    assert "This key is lost" in text_of(officer.get(f"/rounds/{round.pk}/keepers/"))
    assert officer.post(lost, {"lost1-lost_note": ""}).status_code == 400
    assert "Noted." in text_of(officer.post(lost, {"lost1-lost_note": "She has died."}, follow=True))
    assert Keeper.objects.get(round=round, body=1).lost_reported_by == world.officer
    keeper = signed_in(world.keepers[0])
    assert "Somebody says that your key is lost" in text_of(keeper.get(f"/rounds/{round.pk}/my-key/"))
    assert "Said to be lost" in text_of(officer.get(f"/rounds/{round.pk}/keepers/"))
    answered = keeper.post(f"/rounds/{round.pk}/my-key/still-there/", follow=True)
    assert "It is noted that you have your key." in text_of(answered)
    assert Keeper.objects.get(round=round, body=1).lost_at is None
    assert "Noted." in text_of(officer.post(lost, {"lost1-lost_note": "She has died."}, follow=True))
    again = officer.post(f"/rounds/{round.pk}/keepers/3/lost/", {"lost3-lost_note": "Ill."})
    assert "You have reported a key" in text_of(again)
    page = f"/rounds/{round.pk}/annul/"
    assert signed_in(world.residents[0]).get(page).status_code == 403
    assert "reason is missing" in text_of(chair.post(page, {"reason": "No"}))
    assert "the other side has to agree" in text_of(chair.post(page, {"reason": WHY}, follow=True))
    assert "This vote is annulled." in text_of(officer.post(page, {"reason": WHY}, follow=True))


def test_home_counts_what_it_does_not_name(world, result):
    """Six objections: five are named, the sixth is counted."""
    with acting("system:test", "by hand"):
        Objection.objects.bulk_create(
            Objection(round=result, objector=objector, text="The wrong day.") for objector in world.residents
        )
    found = titles(world)

    assert found.count(f"Answer an objection: {result.title}") == 5
    assert "And 1 more objections to answer" in found


def test_home_of_a_panel_asks_no_more_with_more_votes(world, django_assert_max_num_queries):
    world.idea(world.round_for_ideas(), "Warm Halls")
    with CaptureQueriesContext(connection) as alone:
        waiting(world.chair)
    for _ in range(3):
        world.idea(world.round_for_ideas(), "Warm Halls")
    with django_assert_max_num_queries(len(alone)):
        assert sum(item.title.startswith("Work out ideas") for item in waiting(world.chair)) == 4
