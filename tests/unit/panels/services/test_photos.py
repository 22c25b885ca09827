"""Photos of ideas and of news: who adds them, until when, how many; hidden, and taken away for good."""

import uuid
from functools import partial

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from panels.errors import PhaseError, ProposalError
from panels.models import IdeaStep, ModerationCase, Photo, PhotoFile, Proposal
from panels.selectors.moderation import cases_waiting_for
from panels.services import report_on_project
from panels.services.ideas_moderation import Complaint, answer_appeal, appeal_case, decide_case, report_idea
from panels.services.photos import MOST_PHOTOS, add_photo_of_idea, add_photo_of_news, remove_photo
from tests.unit.panels.builders import DAY, World
from tests.unit.panels.photo_files import photo_of, shot
from tests.unit.panels.services.test_ideas_moderation import RUDE, hidden
from tests.unit.panels.services.test_projects import UNDER_WAY, funded

pytestmark = pytest.mark.django_db


@pytest.fixture
def idea(world: World) -> Proposal:
    return world.idea(world.round_for_ideas(), "Warm Halls")


def refused(photo: Photo, world: World) -> None:
    """It is reported and hidden."""
    case = report_idea(by=world.residents[2], proposal=photo.proposal, about=photo, complaint=RUDE)
    decide_case(by=world.chair, case=case, hides=True, reason="A face.")


def test_a_photo_sent_twice_is_one_with_two_pictures(world, idea):
    once = shot()
    photo = add_photo_of_idea(by=idea.author, proposal=idea, shot=once)
    assert add_photo_of_idea(by=idea.author, proposal=idea, shot=once) == photo
    assert sorted(photo.files.values_list("size", flat=True)) == ["large", "small"]
    assert (photo.role, photo.width, photo.height, len(photo.digest)) == ("proposer", 160, 120, 64)


def test_photos_come_from_the_proposer_or_the_panel_until_the_vote_is_fixed(world, idea):
    assert add_photo_of_idea(by=world.chair, proposal=idea, shot=shot()).role == "panel"
    with pytest.raises(NotAllowedError, match="whoever put the idea forward"):
        add_photo_of_idea(by=world.residents[1], proposal=idea, shot=shot())
    advance_clock(by=4 * DAY)
    with pytest.raises(PhaseError, match="no new photos"):
        photo_of(idea)


def test_a_photo_needs_words_and_room(world, idea):
    with pytest.raises(ProposalError, match="Say what the photo shows"):
        add_photo_of_idea(by=idea.author, proposal=idea, shot=shot(shows="  "))
    photos = [photo_of(idea) for _ in range(MOST_PHOTOS)]
    with pytest.raises(ProposalError, match="3 photos already"):
        photo_of(idea)
    refused(photos[0], world)
    assert photo_of(idea) not in photos, "a hidden one makes room"


def test_a_hidden_idea_gets_no_photo_and_shows_none(world, idea):
    photo = photo_of(idea)
    hidden(world, idea)
    with pytest.raises(ProposalError, match="hidden"):
        photo_of(idea)
    assert (list(Photo.objects.shown()), list(Photo.objects.standing())) == ([], [photo])


def test_whoever_added_a_photo_takes_it_away_for_good(world, idea):
    photo = photo_of(idea)
    with pytest.raises(NotAllowedError, match="Only whoever added"):
        remove_photo(by=world.chair, photo=photo)
    removed = remove_photo(by=idea.author, photo=photo)
    assert remove_photo(by=idea.author, photo=photo).removed_at == removed.removed_at
    assert not PhotoFile.objects.exists()
    assert not Photo.objects.standing().exists()


def test_a_photo_is_hidden_asked_for_and_shown_again_like_an_idea(world, idea):
    photo, other = photo_of(idea), photo_of(idea)
    reporting = partial(report_idea, by=world.residents[1], proposal=idea, complaint=Complaint("private"))
    case = reporting(about=photo)
    assert (reporting(about=photo), case.author, case.thing) == (case, idea.author, "photo")
    assert reporting() != case, "the idea itself is another matter"
    decide_case(by=world.chair, case=case, hides=True, reason="A child can be recognised.")
    assert list(Photo.objects.shown()) == [other]
    assert Proposal.objects.shown().filter(pk=idea.pk).exists()
    assert "A child can be recognised." in OutgoingMessage.objects.get(subject="Your photo").body
    assert not IdeaStep.objects.exclude(kind="put_forward").exists()
    appeal_case(by=idea.author, case=case, text="It is my own child.")
    answer_appeal(by=world.officer, case=case, shows=True, reason="Their own child.")
    assert photo in Photo.objects.shown()
    again = reporting(about=photo)
    assert again not in cases_waiting_for(world.chair, again.opened_at), "who hid it does not decide again"
    assert again in cases_waiting_for(world.members[1], again.opened_at)
    with pytest.raises(NotAllowedError, match="shown again"):
        decide_case(by=world.chair, case=again, hides=True, reason="A child.")
    decided = {"outcome": "kept", "reason": "Fine.", "decided_by": world.chair, "decided_at": again.opened_at}
    with pytest.raises(IntegrityError, match="hid this before"), acting("system:test", "by hand"), transaction.atomic():
        ModerationCase.objects.filter(pk=again.pk).update(**decided)
    decide_case(by=world.chair, case=reporting(), hides=True, reason="Another matter.")


def test_a_photo_of_another_idea_is_not_reported_here(world, idea):
    photo = photo_of(world.idea(idea.round, "Other"))
    with pytest.raises(ProposalError, match="Choose why"):
        report_idea(by=world.residents[1], proposal=idea, about=photo, complaint=RUDE)


def test_news_has_photos_by_the_panel_once_there_is_any(world, result):
    project = funded(world, result)
    with pytest.raises(ProposalError, match="no news"):
        add_photo_of_news(by=world.chair, project=project, shot=shot())
    report_on_project(by=world.chair, project=project, report=UNDER_WAY)
    once = shot(submission=uuid.uuid4())
    photo = add_photo_of_news(by=world.chair, project=project, shot=once)
    assert add_photo_of_news(by=world.chair, project=project, shot=once) == photo
    assert photo.news == project.news.get()
    with pytest.raises(DomainError):
        add_photo_of_news(by=world.residents[0], project=project, shot=shot())


@pytest.mark.parametrize(
    ("changes", "rule"),
    [({"shows": ""}, "says_what_it_shows"), ({"width": 0}, "has_a_size"), ({"role": "anybody"}, "role")],
)
def test_the_database_refuses_half_a_photo(world, idea, changes, rule):
    photo = photo_of(idea)
    with pytest.raises(IntegrityError, match=f"panels_photo_{rule}"):
        Photo.objects.filter(pk=photo.pk).update(**changes)


@pytest.mark.parametrize(
    ("size", "content", "rule"),
    [("large", b"again", "once"), ("tiny", b"x", "size"), ("large", bytes(150 * 1024 + 1), "bounded")],
)
def test_the_database_bounds_pictures_and_changes_none(world, idea, size, content, rule):
    photo = photo_of(idea)
    if rule != "once":
        photo.files.all().delete()
    with pytest.raises(IntegrityError, match=f"panels_photofile_{rule}"), transaction.atomic():
        PhotoFile.objects.create(photo=photo, size=size, content=content)
    with pytest.raises(DatabaseError, match="permission denied"):
        PhotoFile.objects.update(content=b"another")
