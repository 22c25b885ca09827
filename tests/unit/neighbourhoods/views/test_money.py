import io
import zipfile
from datetime import date

import pytest
from django.conf import settings
from django.urls import reverse

from neighbourhoods.figures import ObservationRow
from neighbourhoods.models import Area, AreaKind
from neighbourhoods.services import publish_observations
from tests.unit.neighbourhoods.conftest import A_DAY, TRIMDON

pytestmark = pytest.mark.django_db
ENGLAND = "E92000001"
FINDING = "£20,000 of £50,000 was sent. The rest comes year by year until 2029."


def year(first: int) -> tuple[date, date]:
    return date(first, 4, 1), date(first + 1, 3, 31)


def publish(place, *, sent: dict[int, int], to_come: dict[int, int]) -> None:
    """Pounds by the year in which a financial year begins."""
    given = {"grants.sent_in_year": sent, "grants.to_come_in_year": to_come}
    rows = {
        code: [ObservationRow(place.pk, *year(first), 100 * pounds) for first, pounds in years.items()]
        for code, years in given.items()
    }
    publish_observations(by="system:test", measures=[*rows], rows=rows, as_of=A_DAY, complete_for=None)


@pytest.fixture
def years(trimdon):
    publish(trimdon, sent={2025: 20_000}, to_come={2026: 10_000, 2028: 20_000})


@pytest.fixture
def set_aside(trimdon, row):
    rows = {"grants.set_aside": [row(trimdon, 5_000_000)]}
    publish_observations(by="system:test", measures=[*rows], rows=rows, as_of=A_DAY, complete_for=None)


def get(client, name, *args):
    return client.get(reverse(f"neighbourhoods:{name}", args=args))


def lines(response) -> list[str]:
    return response.content.decode("utf-8-sig").splitlines()


@pytest.mark.usefixtures("years", "set_aside")
def test_page_of_a_place_shows_the_finding_and_leads_to_the_table(client):
    page = get(client, "place-detail", TRIMDON).content.decode()
    assert FINDING in page
    assert f'href="/money/{TRIMDON}/"' in page


@pytest.mark.usefixtures("years", "set_aside")
def test_constituency_and_start_page_show_the_same_money(client):
    easington = Area.objects.get(kind=AreaKind.CONSTITUENCY_2024, name="Easington")
    assert f'href="/money/{easington.code}/"' in get(client, "constituency-detail", easington.code).content.decode()
    start = get(client, "start").content.decode()
    assert "The fund so far" in start
    assert f'href="/money/{ENGLAND}/"' in start


def test_nothing_is_shown_of_money_where_nothing_is_promised(client):
    assert "The fund so far" not in get(client, "start").content.decode()
    assert "picture-money" not in get(client, "place-detail", TRIMDON).content.decode()
    assert "No agreement promises money here yet." in get(client, "money-detail", TRIMDON).content.decode()
    assert get(client, "money-picture", TRIMDON).status_code == 404
    assert len(lines(get(client, "money-export", TRIMDON, "csv"))) == 1


@pytest.mark.usefixtures("years")
@pytest.mark.parametrize("code", [TRIMDON, ENGLAND, "E12000001"])
def test_each_area_has_a_page_of_its_own_with_every_year(client, code, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        page = get(client, "money-detail", code).content.decode()
    assert FINDING in page
    assert [f"{first}/{first - 1999}" in page for first in (2024, 2025, 2026, 2027, 2028, 2029)] == [
        False, True, True, True, True, False,
    ]  # fmt: skip
    assert "Still to come in the year" in page


@pytest.mark.usefixtures("years")
def test_files_have_every_year_in_pounds_and_the_picture_stands_alone(client):
    found = lines(get(client, "money-export", TRIMDON, "csv"))
    assert found[0] == "area_code,area,year_begins,year_ends,sent_pounds,still_to_come_pounds"
    assert found[1].endswith("2025-04-01,2026-03-31,20000,0")
    assert found[3].endswith("2027-04-01,2028-03-31,0,0")
    book = zipfile.ZipFile(io.BytesIO(get(client, "money-export", TRIMDON, "xlsx").content))
    assert "xl/worksheets/sheet1.xml" in book.namelist()
    picture = get(client, "money-picture", TRIMDON)
    assert picture["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert FINDING in picture.content.decode()


@pytest.mark.usefixtures("years")
def test_the_demo_marks_the_picture_itself(client, settings):
    assert "Sample data" not in get(client, "money-picture", TRIMDON).content.decode()
    settings.DEMO = True
    assert "Sample data" in get(client, "money-picture", TRIMDON).content.decode()


@pytest.mark.parametrize(
    "address", ["/money/E99999999/", "/money/E99999999/export.csv", f"/money/{TRIMDON}/export.exe", "/money/x/"]
)
def test_what_there_is_not_is_not_found(client, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("sent", "to_come", "finding"),
    [
        ({2025: 20_000}, {}, "All of the £20,000 promised was sent."),
        ({}, {2026: 10_000, 2040: 5}, "£10,005 is promised, and comes year by year until 2041."),
        ({2025: 5, 2026: -5}, {2027: 9}, "£9 is promised, and comes year by year until 2028."),
    ],
)
def test_the_title_says_what_the_picture_shows(client, trimdon, sent, to_come, finding):
    publish(trimdon, sent=sent, to_come=to_come)
    assert finding in get(client, "money-detail", TRIMDON).content.decode()


@pytest.mark.usefixtures("years", "set_aside")
@pytest.mark.parametrize("language", ["pl", "ur", "bn"])
def test_the_finding_is_said_in_the_language_of_the_page(client, language):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = get(client, "place-detail", TRIMDON).content.decode()
    assert 'class="cwf-chart__hollow"' in page
    assert "was sent" not in page
    assert "Years run from April" not in page


def publish_votes(place, row, counted: int) -> None:
    """Ballots counted in the year 2026, and nobody's choice."""
    rows = {"panels.turnout_count": [row(place, counted)]}
    publish_observations(by="system:test", measures=[*rows], rows=rows, as_of=A_DAY, complete_for=None)


@pytest.mark.usefixtures("years", "set_aside")
def test_start_page_says_of_its_totals_what_they_are_of_whose_and_from_when(client, trimdon, row):
    publish_votes(trimdon, row, 120)
    page = get(client, "start").content.decode()
    assert "Votes counted" in page
    assert "2026. Last changed 1 March 2026" in page
    assert "Where these figures come from" in page
    assert "Ballots counted in votes whose result was published in the year, to the nearest five." in page
    assert "Source: The votes and panels of this portal." in page
    assert "What the fund keeps for the neighbourhood over the whole term" in page
    assert "Average score of the small areas" not in page


def test_start_page_keeps_back_a_count_that_would_tell_of_a_few_people(client, trimdon, row):
    publish_votes(trimdon, row, 5)
    text = get(client, "start").context["so_far"].others[0].text
    assert text == "withheld to protect people"


@pytest.mark.usefixtures("years", "set_aside")
@pytest.mark.parametrize(
    ("name", "code", "most"), [("start", None, 6), ("place-detail", TRIMDON, 12), ("constituency-detail", "", 12)]
)
def test_pages_with_votes_and_money_by_year_take_few_queries(
    client, trimdon, row, name, code, most, django_assert_max_num_queries
):
    publish_votes(trimdon, row, 120)
    easington = Area.objects.get(kind=AreaKind.CONSTITUENCY_2024, name="Easington").code
    address = [] if code is None else [code or easington]
    with django_assert_max_num_queries(most):
        page = get(client, name, *address).content.decode()
    assert 'href="/money/' in page
