"""Nobody confirms what they have not read: what changed between opening a page and sending it is shown first."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from grants import services
from grants.models import Report, Review, TrancheStatus
from tests.support import sessions
from tests.unit.grants.conftest import Story

DISCONTINUE, CONTINUE = Review.Outcome.DISCONTINUE, Review.Outcome.CONTINUE


@pytest.fixture
def reviewed(story: Story, pass_time: Callable[..., None]) -> Story:
    """An agreement whose first year is over, with its report accepted and nothing proposed yet."""
    story.accept()
    pass_time(days=367)
    send_report(story)
    services.accept_report(by=story.people.officer, report=Report.objects.get(year=1))
    return story


def send_report(story: Story, *, spent_pence: int = 100) -> None:
    report = Report.objects.get(agreement=story.agreement, year=1)
    services.submit_report(
        by=story.people.treasurer, report=report, spent_pence=spent_pence, unspent_pence=0, summary="A roof."
    )


def propose(story: Story, outcome: Review.Outcome, ground: Review.Ground | None = None) -> Review:
    review = story.agreement.reviews.get(year=1)
    return services.propose_review(by=story.people.officer, review=review, outcome=outcome, ground=ground, note="Seen.")


def address(story: Story, name: str) -> str:
    return reverse(f"grants:{name}", args=[story.agreement.reference, 1])


def opened(client: Client, page: str) -> tuple[str, str]:
    """The page and the mark that its form carries."""
    text = client.get(page).content.decode()
    mark = re.search(r'name="seen" value="([0-9a-f]+)"', text)
    assert mark
    return text, mark[1]


def test_who_confirms_a_review_is_shown_again_what_was_proposed_meanwhile(reviewed: Story, client: Client) -> None:
    propose(reviewed, CONTINUE)
    sessions.sign_in(client, reviewed.people.senior)
    page = address(reviewed, "review-confirm")
    _, seen = opened(client, page)
    propose(reviewed, DISCONTINUE, Review.Ground.NO_PANEL)

    answer = client.post(page, {"sure": "on", "seen": seen})

    assert answer.status_code == 400
    assert "This page has changed since you opened it." in answer.content.decode()
    assert Review.objects.get(year=1).confirmed_at is None
    _, seen = opened(client, page)
    assert client.post(page, {"sure": "on", "seen": seen}).status_code == 302
    assert Review.objects.get(year=1).confirmed_by == reviewed.people.senior


def test_a_page_that_is_opened_twice_carries_the_same_mark(reviewed: Story, client: Client) -> None:
    sessions.sign_in(client, reviewed.people.officer)
    page = address(reviewed, "review-propose")
    assert opened(client, page)[1] == opened(client, page)[1]


def test_a_review_says_what_was_sent_what_the_report_says_and_what_either_outcome_does(
    reviewed: Story, client: Client
) -> None:
    sessions.sign_in(client, reviewed.people.officer)
    text, _ = opened(client, address(reviewed, "review-propose"))
    assert "Spent £1, left £0; accepted" in text
    assert "Payments 4 and 5, " in text
    assert f'href="/agreements/{reviewed.agreement.reference}/"' in text
    pledged = sum(one.total_pence for one in reviewed.agreement.tranches.filter(status=TrancheStatus.PLEDGED))
    assert f"£{pledged // 100:,}" in text
    assert "promised before is still paid" in text


@pytest.mark.parametrize(
    ("outcome", "ground", "button", "warned"),
    [
        (CONTINUE, None, "Confirm: it continues", False),
        (DISCONTINUE, Review.Ground.NO_PANEL, "Discontinue the agreement", True),
    ],
)
def test_who_confirms_reads_what_confirming_does(
    reviewed: Story, client: Client, outcome: Review.Outcome, ground: Review.Ground | None, button: str, warned: bool
) -> None:
    propose(reviewed, outcome, ground)
    sessions.sign_in(client, reviewed.people.senior)
    text, _ = opened(client, address(reviewed, "review-confirm"))
    assert button in text
    assert ("Nobody can take that back" in text) is warned
    assert ("become a legal promise" in text) is not warned
    assert f'href="{address(reviewed, "review-propose")}"' in text


def test_a_report_that_came_in_anew_is_read_before_it_is_accepted(
    story: Story, client: Client, pass_time: Callable[..., None]
) -> None:
    story.accept()
    pass_time(days=367)
    send_report(story)
    read = Report.objects.get(year=1).submitted_at
    assert read
    send_report(story, spent_pence=999_999)
    sessions.sign_in(client, story.people.officer)

    answer = client.post(address(story, "report-accept"), {"read": read.isoformat()})

    assert answer.status_code == 409
    assert Report.objects.get(year=1).accepted_at is None


def test_a_treasurer_reads_what_was_sent_for_the_year_and_when_the_report_is_due(paid: object, client: Client) -> None:
    report = Report.objects.filter(agreement__tranches__status=TrancheStatus.PAID, year=1).first()
    assert report
    treasurer = report.agreement.body.contacts.get(role="treasurer").user
    sessions.sign_in(client, treasurer)
    text = client.get(reverse("grants:report-submit", args=[report.agreement.reference, 1])).content.decode()
    assert "Sent for year 1" in text
    assert "payment 1" in text
