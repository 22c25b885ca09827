"""An officer sets up a panel and seats its members through the pages."""

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.permissions import Role
from neighbourhoods.selectors import neighbourhoods_on_target_list
from panels.models import Panel, PanelMembership
from panels.services import create_panel
from tests.unit.panels.builders import World, person, place
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(world: World) -> Client:
    return signed_in(person(Role.GRANTS_OFFICER))


def seat(**changes: str) -> dict[str, str]:
    return {"lives": "yes", "chairs": "no", "interests": ""} | changes


def test_an_officer_sets_up_the_panel_of_a_place_without_one(officer: Client) -> None:
    new = reverse("panels:panel-new")
    code = neighbourhoods_on_target_list()[0].code
    assert f'value="{code}"' in text_of(officer.get(new))

    answer = officer.post(new, {"neighbourhood": code})

    panel = Panel.objects.get(neighbourhood__code=code)
    assert answer.url == reverse("panels:panel-members", args=[panel.pk])
    again = officer.post(new, {"neighbourhood": code})
    assert again.status_code == 400, "a place with a panel is no longer offered"
    assert Panel.objects.filter(neighbourhood__code=code).count() == 1


def test_the_place_page_leads_an_officer_there_and_nobody_else(officer: Client, client: Client) -> None:
    code = neighbourhoods_on_target_list()[0].code
    page = reverse("neighbourhoods:place-detail", args=[code])
    address = f"{reverse('panels:panel-new')}?place={code}"

    assert address in text_of(officer.get(page))
    assert f'value="{code}" selected' in text_of(officer.get(address))
    assert address not in text_of(client.get(page))


def test_the_first_member_may_be_the_chair_and_a_stranger_may_not_outweigh_residents(
    officer: Client, world: World
) -> None:
    panel = create_panel(by=world.officer, neighbourhood=place())
    members = reverse("panels:panel-members", args=[panel.pk])
    chair, stranger = person(name="Ann Chair"), person(name="Bob Elsewhere")

    assert "Nobody sits on it yet" in text_of(officer.get(members))
    assert officer.post(members, seat(email=chair.email, chairs="yes", interests="Trustee")).status_code == 302
    refused = officer.post(members, seat(email=stranger.email, lives="no"))

    page = text_of(officer.get(members))
    assert "Ann Chair" in page
    assert "chair, lives here. Interests: Trustee" in page
    assert refused.status_code == 400
    assert "At least 51 of 100 members must live here" in text_of(refused)
    assert "Bob Elsewhere" not in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": "nobody@sample.example"}, "No account has this address"),
        ({"email": ""}, "Enter their email address"),
        ({"email": "ann", "lives": "perhaps"}, "Choose one of the answers listed"),
    ],
)
def test_what_is_wrong_stands_in_the_form_and_nobody_is_seated(
    officer: Client, world: World, fields: dict[str, str], sentence: str
) -> None:
    before = PanelMembership.objects.count()

    answer = officer.post(reverse("panels:panel-members", args=[world.panel.pk]), seat(**fields))

    assert answer.status_code == 400
    assert sentence in text_of(answer)
    assert PanelMembership.objects.count() == before


def test_a_term_is_ended_once_and_shown(officer: Client, world: World) -> None:
    membership = world.panel.memberships.get(is_chair=False, user=world.members[1])
    end = reverse("panels:member-end", args=[world.panel.pk, membership.pk])

    asked = text_of(officer.get(end))
    assert f"End the term of {membership.user} today?" in asked
    assert "Without them the panel cannot take decisions. The panel has 7 members; it needs at least 8." in asked
    membership.refresh_from_db()
    assert membership.ends_on is None, "looking ends nothing"
    assert officer.post(end).status_code == 302
    assert officer.post(end).status_code == 302

    membership.refresh_from_db()
    assert membership.ends_on is not None
    assert f"Until {membership.ends_on.day}" in text_of(
        officer.get(reverse("panels:panel-members", args=[world.panel.pk]))
    )


def test_a_member_of_another_panel_is_not_found(officer: Client, world: World) -> None:
    other = create_panel(by=world.officer, neighbourhood=place())
    membership = world.panel.memberships.first()

    answer = officer.post(reverse("panels:member-end", args=[other.pk, membership.pk]))

    assert answer.status_code == 404


def test_only_officers_seat_members(world: World) -> None:
    client = signed_in(world.chair)
    for address in (reverse("panels:panel-new"), reverse("panels:panel-members", args=[world.panel.pk])):
        assert client.get(address).status_code == 403
    assert "Seat members" not in text_of(client.get(reverse("panels:panel-detail", args=[world.panel.pk])))
