"""The officers' pages of an agreement, from draft to hold."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.models import User
from grants import services
from grants.models import AgreementStatus, Hold
from tests.support import sessions
from tests.unit.grants.conftest import Story


@pytest.fixture
def as_user(client: Client) -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        return sessions.sign_in(client, user)

    return sign_in


def url(name: str, story: Story, *more: object) -> str:
    return reverse(f"grants:{name}", args=[story.agreement.reference, *more])


def test_the_list_finds_by_status_and_words(story: Story, as_user: Callable) -> None:
    client = as_user(story.people.officer)

    assert story.agreement.reference in client.get("/agreements/").content.decode()
    assert "No agreement fits" in client.get("/agreements/?status=active").content.decode()
    assert "1 agreement" in client.get("/agreements/?q=corner+house&status=draft").content.decode()
    assert client.get("/agreements/?status=odd&q=%00").status_code == 200


def test_an_agreement_is_approved_through_its_pages(story: Story, as_user: Callable) -> None:
    people = story.people
    steps = [
        (people.officer, "agreement-recommend", {"risk": "low", "note": "", "sure": "on"}, "Recommend"),
        (people.senior, "agreement-assure", {"note": "Sound.", "sure": "on"}, "Give assurance"),
        (people.fund_director, "agreement-approve", {"minute_reference": "B 1", "sure": "on"}, "Approve"),
        (people.head, "agreement-approve", {"sure": "on"}, "Approve"),
        (people.officer, "agreement-offer", {"sure": "on"}, "Send the offer"),
    ]
    for user, name, data, button in steps:
        client = as_user(user)
        detail = client.get(url("agreement-detail", story)).content.decode()
        assert f">{button}</a>" in detail, (name, button)
        step = client.get(url(name, story))
        assert step.status_code == 200
        if name == "agreement-approve":
            assert "Sound." in step.content.decode()  # what the officer before noted
            assert "Risk" in step.content.decode()
        assert client.post(url(name, story), data).status_code == 302

    assert story.fresh().status == AgreementStatus.OFFERED


def test_terms_are_chosen_on_the_draft(story: Story, as_user: Callable) -> None:
    client = as_user(story.people.officer)
    address = url("agreement-terms", story)
    assert f'href="{address}"' in client.get(url("agreement-detail", story)).content.decode()
    chosen = {"cadence": "3", "profile": "custom", "indexation": "cpih", "rate": "2.5", "sure": "on"}

    answer = client.post(address, chosen | {"weights": "10,20,x"})
    assert answer.status_code == 400
    assert "Enter whole numbers with commas between them" in answer.content.decode()
    answer = client.post(address, chosen | {"weights": "10, 20"})
    assert "must have 10 shares, one for each year; there are 2" in answer.content.decode()
    answer = client.post(address, chosen | {"weights": "1,1,1,1,1,1,1,1,1,1", "rate": "4"})
    assert "rise by 3% a year at most" in answer.content.decode()
    answer = client.post(address, chosen | {"rate": "three", "weights": ""})
    assert "Enter a rate in per cent, like 3 or 2.25" in answer.content.decode()
    answer = client.post(address, chosen | {"profile": "even", "weights": "1", "rate": ""})
    assert "Leave this empty" in answer.content.decode()
    assert "Enter a rate above zero" in answer.content.decode()

    assert client.post(address, chosen | {"weights": "1,2,3,4,5,5,4,3,2,1"}).status_code == 302
    detail = client.get(url("agreement-detail", story)).content.decode()
    assert "own share for each year: 1, 2, 3, 4, 5, 5, 4, 3, 2, 1" in detail
    assert "With consumer prices (CPIH), by 2.5% a year at most" in detail
    assert "Every three months" in detail


def test_a_step_without_confirmation_is_refused_with_the_field(story: Story, as_user: Callable) -> None:
    answer = as_user(story.people.officer).post(url("agreement-recommend", story), {"risk": "low"})

    assert answer.status_code == 400
    assert "Tick the box" in answer.content.decode()
    assert story.fresh().status == AgreementStatus.DRAFT


def test_what_the_service_refuses_stands_in_the_form(story: Story, as_user: Callable) -> None:
    story.recommend()
    services.assure_agreement(by=story.people.senior, agreement=story.agreement)

    answer = as_user(story.people.head).post(url("agreement-approve", story), {"sure": "on"})

    assert answer.status_code == 400
    assert "you may approve up to £1,500,000" in answer.content.decode()


def test_who_took_a_step_sees_no_other(story: Story, as_user: Callable) -> None:
    story.recommend()
    client = as_user(story.people.officer)

    assert "Send back" not in client.get(url("agreement-detail", story)).content.decode()
    assert client.post(url("agreement-send-back", story), {"reason": "No."}).status_code == 403


def test_sending_back_through_the_page_needs_a_reason(story: Story, as_user: Callable) -> None:
    story.recommend()
    client = as_user(story.people.senior)

    assert client.post(url("agreement-send-back", story), {"reason": " "}).status_code == 400
    assert client.post(url("agreement-send-back", story), {"reason": "No lease."}).status_code == 302
    assert "No lease." in client.get(url("agreement-detail", story)).content.decode()


@pytest.mark.usefixtures("accepted")
def test_payments_are_held_and_let_go_by_two_people(story: Story, as_user: Callable) -> None:
    tranche = story.agreement.tranches.first()
    client = as_user(story.people.officer)
    assert client.get(url("agreement-hold", story)).status_code == 200
    assert client.post(url("agreement-hold", story), {"tranche": tranche.pk, "detail": "A query."}).status_code == 302
    hold = Hold.objects.get()
    lift = reverse("grants:hold-lift", args=[hold.pk])

    assert client.post(lift, {"reason": "Mine."}).status_code == 403
    client = as_user(story.people.senior)
    assert "A query." in client.get(url("agreement-detail", story)).content.decode()
    assert client.get(lift).status_code == 200
    assert client.post(lift, {"reason": "Answered."}).status_code == 302
    assert client.get(lift).status_code == 404


@pytest.mark.parametrize(
    "name", ["agreement-recommend", "agreement-assure", "agreement-approve", "agreement-offer", "agreement-hold"]
)
def test_a_treasurer_takes_no_officers_step(story: Story, as_user: Callable, name: str) -> None:
    client = as_user(story.people.treasurer)

    assert client.get(url("agreement-detail", story)).status_code == 403
    assert client.post(url(name, story), {"sure": "on"}).status_code == 403


def test_an_unknown_reference_is_not_found(story: Story, as_user: Callable) -> None:
    assert as_user(story.people.officer).get("/agreements/CWF-X/").status_code == 404


def test_the_case_takes_few_queries_however_long_the_schedule(
    accepted: Story, as_user: Callable, django_assert_max_num_queries: Callable
) -> None:
    client = as_user(accepted.people.officer)

    with django_assert_max_num_queries(20):
        page = client.get(url("agreement-detail", accepted)).content.decode()

    assert "&lt;" not in page
    assert "Promised" in page
