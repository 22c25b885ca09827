import csv
import io
import zipfile
from decimal import Decimal

import pytest
from django.urls import reverse

from neighbourhoods.measures import MOST_DEPRIVED_PCT
from neighbourhoods.models import Area, AreaKind, Figure
from neighbourhoods.presenters.beside import beside
from tests.unit.neighbourhoods.conftest import TRIMDON

pytestmark = pytest.mark.django_db
ENGLAND = "E92000001"


def get(client, name, *args):
    return client.get(reverse(f"neighbourhoods:{name}", args=args))


def constituency(name: str) -> str:
    return Area.objects.get(kind=AreaKind.CONSTITUENCY_2024, name=name).code


def published(area_code: str) -> Decimal:
    return Figure.objects.get(measure__code=MOST_DEPRIVED_PCT, area__code=area_code).value


def test_page_of_a_place_shows_it_beside_its_region_and_england(client):
    page = get(client, "place-detail", TRIMDON).content.decode()
    here, whole = (f"{published(code).quantize(Decimal(1))}%" for code in (TRIMDON, ENGLAND))
    finding = (
        f"{here} of people in Trimdon and Thornley live in the most deprived tenth of England; "
        f"in all the fund’s places it is {whole}."
    )
    assert finding in page
    assert f"Trimdon and Thornley {here}, Places in North East" in page
    assert f'href="/beside/{TRIMDON}/"' in page


def test_mp_sees_the_places_of_the_constituency_beside_the_rest(client, mp):
    client.force_login(mp)
    page = get(client, "mp-home").content.decode()
    assert "Places in North East" in page
    assert f'href="/beside/{constituency("Easington")}/"' in page


def test_a_constituency_of_several_places_is_told_from_the_lowest_to_the_highest(client):
    code = constituency("Easington")
    places = {share.neighbourhood for share in Area.objects.get(code=code).place_shares.all()}
    assert len(places) > 1
    low, high = (published(one.code) for one in sorted(places, key=lambda one: published(one.code))[:: len(places) - 1])
    page = get(client, "beside-detail", code).content.decode()
    assert f"From {low.quantize(Decimal(1))}% of people in " in page
    assert f" to {high.quantize(Decimal(1))}% in " in page
    assert all(place.name in page for place in places)


@pytest.mark.parametrize("of", [TRIMDON, "Easington"])
def test_table_has_what_the_picture_has_with_source_in_few_queries(client, of, django_assert_max_num_queries):
    code = of if of == TRIMDON else constituency(of)
    with django_assert_max_num_queries(5):
        response = get(client, "beside-detail", code)
    page, told = response.content.decode(), response.context["beside"]
    drawn = [bar.value for group in told.chart.groups for bar in group.bars]
    assert drawn == [text for row in told.rows for _, text in row.values]
    assert "Share of residents whose small area is among the most deprived 10% in England." in page
    assert "People in the most deprived tenth of England, 2019" in page


def test_files_have_the_published_numbers_with_date_and_source(client):
    text = get(client, "beside-export", TRIMDON, "csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["kind"] for row in rows} == {"Neighbourhood", "Region", "Country"}
    share = next(row for row in rows if row["area_code"] == ENGLAND and row["measure"] == MOST_DEPRIVED_PCT)
    assert Decimal(share["value"]) == published(ENGLAND)
    assert share["period_end"] == "2019-12-31"
    assert "Indices of Deprivation" in share["source"]
    book = zipfile.ZipFile(io.BytesIO(get(client, "beside-export", TRIMDON, "xlsx").content))
    assert "xl/worksheets/sheet1.xml" in book.namelist()


def test_picture_stands_alone_and_says_what_it_shows(client):
    picture = get(client, "beside-picture", TRIMDON)
    assert picture["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert "Trimdon and Thornley" in picture.content.decode()
    assert "in all the fund’s places" in picture.content.decode()


def test_constituency_without_places_has_nothing_to_compare(client):
    empty = Area.objects.filter(kind=AreaKind.CONSTITUENCY_2024, place_shares=None).order_by("name").first()
    assert "Nothing is published about places here" in get(client, "beside-detail", empty.code).content.decode()
    assert get(client, "beside-picture", empty.code).status_code == 404
    assert "beside-" not in get(client, "constituency-detail", empty.code).content.decode()


@pytest.mark.parametrize(
    "address",
    ["/beside/E99999999/", f"/beside/{ENGLAND}/", f"/beside/{TRIMDON}/export.exe", "/beside/E99999999/picture.svg"],
)
def test_what_cannot_be_compared_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_what_is_not_published_is_not_drawn(trimdon):
    assert beside([trimdon], country=None, figures={}) is None
    figure = Figure.objects.select_related("measure").get(measure__code="places.imd_score", area=trimdon.area_id)
    told = beside([trimdon], country=None, figures={trimdon.area_id: {"places.imd_score": figure}})
    assert told.title == "Beside the fund’s other places"
    assert [text for _, text in told.rows[0].values][1:] == ["not known"]
