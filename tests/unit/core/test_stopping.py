"""Whoever holds a letter ends what it came from, without signing in, and nothing else."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import get_resolver

from cwf_portal.core import stopping
from cwf_portal.core.messages import Letter, deliver_messages, send_many
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.stopping import ended_by_link, stop_address, stop_line
from tests.repo.test_access import addresses

pytestmark = pytest.mark.django_db
HEADER = "List-Unsubscribe"


@pytest.fixture
def ended(monkeypatch) -> list[int]:
    """Keys of the wishes that a link ended."""
    monkeypatch.setattr(stopping, "_stops", {})
    keys: list[int] = []
    ended_by_link("test")(keys.append)
    return keys


def test_opening_the_link_ends_nothing_and_pressing_does_without_signing_in_or_a_form(ended):
    program, page = Client(enforce_csrf_checks=True), stop_address("test", 7)
    assert "You need not sign in." in program.get(page).content.decode()
    assert program.head(page).status_code == 200
    assert ended == []
    for _ in range(2):
        answer = program.post(page, {"List-Unsubscribe": "One-Click"})
        assert "We no longer write to you about this" in answer.content.decode()
    assert ended == [7, 7]
    assert "no-store" in answer["Cache-Control"]


def test_a_link_that_is_not_ours_ends_nothing(ended):
    page = stop_address("test", 7)
    for wrong in (page.replace("test.7", "test.8"), page.replace("test.7", "project.7"), "/letters/stop/test.7/"):
        assert Client().get(wrong).status_code == 404
        assert Client().post(wrong).status_code == 404
    assert ended == []


def test_only_this_page_takes_what_comes_without_the_token_of_a_form():
    routes = addresses(get_resolver().url_patterns)
    exempt = {pattern.name for _, pattern in routes if getattr(pattern.callback, "csrf_exempt", False)}
    api = {name for name in exempt if (name or "").startswith("api-")}
    assert exempt - api == {"letter-stop"}


@pytest.mark.usefixtures("ended")
def test_a_letter_that_was_asked_for_says_in_its_head_how_it_ends_and_forgets_it_once_it_went(settings):
    settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    stop = stop_address("test", 7)
    send_many([Letter("ada@example.org", "News", "It is so.", stop), ("ben@example.org", "A", "B")], topic="test")
    deliver_messages(None)
    asked_for, other = mail.outbox
    assert asked_for.message()[HEADER] == f"<{stop}>"
    assert asked_for.message()[f"{HEADER}-Post"] == "List-Unsubscribe=One-Click"
    assert HEADER not in other.message()
    assert set(OutgoingMessage.objects.values_list("stop_address", flat=True)) == {""}


def test_the_line_at_the_end_says_it_in_every_language():
    line = stop_line("http://testserver/x/")
    assert line.startswith("Stop these emails · ")
    assert line.count("·") == 3
    assert line.endswith(": http://testserver/x/")
