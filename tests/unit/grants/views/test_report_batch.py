"""The page on which an officer reads every report of a due date."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.models import User
from grants.models import Report
from tests.support import sessions
from tests.unit.grants.conftest import Story
from tests.unit.grants.services.test_oversight_batches import send_in


@pytest.fixture
def as_user(client: Client) -> Callable[[User], Client]:
    return lambda user: sessions.sign_in(client, user)


def choices(*said: tuple[Report, str, str]) -> dict[str, str]:
    values = {}
    for report, what, reason in said:
        values |= {f"what_{report.pk}": what, f"reason_{report.pk}": reason}
        values[f"seen_{report.pk}"] = report.submitted_at.isoformat()
    return values


def test_reports_of_a_date_are_decided_together(stories: list[Story], as_user: Callable) -> None:
    officer = stories[0].people.officer
    address = reverse("grants:report-batch")
    client = as_user(officer)
    assert "No report waits" in client.get(address).content.decode()
    one, two, three, four = send_in(stories)
    assert f'href="{address}"' in client.get("/reviews/").content.decode()
    page = client.get(address).content.decode()
    assert "4 reports due on" in page
    assert page.count("Left in the bank") == 4
    assert "&lt;time" not in page

    left = [(one, "leave", ""), (two, "leave", ""), (three, "leave", ""), (four, "leave", "")]
    answer = client.post(address, choices(*left))
    assert (answer.status_code, "Decide on at least one" in answer.content.decode()) == (400, True)
    answer = client.post(address, choices((one, "back", ""), (two, "accept", "Why?"), *left[2:]))
    assert "Say what is missing" in answer.content.decode()
    assert "or take the reason away" in answer.content.decode()
    answer = client.post(address, choices((one, "accept", ""), *left[1:]) | {f"seen_{one.pk}": "yesterday"})
    assert "has changed since you read it" in answer.content.decode()
    said = [(one, "accept", ""), (two, "back", "Say who came."), (three, "accept", ""), left[3]]
    assert client.post(address, choices(*said)).status_code == 302

    assert set(Report.objects.exclude(accepted_at=None)) == {one, three}
    assert "1 report due on" in client.get(f"{address}?due=2030-01-01").content.decode()
    assert as_user(stories[0].people.treasurer).get(address).status_code == 403


def test_page_of_many_takes_as_many_queries_as_of_one(
    stories: list[Story],
    as_user: Callable,
    django_assert_max_num_queries: Callable,
) -> None:
    reports = send_in(stories)
    Report.objects.filter(pk=reports[0].pk)
    client = as_user(stories[0].people.officer)

    with django_assert_max_num_queries(16):
        assert client.get(reverse("grants:report-batch")).status_code == 200
