from datetime import timedelta

import pytest
from django.urls import reverse

from cwf_portal.core.clock import core_now

pytestmark = pytest.mark.django_db
URL = "operations:demo-clock"


@pytest.fixture(autouse=True)
def in_the_demo(settings):
    settings.DEMO = True
    settings.OUTBOX_NUDGES = False


def test_clock_page_outside_the_demo_is_not_found(client, settings):
    settings.DEMO = False
    assert client.get(reverse(URL)).status_code == 404
    assert client.post(reverse(URL), {"step": "day"}).status_code == 404


def test_clock_page_opened_moves_nothing(client):
    before = core_now()
    assert client.get(reverse(URL)).status_code == 200
    assert core_now() - before < timedelta(minutes=1)


def test_clock_moved_by_a_week_says_what_time_it_is(client):
    before = core_now()
    response = client.post(reverse(URL), {"step": "week"}, follow=True)
    assert core_now() - before >= timedelta(days=7)
    assert "It is now" in response.content.decode()
    assert "&lt;" not in response.content.decode()


@pytest.mark.parametrize("step", ["", "year", "-1"])
def test_clock_moved_by_something_else_says_what_to_choose(client, step):
    before = core_now()
    response = client.post(reverse(URL), {"step": step}, follow=True)
    assert "Choose a day, a week or a month" in response.content.decode()
    assert core_now() - before < timedelta(minutes=1)
