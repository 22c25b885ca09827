"""An officer registers an organisation, names its people and renews its checks through the pages."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from grants import services
from grants.models import AccountableBody, BodyContact
from grants.selectors.days import today
from grants.waiting.agreements import waiting
from tests.unit.grants.conftest import People, Story, make_person


@pytest.fixture
def officer(people: People) -> User:
    return make_person("officer-of-organisations", Role.GRANTS_OFFICER)


@pytest.fixture
def desk(client: Client, officer: User) -> Client:
    client.force_login(officer)
    return client


def text(client: Client, name: str, *arguments: object) -> str:
    answer = client.get(reverse(f"grants:{name}", args=arguments))
    assert answer.status_code == 200
    return answer.content.decode()


def day_fields(name: str, day: date) -> dict[str, str]:
    return {f"{name}_day": str(day.day), f"{name}_month": str(day.month), f"{name}_year": str(day.year)}


def facts(**changes: str) -> dict[str, str]:
    checked = day_fields("due_diligence_expires_on", today() + timedelta(days=400))
    return {
        "name": "Elm Street Trust",
        "registration": "1234567",
        "legal_form": "charity",
        "sure": "on",
        **checked,
        **changes,
    }


def test_an_organisation_is_registered_and_says_what_it_still_needs(desk: Client) -> None:
    answer = desk.post(reverse("grants:body-new"), facts())

    body = AccountableBody.objects.get(organisation__name="Elm Street Trust")
    assert answer.url == reverse("grants:body-detail", args=[body.pk])
    page = text(desk, "body-detail", body.pk)
    for sentence in ("Cannot be paid", "Nobody signs for it", "Nobody keeps its accounts", "It has no bank details"):
        assert sentence in page
    assert "Elm Street Trust" in text(desk, "body-list")


def test_a_double_click_registers_once(desk: Client) -> None:
    first, second = (desk.post(reverse("grants:body-new"), facts()) for _ in range(2))

    assert first.url == second.url
    assert AccountableBody.objects.filter(organisation__name="Elm Street Trust").count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Enter the name of the organisation"),
        ({"legal_form": "guild"}, "Choose one of the answers listed"),
        ({"due_diligence_expires_on_year": "2001"}, "The checks on this organisation have run out."),
        ({"sure": ""}, "The checks are done, and their papers are filed"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_registered(desk: Client, changes: dict[str, str], sentence: str) -> None:
    answer = desk.post(reverse("grants:body-new"), facts(**changes))

    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not AccountableBody.objects.filter(organisation__name="Elm Street Trust").exists()


def test_people_are_named_once_and_never_for_both(desk: Client, officer: User) -> None:
    desk.post(reverse("grants:body-new"), facts())
    body = AccountableBody.objects.get(organisation__name="Elm Street Trust")
    new = reverse("grants:contact-new", args=[body.pk])
    signatory = make_person("signs-for-elm-street")

    assert desk.post(new, {"email": signatory.email, "role": "signatory"}).status_code == 302
    both = desk.post(new, {"email": signatory.email, "role": "treasurer"})
    own = desk.post(new, {"email": officer.email, "role": "treasurer"})

    assert both.status_code == 400
    assert "is already signatory" in both.content.decode()
    assert own.status_code == 403
    assert BodyContact.objects.filter(body=body).count() == 1
    assert "Nobody signs for it" not in text(desk, "body-detail", body.pk)


def test_somebody_who_leaves_no_longer_acts(desk: Client, story: Story) -> None:
    contact = BodyContact.objects.standing().get(body=story.agreement.body, role=BodyContact.Role.SIGNATORY)
    end = reverse("grants:contact-end", args=[contact.body_id, contact.pk])

    asked = text(desk, "contact-end", contact.body_id, contact.pk)
    assert "Name another signatory soon" in asked
    assert BodyContact.objects.standing().filter(pk=contact.pk).exists(), "looking ends nothing"
    assert f'href="{end}"' in text(desk, "body-detail", contact.body_id)
    assert desk.post(end).status_code == 302
    assert desk.post(end).status_code == 404, "whoever has left is no longer there to end"
    assert not BodyContact.objects.standing().filter(pk=contact.pk).exists()
    assert "Nobody signs for it" in text(desk, "body-detail", contact.body_id)


def test_checks_that_run_out_wait_on_the_desk_until_they_are_renewed(
    desk: Client, officer: User, story: Story, pass_time: Callable[..., None]
) -> None:
    body = story.agreement.body
    pass_time(days=(body.due_diligence_expires_on - today()).days + 1)
    title = f"Check {body} again"
    assert [item.kind for item in waiting(officer) if item.title == title] == ["late"]
    renew = reverse("grants:checks-renew", args=[body.pk])

    early = desk.post(renew, {"note": "Accounts seen", **day_fields("expires_on", today() - timedelta(days=1))})
    silent = desk.post(renew, {"note": "", **day_fields("expires_on", today() + timedelta(days=500))})
    done = desk.post(renew, {"note": "Accounts seen", **day_fields("expires_on", today() + timedelta(days=500))})

    assert early.status_code == 400
    assert "The checks would end earlier than they do now." in early.content.decode()
    assert silent.status_code == 400
    assert done.status_code == 302
    assert title not in [item.title for item in waiting(officer)]


def test_a_service_refuses_a_note_of_spaces_and_a_stranger(story: Story, officer: User) -> None:
    body, later = story.agreement.body, today() + timedelta(days=9_000)

    with pytest.raises(DomainError, match="need a note"):
        services.renew_checks(by=officer, body=body, expires_on=later, note="  ")
    with pytest.raises(NotAllowedError, match="may not do this"):
        services.renew_checks(by=story.people.treasurer, body=body, expires_on=later, note="Seen")


def test_the_list_asks_the_same_few_queries_however_many_there_are(
    desk: Client, story: Story, django_assert_num_queries: Callable
) -> None:
    text(desk, "body-list")
    with django_assert_num_queries(6):
        text(desk, "body-list")
    for number in range(3):
        desk.post(reverse("grants:body-new"), facts(name=f"Trust {number}"))
    text(desk, "body-list")
    with django_assert_num_queries(6):
        page = text(desk, "body-list")
    assert "Trust 2" in page


def test_only_officers_register(client: Client, story: Story) -> None:
    client.force_login(story.people.treasurer)
    for name, arguments in (("body-list", []), ("body-new", []), ("body-detail", [story.agreement.body_id])):
        assert client.get(reverse(f"grants:{name}", args=arguments)).status_code == 403
