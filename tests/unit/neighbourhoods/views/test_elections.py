"""Elections: what everybody reads of one, and how it is declared and taken back."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.clock import today
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from cwf_portal.core.waiting import waiting_for
from neighbourhoods.models import Area, AreaKind, SensitivePeriod
from neighbourhoods.services import declare_period
from tests.support.sessions import sign_in
from tests.unit.neighbourhoods.conftest import TRIMDON

pytestmark = pytest.mark.django_db
LIST, DECLARE = reverse("neighbourhoods:election-list"), reverse("neighbourhoods:election-declare")
PLACE = f"/places/{TRIMDON}/"


@pytest.fixture
def director(person) -> User:
    return person("director@example.com", Role.FUND_DIRECTOR)


def typed(name: str, day: date | None) -> dict[str, str]:
    return {f"{name}_{part}": str(getattr(day, part)) if day else "" for part in ("day", "month", "year")}


def filled_in(kind: AreaKind = AreaKind.COUNTRY, **changes: date | None) -> dict[str, str]:
    days = {"starts_on": today(), "ends_on": today() + timedelta(days=40), "dissolves_on": None} | changes
    where = str(Area.objects.of_kind(kind).order_by("pk")[0].pk)
    answers = {"name": "The general election of 2031", "area": where}
    for name, day in days.items():
        answers |= typed(name, day)
    return answers


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_a_director_declares_an_election_everybody_reads_it_and_it_is_taken_back(person, director):
    client, public = sign_in(Client(), director), Client()
    assert "No election is announced" in text(public, LIST)
    assert "An election is coming" not in text(public, PLACE)
    answers = filled_in(dissolves_on=today() + timedelta(days=5))
    for _ in range(2):
        assert "Declared: The general election of 2031, England." in (
            client.post(DECLARE, answers, follow=True).content.decode()
        )
    period = SensitivePeriod.objects.get()
    page = text(public, LIST)
    assert "The general election of 2031" in page
    assert "Parliament is dissolved on" in page
    assert "Take back" not in page
    assert "An election is coming (The general election of 2031). Until" in text(public, PLACE)
    assert "Zbliżają się wybory" in text(public, f"{PLACE}?language=pl")

    take_back = reverse("neighbourhoods:election-take-back", args=[period.pk])
    assert take_back in text(client, LIST)
    assert "Take this election back?" in text(client, take_back)
    assert "Taken back: The general election of 2031, England." in client.post(take_back, follow=True).content.decode()
    assert client.post(take_back).status_code == 404
    assert "An election is coming" not in text(public, PLACE)


def test_what_is_wrong_is_said_and_what_was_typed_stays(director):
    client = sign_in(Client(), director)
    answer = client.post(DECLARE, filled_in(ends_on=today() + timedelta(days=400)))
    assert answer.status_code == 400
    assert "ends on its first day or up to 119 days later" in answer.content.decode()
    assert "The general election of 2031" in answer.content.decode()
    answer = client.post(DECLARE, filled_in(AreaKind.REGION, dissolves_on=today()))
    assert "Parliament is dissolved for the whole country" in answer.content.decode()
    answer = client.post(DECLARE, {"name": ""})
    for said in ("Say which election it is", "Choose where it is held", "Enter the first day", "Enter the last day"):
        assert said in answer.content.decode()
    assert SensitivePeriod.objects.count() == 0


def test_only_who_may_declares_one(person, director):
    country = Area.objects.get(kind=AreaKind.COUNTRY)
    period = declare_period(by=director, area=country, name="Of May", starts_on=today(), ends_on=today())
    take_back = reverse("neighbourhoods:election-take-back", args=[period.pk])
    client = sign_in(Client(), person("officer@example.com", Role.GRANTS_OFFICER))
    for address in (DECLARE, take_back):
        assert client.get(address).status_code == 403
        assert client.post(address, filled_in()).status_code == 403
    assert [one.taken_back_at for one in SensitivePeriod.objects.all()] == [None]
    assert LIST in [item.url for item in waiting_for(director)["know"]]


def test_the_list_takes_few_queries(client, director, django_assert_max_num_queries):
    country = Area.objects.get(kind=AreaKind.COUNTRY)
    for number in range(5):
        day = today() + timedelta(days=number)
        declare_period(by=director, area=country, name=f"Number {number}", starts_on=day, ends_on=day)
    with django_assert_max_num_queries(4):
        assert "Number 4" in text(client, LIST)
