import pytest

from neighbourhoods.services import publish_observations
from tests.unit.neighbourhoods.conftest import A_DAY, TRIMDON

pytestmark = pytest.mark.django_db
PLACES = "/api/v1/neighbourhoods/"


def test_list_is_open_to_anyone_and_comes_in_pages(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        answer = client.get(PLACES).json()
    assert (answer["count"], len(answer["results"])) == (225, 50)
    assert answer["results"][0]["authority"].keys() == {"code", "name", "kind"}


@pytest.mark.parametrize(
    ("query", "count"),
    [({"q": "trimdon"}, 1), ({"region": "E12000007"}, 2), ({"q": "\x00"}, 225), ({"region": "x"}, 0)],
)
def test_list_can_be_narrowed(client, query, count):
    assert client.get(PLACES, query).json()["count"] == count


def test_detail_has_constituencies_with_shares_and_the_start(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        answer = client.get(f"{PLACES}{TRIMDON}/").json()
    shares = {row["constituency"]["name"]: row["share"] for row in answer["constituencies"]}
    assert shares["Newton Aycliffe and Spennymoor"] == "0.519"
    assert shares["Sedgefield"] is None
    assert (answer["start"], answer["is_close_call"]) == (4, False)


def test_figures_carry_their_state_source_and_date(client, source, row, trimdon):
    rows = {"test.people": [row(trimdon, 4)], "test.pence": [row(trimdon, 500)]}
    publish_observations(by="system:test", measures=list(rows), rows=rows, as_of=A_DAY, complete_for=None)
    answer = client.get(f"{PLACES}{TRIMDON}/figures/").json()
    figures = {row["measure"]: row for row in answer["results"]}
    assert (figures["test.people"]["state"], figures["test.people"]["value"]) == ("suppressed", None)
    assert figures["test.pence"]["value"] == "500.000000"
    assert figures["test.pence"]["as_of"] == "2026-03-01"
    assert figures["places.population"]["source"].startswith("ONS")


def test_what_somebody_asks_who_signed_in_is_not_kept_by_a_cache(client, person):
    client.force_login(person("resident@example.com"))
    assert client.get(PLACES)["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("address", ["E05999999/", "E05999999/figures/", "nothing/", "%00/"])
def test_place_that_does_not_exist_is_not_found(client, address):
    answer = client.get(PLACES + address)
    assert answer.status_code == 404
    assert answer.json()["detail"]


@pytest.mark.parametrize("query", ["offset=null", "limit=-1", "limit=٣", "offset=1&offset=x", f"offset={'9' * 19}"])
def test_page_that_is_no_number_is_refused_in_words(client, query):
    answer = client.get(f"{PLACES}?{query}")
    assert answer.status_code == 400
    assert "is a whole number" in answer.json()["detail"]
    assert client.get(f"{PLACES}?offset={'9' * 18}").json()["results"] == []


def test_description_says_how_the_interface_refuses(client):
    paths = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()["paths"]
    assert set(paths[PLACES]["get"]["responses"]) == {"200", "400"}
    assert set(paths[f"{PLACES}{{code}}/"]["get"]["responses"]) == {"200", "404"}
    assert set(paths[f"{PLACES}{{code}}/figures/"]["get"]["responses"]) == {"200", "400", "404"}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_changed(client, method):
    assert getattr(client, method)(f"{PLACES}{TRIMDON}/").status_code == 405


def test_schema_describes_every_address(client):
    schema = client.get("/api/v1/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()
    assert {PLACES, f"{PLACES}{{code}}/", f"{PLACES}{{code}}/figures/"} <= set(schema["paths"])
