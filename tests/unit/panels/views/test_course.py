"""What everybody reads of a vote from its first day to its end: what comes next, and when its result is final."""

from datetime import timedelta

import pytest
from django.test import Client

from cwf_portal.core.clock import advance_clock, core_now
from panels.models import Round
from panels.services import call_for_annulment, certify_round, open_box, publish_result
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_certifying import attested
from tests.unit.panels.services.test_kinds import POLL
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
WAYS = {"pl": "Wynik ostateczny", "ur": "نتیجہ حتمی", "bn": "ফল চূড়ান্ত"}
TO_COME = "Then people can object to the result for 14 days."


def page_of(round: Round, page: str = "", **language: str) -> str:
    return text_of(Client().get(f"/rounds/{round.pk}/{page}", language))


def published(world: World, box: Round) -> Round:
    """As `over`, but people can still object."""
    round = attested(world, open_box(by=world.chair, round=box, keys=world.keys))
    publish_result(by=world.chair, round=round)
    return round


def test_before_the_result_everybody_reads_what_comes_of_the_votes(world, box):
    assert TO_COME in page_of(box)
    assert "Working out what ideas cost" in page_of(box)
    open_box(by=world.chair, round=box, keys=world.keys)

    assert "The panel publishes the result next." in page_of(box)


def test_a_result_is_final_once_two_people_have_ended_the_vote(world, box):
    round = published(world, box)
    assert "People of the place can object to it until" in page_of(round)
    assert "object to this result</a> until" in page_of(round, "result/")

    advance_clock(to=core_now() + timedelta(days=14))
    for page in ("", "result/"):
        assert "Two people have still to end the vote." in page_of(round, page)
    manage = signed_in(world.chair)
    certify_round(by=world.chair, round=round)
    assert "Two people have still to end the vote." in page_of(round)

    certify_round(by=world.officer, round=round)
    for page in ("", "result/"):
        assert "two people have ended the vote, and the locked votes are deleted" in page_of(round, page)
    assert "Result final" in page_of(round)
    assert "Result final" in text_of(manage.get(f"/rounds/{round.pk}/manage/"))
    assert [WAYS[language] in page_of(round, language=language) for language in WAYS] == [True] * 3
    assert Client().get(f"/rounds/{round.pk}/bundle.zip").status_code == 200


@pytest.mark.parametrize("options", [POLL])
def test_whoever_runs_a_poll_is_led_to_its_end(world, box):
    round, chair = published(world, box), signed_in(world.chair)
    manage = f"/rounds/{round.pk}/manage/"
    assert "nothing is left to decide" in text_of(chair.get(manage))
    advance_clock(to=core_now() + timedelta(days=14))
    page = text_of(chair.get(manage))

    assert "Certify the vote" in page
    assert f"/rounds/{round.pk}/certify/" in page


def test_of_an_annulled_vote_nothing_is_said_to_come(world, box):
    round = published(world, box)
    for one in (world.chair, world.officer):
        call_for_annulment(by=one, round=round, reason="The poster named another day.")

    for page in ("", "result/"):
        assert "object to it until" not in page_of(round, page)
        assert TO_COME not in page_of(round, page)
