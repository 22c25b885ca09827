"""The officers' pages of a variation, from the form to the version in force."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.models import User
from grants.models import Variation
from grants.presenters.variation import diff_rows, source_rows
from grants.services.compare_variation import Side
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


def test_a_variation_goes_from_the_form_to_a_new_version(accepted: Story, as_user: Callable) -> None:
    agreement, people = accepted.agreement, accepted.people
    form = reverse("grants:variation-propose", args=[agreement.reference])
    client = as_user(people.officer)
    assert f'href="{form}"' in client.get(f"/agreements/{agreement.reference}/").content.decode()

    assert client.get(form).status_code == 200
    answer = client.post(form, proposed(accepted, amounts="1,000\nmuch"))
    assert answer.status_code == 400
    assert "Line 2: Enter an amount in pounds" in answer.content.decode()
    answer = client.post(form, proposed(accepted, total_pence="60,000,000"))
    assert "is wanted for this place on top" in answer.content.decode()
    answer = client.post(form, proposed(accepted))
    assert answer.status_code == 302

    page = client.get(answer.url).content.decode()
    assert "Who pays, before and after" in page
    assert "Lottery match" in page
    assert "contribution −£" in page
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

    assert accepted.fresh().version == 2
    page = client.get(detail).content.decode()
    assert "In force" in page
    assert "Who pays, before and after" in page
    assert decide not in page


def test_a_proposal_is_refused_with_a_reason(accepted: Story, as_user: Callable) -> None:
    agreement = accepted.agreement
    client = as_user(accepted.people.officer)
    detail = client.post(reverse("grants:variation-propose", args=[agreement.reference]), proposed(accepted)).url

    assert client.post(f"{detail}refuse/", {"reason": ""}).status_code == 400
    assert client.post(f"{detail}refuse/", {"reason": "Not yet."}).status_code == 302

    assert Variation.objects.get().status == Variation.Status.REFUSED
    assert "Not yet." in client.get(detail).content.decode()


def test_nobody_outside_sees_a_variation(accepted: Story, as_user: Callable) -> None:
    agreement = accepted.agreement
    detail = (
        as_user(accepted.people.officer)
        .post(reverse("grants:variation-propose", args=[agreement.reference]), proposed(accepted))
        .url
    )

    assert as_user(accepted.people.treasurer).get(detail).status_code == 403
    assert as_user(accepted.people.officer).get(f"/agreements/{agreement.reference}/variations/99/").status_code == 404


def test_a_change_of_the_contribution_or_of_prices_alone_is_shown() -> None:
    day = date(2027, 6, 20)
    before = {1: Side(day, 100_00, 0, 5_00), 2: Side(day, 100_00, 3_00, 5_00, "committed"), 3: Side(day, 100_00, 0, 0)}
    after = {1: Side(day, 100_00, 0, 4_00), 2: Side(day, 100_00, 2_00, 5_00, "committed"), 3: before[3]}

    contribution, prices, same = diff_rows(before, after)

    assert contribution.is_changed
    assert (contribution.before, contribution.after) == (
        ["£100", "contribution £5"],
        ["£100", "contribution £4"],
    )
    assert contribution.change == ["–", "contribution −£1"]
    assert prices.is_changed
    assert prices.change == ["–", "prices −£1", "contribution –"]
    assert (same.is_changed, same.before) == (False, ["£100"])


def test_a_change_of_who_pays_is_shown() -> None:
    rows = source_rows({"One": (100_00, 5_00)}, {"One": (60_00, 5_00), "Two": (40_00, 0)})

    assert [(row.source, row.purpose, row.before, row.after, row.change, row.is_changed) for row in rows] == [
        ("One", "Grant", "£100", "£60", "−£40", True),
        ("One", "Contribution", "£5", "£5", "–", False),
        ("Two", "Grant", "£0", "£40", "+£40", True),
        ("Two", "Contribution", "£0", "£0", "–", False),
    ]
