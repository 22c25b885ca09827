import pytest
from django.urls import reverse

from cwf_portal.core.audit import acting
from neighbourhoods.models import Area, AreaKind, Seat
from neighbourhoods.services import publish_observations
from tests.unit.neighbourhoods.conftest import A_DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def easington():
    return Area.objects.get(kind=AreaKind.CONSTITUENCY_2024, name="Easington")


def detail(client, code):
    return client.get(reverse("neighbourhoods:constituency-detail", args=[code]))


def test_list_shows_those_with_a_place_first(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        response = client.get(reverse("neighbourhoods:constituency-list"))
    assert response.context["page"].paginator.count == 130


@pytest.mark.parametrize(
    ("query", "count"), [({"q": "easington"}, 1), ({"q": "grahame"}, 1), ({"q": "zz\x00"}, 0), ({"all": "1"}, 650)]
)
def test_list_finds_by_name_and_by_mp(client, query, count):
    response = client.get(reverse("neighbourhoods:constituency-list"), query)
    assert response.context["page"].paginator.count == count


def test_page_shows_mp_places_with_shares_and_the_constituencys_part(client, easington, source, row, trimdon):
    rows = {"test.pence": [row(trimdon, 100)]}
    publish_observations(by="system:test", measures=["test.pence"], rows=rows, as_of=A_DAY, complete_for=None)
    text = detail(client, easington.code).content.decode()
    assert "Grahame Morris, Labour" in text
    assert "48% of the people" in text
    assert "by the number of people" in text


def test_table_of_places_comes_as_a_file_with_pounds_and_dates(client, easington, row, trimdon):
    rows = {"grants.set_aside": [row(trimdon, 123_456)]}
    publish_observations(by="system:test", measures=[*rows], rows=rows, as_of=A_DAY, complete_for=None)
    assert "Where these figures come from" in detail(client, easington.code).content.decode()
    response = client.get(reverse("neighbourhoods:constituency-export", args=[easington.code]))
    line = next(line for line in response.content.decode("utf-8-sig").splitlines() if trimdon.code in line)
    assert line.endswith(f",1234.56,,,{A_DAY}")
    assert client.get(reverse("neighbourhoods:constituency-export", args=["E14009999"])).status_code == 404


def test_page_of_an_empty_seat_says_so(client, easington):
    with acting("system:test", "the seat fell vacant"):
        Seat.objects.filter(constituency=easington).update(ends_on=A_DAY)
    assert "No MP at the moment" in detail(client, easington.code).content.decode()


def test_page_takes_few_queries(client, easington, django_assert_max_num_queries):
    with django_assert_max_num_queries(11):
        response = detail(client, easington.code)
    assert response.status_code == 200


def test_constituency_without_places_says_so(client):
    area = Area.objects.get(kind=AreaKind.CONSTITUENCY_2024, name="Aldershot")
    assert "None of the fund’s places lies in Aldershot" in detail(client, area.code).content.decode()


@pytest.mark.parametrize("code", ["E14000677", "E05009086", "E14999999"])
def test_area_that_is_no_constituency_of_today_is_not_found(client, code):
    assert detail(client, code).status_code == 404
