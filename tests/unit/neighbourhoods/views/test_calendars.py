from datetime import date, timedelta

import pytest
from django.urls import reverse
from icalendar import Calendar

from cwf_portal.core.audit import acting
from neighbourhoods.models import Area, AreaKind
from neighbourhoods.services import publish_event
from tests.unit.neighbourhoods.conftest import A_DAY, TRIMDON

pytestmark = pytest.mark.django_db
SOON = date(2090, 5, 3)


@pytest.fixture
def dates(trimdon):
    with acting("system:test", "made for a test"):
        publish_event(
            key="vote", kind="panels.round_closes", neighbourhood=trimdon, happens_on=SOON,
            params={"title": "Our vote;\r\nX-BAD:1"}, link="/rounds/7/",
        )  # fmt: skip
        publish_event(
            key="late", kind="grants.payment", neighbourhood=trimdon, happens_on=A_DAY.replace(year=2020),
            params={"number": 1, "amount_pence": 100, "reason": "A report is missing."},
        )  # fmt: skip
        publish_event(
            key="secret", kind="grants.payment", neighbourhood=trimdon, happens_on=SOON, audience="officer",
            params={"number": 9, "amount_pence": 100},
        )  # fmt: skip


def entries(client, name, code):
    response = client.get(reverse(f"neighbourhoods:{name}", args=[code]))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return {str(entry["uid"]): entry for entry in Calendar.from_ical(response.content).walk("VEVENT")}


@pytest.mark.usefixtures("dates")
def test_place_gives_its_public_dates_as_whole_days_with_where_they_stand(client):
    found = entries(client, "place-calendar", TRIMDON)
    assert set(found) == {"vote@testserver", "late@testserver"}
    vote = found["vote@testserver"]
    assert (vote.decoded("dtstart"), vote.decoded("dtend")) == (SOON, SOON + timedelta(days=1))
    assert vote["url"] == "http://testserver/rounds/7/"
    assert "X-BAD" not in vote
    assert "Our vote;" in vote["description"]
    late = found["late@testserver"]
    assert late["summary"].endswith("Payment 1 (late)")
    assert "Why: A report is missing." in late["description"]
    assert late["url"] == f"http://testserver/places/{TRIMDON}/"


@pytest.mark.usefixtures("dates")
def test_constituency_gives_those_of_its_places_and_the_pages_lead_there(client):
    easington = Area.objects.get(kind=AreaKind.CONSTITUENCY_2024, name="Easington")
    assert set(entries(client, "constituency-calendar", easington.code)) == {"vote@testserver", "late@testserver"}
    for name, code in (("place", TRIMDON), ("constituency", easington.code)):
        page = client.get(reverse(f"neighbourhoods:{name}-detail", args=[code])).content.decode()
        assert reverse(f"neighbourhoods:{name}-calendar", args=[code]) in page


@pytest.mark.usefixtures("dates")
def test_a_calendar_of_the_demo_says_in_every_date_that_it_is_invented(client, settings):
    settings.DEMO = True
    assert all("Sample data" in entry["description"] for entry in entries(client, "place-calendar", TRIMDON).values())


@pytest.mark.parametrize("address", ["/places/E99999999/dates.ics", "/constituencies/E99999999/dates.ics"])
def test_a_calendar_of_nowhere_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_a_place_without_dates_has_an_empty_calendar_and_no_link(client):
    assert entries(client, "place-calendar", TRIMDON) == {}
    assert "dates.ics" not in client.get(reverse("neighbourhoods:place-detail", args=[TRIMDON])).content.decode()
