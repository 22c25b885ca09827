from datetime import date

import pytest
from django.urls import reverse

from cwf_portal.core.audit import acting
from cwf_portal.core.navigation import navigation_for
from cwf_portal.core.permissions import Role
from cwf_portal.core.waiting import waiting_for
from neighbourhoods.models import ConstituencyAccess
from neighbourhoods.services import publish_event, publish_observations, sync_measures
from tests.unit.neighbourhoods.conftest import A_DAY

pytestmark = pytest.mark.django_db
LONG_AGO, LATER = date(2020, 1, 1), date(2090, 1, 1)


@pytest.fixture
def sent(trimdon, row):
    """£1,000 sent to Trimdon and Thornley, a late report and a coming payment."""
    sync_measures(by="system:test")
    rows = {"grants.sent": [row(trimdon, 100_000)]}
    publish_observations(by="system:test", measures=["grants.sent"], rows=rows, as_of=A_DAY, complete_for=None)
    with acting("system:test", "test"):
        publish_event(
            key="late", kind="test.yearly_report", neighbourhood=trimdon, happens_on=LONG_AGO,
            params={"reason": "The form was lost."}, audience="mp",
        )  # fmt: skip
        publish_event(key="next", kind="test.big_day", neighbourhood=trimdon, happens_on=LATER)
        publish_event(
            key="inside", kind="test.officers_only", neighbourhood=trimdon, happens_on=LATER, audience="officer"
        )


def home(client, name):
    return client.get(reverse(f"neighbourhoods:{name}-home"))


def test_mp_sees_the_constituencys_part_the_places_what_comes_and_what_is_late(
    client, mp, sent, django_assert_max_num_queries
):
    client.force_login(mp)
    with django_assert_max_num_queries(14):
        text = home(client, "mp").content.decode()
    assert "Easington" in text
    assert "£481" in text
    assert "£1,000" in text
    assert "The form was lost." in text
    assert "Big day" in text
    assert "Officers only" not in text

    place = next(item for item in waiting_for(mp)["know"] if item.url == "/mp/")
    assert place.detail == "£481 sent. What comes next, place by place."


def test_a_figure_of_money_says_what_comes_from_which_source(client, sent, trimdon, row):
    parts = {"grants.sent.dormant": [row(trimdon, 60_000)], "grants.sent.lottery": [row(trimdon, 40_000)]}
    parts |= {"grants.sent.other": [row(trimdon, 0)]}
    publish_observations(by="system:test", measures=list(parts), rows=parts, as_of=A_DAY, complete_for=None)

    text = client.get(f"/places/{trimdon.code}/").content.decode()

    assert "£600 from forgotten accounts, £400 from the Lottery match. Last changed" in text
    assert "£0 from other givers" not in text


def test_public_page_does_not_show_what_is_meant_for_mps(client, sent):
    text = client.get("/constituencies/E14001211/").content.decode()
    assert "The form was lost." not in text
    assert "Big day" in text


def test_mp_whose_access_ended_sees_no_constituency(client, mp):
    with acting("system:test", "dissolved"):
        ConstituencyAccess.objects.filter(user=mp).update(ends_on=date(2024, 8, 1))
    client.force_login(mp)
    assert "No constituency is open for your account" in home(client, "mp").content.decode()
    assert not any(item.url == "/mp/" for items in waiting_for(mp).values() for item in items)


def test_access_that_has_not_begun_opens_nothing(client, mp):
    with acting("system:test", "elected later"):
        ConstituencyAccess.objects.filter(user=mp).update(starts_on=LATER)
    client.force_login(mp)
    assert home(client, "mp").context["pages"] == []


@pytest.mark.parametrize("name", ["mp", "oversight"])
def test_home_asks_a_stranger_to_sign_in_and_refuses_a_resident(client, person, name):
    assert home(client, name).status_code == 302
    client.force_login(person("resident@example.com"))
    assert home(client, name).status_code == 403


def test_mp_does_not_see_the_oversight_page(client, mp):
    client.force_login(mp)
    assert home(client, "oversight").status_code == 403


def test_oversight_sees_the_whole_by_region_and_never_by_party(client, person, sent, django_assert_max_num_queries):
    client.force_login(person("oversight@example.com", Role.OVERSIGHT))
    with django_assert_max_num_queries(12):
        text = home(client, "oversight").content.decode()
    assert "North East" in text
    assert "£1,000" in text
    assert "The form was lost." in text
    for party in ("Labour", "Conservative", "Liberal Democrat", "Reform"):
        assert party not in text


def test_home_page_tells_mp_and_oversight_what_is_late(mp, person, sent):
    oversight = person("oversight@example.com", Role.OVERSIGHT)
    for user in (mp, oversight):
        groups = waiting_for(user)
        ours = [item for item in groups["late"] if item.url in {"/mp/", "/oversight/"}]
        assert [item.count for item in ours] == [1]
        assert any(item.url in {"/mp/", "/oversight/"} for item in groups["know"])


def test_header_links_to_their_pages(mp, person):
    assert "Your places" in {item["title"] for item in navigation_for(mp, "/")}
    oversight = person("oversight@example.com", Role.OVERSIGHT)
    assert "The whole fund" in {item["title"] for item in navigation_for(oversight, "/")}
    assert {"Your places", "The whole fund"}.isdisjoint(
        item["title"] for item in navigation_for(person("resident@example.com"), "/")
    )
