"""The officers' pages of a variation, from the form to the version in force."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.models import User
from grants.models import Variation
from tests.support import sessions
from tests.unit.grants.conftest import Story


@pytest.fixture
def as_user(client: Client) -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        return sessions.sign_in(client, user)

    return sign_in


def proposed(story: Story, **changes: str) -> dict[str, str]:
    ends_on = story.agreement.ends_on
    values = {
        "total_pence": "6,000,000",
        "ends_on_day": f"{ends_on.day}",
        "ends_on_month": f"{ends_on.month}",
        "ends_on_year": f"{ends_on.year}",
        "cadence": "6",
        "profile": "ramped",
        "reason": "The lease comes later.",
        "consent": "Letter of 3 May",
    }
    return values | changes


def test_a_variation_goes_from_the_form_to_a_new_version(story: Story, as_user: Callable) -> None:
    agreement, people = story.accept(), story.people
    form = reverse("grants:variation-propose", args=[agreement.reference])
    client = as_user(people.officer)
    assert f'href="{form}"' in client.get(f"/agreements/{agreement.reference}/").content.decode()

    assert client.get(form).status_code == 200
    answer = client.post(form, proposed(story, amounts="1,000\nmuch"))
    assert answer.status_code == 400
    assert "Line 2: Enter an amount in pounds" in answer.content.decode()
    answer = client.post(form, proposed(story, total_pence="60,000,000"))
    assert "is wanted for this place on top" in answer.content.decode()
    answer = client.post(form, proposed(story))
    assert answer.status_code == 302

    page = client.get(answer.url).content.decode()
    assert "It goes up by its value" in page
    assert "£6,000,000" in page
    assert "−£" in page
    detail, decide = answer.url, f"{answer.url}decide/"
    steps = [(people.senior, ""), (people.fund_director, "B 4"), (people.head, "")]
    for user, minute in steps:
        client = as_user(user)
        assert f'href="{decide}"' in client.get(detail).content.decode()
        assert client.get(decide).status_code == 200
        assert client.post(decide, {"sure": "on", "minute_reference": minute}).status_code == 302

    assert story.fresh().version == 2
    page = client.get(detail).content.decode()
    assert "In force" in page
    assert decide not in page


def test_a_proposal_is_refused_with_a_reason(story: Story, as_user: Callable) -> None:
    agreement = story.accept()
    client = as_user(story.people.officer)
    detail = client.post(reverse("grants:variation-propose", args=[agreement.reference]), proposed(story)).url

    assert client.post(f"{detail}refuse/", {"reason": ""}).status_code == 400
    assert client.post(f"{detail}refuse/", {"reason": "Not yet."}).status_code == 302

    assert Variation.objects.get().status == Variation.Status.REFUSED
    assert "Not yet." in client.get(detail).content.decode()


def test_nobody_outside_sees_a_variation(story: Story, as_user: Callable) -> None:
    agreement = story.accept()
    detail = (
        as_user(story.people.officer)
        .post(reverse("grants:variation-propose", args=[agreement.reference]), proposed(story))
        .url
    )

    assert as_user(story.people.treasurer).get(detail).status_code == 403
    assert as_user(story.people.officer).get(f"/agreements/{agreement.reference}/variations/99/").status_code == 404
