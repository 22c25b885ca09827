"""The pages on which photos are added, seen, reported and deleted, and the addresses of their pictures."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cwf_portal.core.forms import files
from cwf_portal.core.pictures import MOST_BYTES
from panels.models import ModerationCase, Photo
from panels.services import report_on_project
from panels.services.ideas_moderation import decide_case
from tests.unit.panels.photo_files import SHOWS, form, photo_of
from tests.unit.panels.services.test_projects import UNDER_WAY, funded
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def idea(world):
    return world.idea(world.round_for_ideas(), "Warm Halls")


def file_of(photo: Photo, size: str = "small") -> str:
    return f"/photos/{photo.key}/{size}.webp"


def test_a_photo_is_added_seen_reported_and_hidden_on_pages(world, idea):
    author, neighbour, page = signed_in(idea.author), signed_in(world.residents[1]), f"/ideas/{idea.pk}/"
    assert "Add a photo" in text_of(author.get(page))
    assert "Add a photo" not in text_of(neighbour.get(page))
    assert 'enctype="multipart/form-data"' in text_of(author.get(f"{page}photos/new/"))
    sent = form()
    for _ in range(2):
        sent["photo"].seek(0)
        assert author.post(f"{page}photos/new/", sent)["Location"] == page
    photo = Photo.objects.get()
    read = text_of(Client().get(page))
    for words in (f'alt="{SHOWS}"', 'width="160" height="120"', 'loading="lazy"', file_of(photo, "small")):
        assert words in read
    assert f'alt="{SHOWS}"' in text_of(neighbour.get(f"{page}report/photo/{photo.key}/"))
    assert neighbour.post(f"{page}report/photo/{photo.key}/", {"why": "private"}).status_code == 302
    case = ModerationCase.objects.get()
    assert "Should this photo be shown?" in text_of(signed_in(world.chair).get(f"/ideas/checks/{case.pk}/"))
    decide_case(by=world.chair, case=case, hides=True, reason="A child can be recognised.")
    assert SHOWS not in text_of(Client().get(page))
    assert "Your photo is hidden" in text_of(author.get(f"/ideas/checks/{case.pk}/appeal/"))
    assert neighbour.get(f"{page}report/photo/{photo.key}/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"photo": ""}, "Choose a photo"),
        ({"photo": SimpleUploadedFile("a.jpg", b"<svg/>")}, "We cannot read this file as a photo."),
        ({"photo": SimpleUploadedFile("a.jpg", bytes(MOST_BYTES + 2))}, "The photo is larger than 10 MB."),
        ({"shows": " "}, "Say in one sentence what the photo shows"),
        ({"may": ""}, "Tick the box"),
        ({"submission": "none"}, "This page is out of date."),
    ],
)
def test_a_photo_that_cannot_be_taken_is_refused_with_a_sentence(world, idea, changes, says):
    response = signed_in(idea.author).post(f"/ideas/{idea.pk}/photos/new/", form(**changes))

    assert response.status_code == 400
    assert "shows" in changes or SHOWS in text_of(response)  # nothing else is lost
    assert says in text_of(response)
    assert not Photo.objects.exists()


def test_somebody_else_cannot_add_one(world, idea):
    response = signed_in(world.residents[1]).post(f"/ideas/{idea.pk}/photos/new/", form())
    assert "Photos come from whoever put the idea forward" in text_of(response)


def test_a_picture_is_the_same_for_everybody_and_asked_for_once(world, idea, django_assert_num_queries):
    photo = photo_of(idea)
    signed = signed_in(world.residents[1])
    with django_assert_num_queries(2):
        response = signed.get(file_of(photo))
    assert (response["Content-Type"], response.content[8:12]) == ("image/webp", b"WEBP")
    assert (response["Cache-Control"], response["X-Content-Type-Options"]) == ("public, no-cache", "nosniff")
    assert "Cookie" not in response.get("Vary", "")
    with django_assert_num_queries(1):
        again = signed.get(file_of(photo), headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", response["ETag"])
    assert Client().get(file_of(photo, "large"))["ETag"] != response["ETag"]
    for missing in (file_of(photo, "huge"), f"/photos/{uuid.uuid4()}/small.webp"):
        assert Client().get(missing).status_code == 404


def test_a_hidden_picture_is_for_whoever_added_it_and_moderators(world, idea):
    photo = photo_of(idea)
    report = {"why": "private"}
    signed_in(world.residents[1]).post(f"/ideas/{idea.pk}/report/photo/{photo.key}/", report)
    decide_case(by=world.chair, case=ModerationCase.objects.get(), hides=True, reason="A child.")
    for user in (idea.author, world.chair, world.officer):
        response = signed_in(user).get(file_of(photo))
        assert (response.status_code, response["Cache-Control"]) == (200, "no-store, private")
    for client in (Client(), signed_in(world.residents[1])):
        assert client.get(file_of(photo)).status_code == 404


def test_a_photo_is_deleted_by_whoever_added_it(world, idea):
    photo = photo_of(idea)
    assert signed_in(world.residents[1]).post(f"/photos/{photo.key}/delete/").status_code == 404
    author = signed_in(idea.author)
    assert "Delete this photo" in text_of(author.get(f"/ideas/{idea.pk}/"))
    assert "The photo is deleted." in text_of(author.post(f"/photos/{photo.key}/delete/", follow=True))
    assert author.get(file_of(photo)).status_code == 404


def test_lists_show_photos_only_when_asked(world, idea, django_assert_max_num_queries):
    other = world.idea(idea.round, "Other")
    pages = [f"/rounds/{idea.round_id}/ideas/"]
    assert "Show photos" not in text_of(Client().get(pages[0]))
    for one in (idea, idea, other):
        photo_of(one)
    for page in pages:
        read = text_of(Client().get(page))
        assert "Show photos" in read
        assert "<img" not in read
        with django_assert_max_num_queries(9):
            asked = text_of(Client().get(f"{page}?photos=yes"))
        assert asked.count("<img") == 2
        assert "Hide the photos" in asked


def test_projects_of_a_vote_and_their_news_show_photos(world, result):
    project = funded(world, result)
    chair, page = signed_in(world.chair), f"/projects/{project.pk}/"
    refused = chair.post(f"{page}photos/new/", form())
    assert "There is no news about this project yet." in text_of(refused)
    report_on_project(by=world.chair, project=project, report=UNDER_WAY)
    assert "Add a photo to the latest news" in text_of(chair.get(page))
    assert chair.post(f"{page}photos/new/", form())["Location"] == page
    assert f'alt="{SHOWS}"' in text_of(Client().get(page))
    assert "Show photos" not in text_of(Client().get(f"/rounds/{project.round_id}/")), "news is not the idea"
    assert chair.post(f"/photos/{Photo.objects.get().key}/delete/")["Location"] == page


def test_no_photo_is_decoded_of_somebody_who_may_add_none(world, idea, monkeypatch):
    monkeypatch.setattr(files, "read_picture", lambda raw: pytest.fail("decoded"))
    response = signed_in(world.residents[1]).post(f"/ideas/{idea.pk}/photos/new/", form())
    assert response.status_code == 403


def test_whoever_sends_very_many_photos_waits(world, idea, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"photo": "1/h/key"}
    author = signed_in(idea.author)
    author.post(f"/ideas/{idea.pk}/photos/new/", form())
    response = author.post(f"/ideas/{idea.pk}/photos/new/", form())
    assert "You have sent many photos. Try again in an hour." in text_of(response)
    assert Photo.objects.count() == 1
