"""Following a place from its page."""

import pytest
from django.test import Client
from django.urls import reverse

from neighbourhoods.models import PlaceFollow
from tests.support.sessions import sign_in
from tests.unit.neighbourhoods.conftest import TRIMDON

pytestmark = pytest.mark.django_db
PAGE, PLACE = reverse("neighbourhoods:place-follow", args=[TRIMDON]), f"/places/{TRIMDON}/"


def wishes() -> list[tuple[str, bool]]:
    return list(PlaceFollow.objects.order_by("pk").values_list("user__email", "is_weekly"))


def test_a_place_is_followed_from_its_page_changed_and_stopped(person, trimdon):
    client = sign_in(Client(enforce_csrf_checks=False), person("ada@example.org"))
    assert PAGE in client.get(PLACE).content.decode()
    assert "Stop writing to me" not in client.get(PAGE).content.decode()
    assert "We write to you about this place." in client.post(PAGE, {"often": "at-once"}, follow=True).content.decode()
    assert wishes() == [("ada@example.org", False)]
    client.post(PAGE, {"often": "weekly"})
    assert wishes() == [("ada@example.org", True)]
    assert "We write to you once a week." in client.get(reverse("core:home")).content.decode()
    assert "Stop writing to me" in client.get(PAGE).content.decode()
    for _ in range(2):
        assert "no longer write" in client.post(PAGE, {"stop": "yes"}, follow=True).content.decode()
    assert wishes() == []


def test_nobody_follows_without_signing_in_or_for_somebody_else(person, trimdon):
    assert Client().post(PAGE, {"often": "weekly"}).status_code == 302
    other, client = person("ben@example.org"), sign_in(Client(), person("ada@example.org"))
    client.post(PAGE, {"often": "weekly", "user": other.pk, "by": other.pk, "told_to": 99})
    assert wishes() == [("ada@example.org", True)]
    sign_in(Client(), other).post(PAGE, {"stop": "yes"})
    assert wishes() == [("ada@example.org", True)]


def test_an_answer_that_is_not_listed_and_a_place_that_is_not_there_are_refused(person):
    client = sign_in(Client(), person("ada@example.org"))
    for sent in ({"often": "hourly"}, {"often": ""}):
        assert client.post(PAGE, sent).status_code == 400
    assert client.get("/places/E99999999/follow/").status_code == 404
    assert client.post("/places/E99999999/follow/", {"stop": "yes"}).status_code == 404
    assert wishes() == []
