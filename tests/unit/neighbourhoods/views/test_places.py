import importlib

import pytest
from django.core.cache import cache
from django.urls import reverse

from cwf_portal.core import paper
from cwf_portal.core.audit import acting
from neighbourhoods import hooks
from neighbourhoods.hooks import PlaceLink
from neighbourhoods.models import Neighbourhood, Postcode
from neighbourhoods.services import publish_event, publish_observations
from tests.unit.neighbourhoods.conftest import A_DAY, TRIMDON

pytestmark = pytest.mark.django_db
MOST_QUERIES = 13


def page(client, name, *args, **query):
    return client.get(reverse(f"neighbourhoods:{name}", args=args), query)


def test_start_page_offers_a_search_and_a_way_in_for_everybody(client):
    text = page(client, "start").content.decode()
    assert "Find your place" in text
    assert "225 neighbourhoods" in text
    for address in ("/places/", "/constituencies/", "/account/login/", "/map/"):
        assert f'href="{address}' in text


@pytest.mark.parametrize("word", ["left behind", "least first", "dormant", "quorum", "knapsack"])
def test_start_page_says_it_in_residents_words(client, word):
    assert word not in page(client, "start").content.decode().lower()


def test_start_page_names_votes_and_nothing_else_that_comes(client, trimdon):
    soon = A_DAY.replace(year=2090)
    with acting("system:test", "test"):
        for kind in ("panels.round_closes", "grants.payment"):
            publish_event(
                key=kind, kind=kind, neighbourhood=trimdon, happens_on=soon, params={"title": "Our vote"},
                link="/rounds/7/",
            )  # fmt: skip
    text = page(client, "start").content.decode()
    assert "Voting in “Our vote” closes." in text
    assert 'href="/rounds/7/"' in text
    assert "Payment" not in text


def test_list_shows_all_places_page_by_page(client):
    first, last = page(client, "place-list"), page(client, "place-list", page=9)
    assert "225 places" in first.content.decode()
    assert len(first.context["rows"]) == len(last.context["rows"]) == 25


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"q": "trimdon"}, 1),
        ({"q": "trimdon durham"}, 1),
        ({"q": "Newton Aycliffe"}, 3),
        ({"q": "grange gosport"}, 1),
        ({"q": TRIMDON}, 1),
        ({"q": "<script>alert(1)</script>"}, 0),
        ({"region": "E12000007"}, 2),
        ({"authority": "E06000047", "start": "1"}, None),
        ({"start": "1"}, 25),
        ({"start": "2"}, 50),
        ({"q": ""}, 225),
    ],
)
def test_list_filters_by_the_address(client, query, count):
    response = page(client, "place-list", **query)
    found = response.context["page"].paginator.count
    assert found == count if count is not None else found < 25
    assert b"<script>alert(1)" not in response.content


def test_postcode_leads_to_its_place_and_one_we_do_not_know_to_a_sentence(client, trimdon):
    with acting("system:test", "a postcode"):
        Postcode.objects.create(code="ZA11AA", small_area_code="E01020670", neighbourhood=trimdon)
    found = page(client, "place-list", q=" za1 1aa")
    assert [row.code for row in found.context["rows"]] == [TRIMDON]
    assert "The postcode you typed lies here" in found.content.decode()
    unknown = page(client, "place-list", q="ZA1 1AB").content.decode()
    assert "0 places" in unknown
    assert "We do not know this postcode" in unknown


@pytest.mark.parametrize("query", [{"region": "E99"}, {"start": "seven"}, {"q": "x" * 101}, {"q": "a\x00b"}])
def test_list_says_what_is_wrong_with_a_filter(client, query):
    response = page(client, "place-list", **query)
    assert response.status_code == 200
    assert "There is a problem" in response.content.decode()
    assert "<title>Error:" in response.content.decode()


@pytest.mark.parametrize("number", ["0", "-3", "99999", "two", "1.5"])
def test_list_page_that_makes_no_sense_gives_the_nearest(client, number):
    assert page(client, "place-list", page=number).status_code == 200


def test_twin_names_show_their_council(client):
    text = page(client, "place-list", q="Norton South").content.decode()
    assert "Norton South (Halton)" in text
    assert "Norton South (Stockton-on-Tees)" in text


def test_export_has_what_the_filters_chose(client):
    response = page(client, "place-list-export", region="E12000007")
    lines = response.content.decode("utf-8-sig").splitlines()
    assert response["Content-Type"].startswith("text/csv")
    assert len(lines) == 3
    assert lines[1].startswith("E05000028,Becontree,Barking and Dagenham,London,15261,")


def test_list_takes_few_queries(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        response = page(client, "place-list")
    assert response.status_code == 200


def test_map_has_every_place_as_a_link_and_in_the_list(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        text = page(client, "place-map").content.decode()
    assert text.count(f'href="/places/{TRIMDON}/"') == 3


def test_place_page_shows_facts_with_source_constituencies_and_start(client, trimdon):
    text = page(client, "place-detail", TRIMDON).content.decode()
    assert "Trimdon and Thornley" in text
    assert "11,953" in text
    assert "52% of the people" in text
    assert "no source says" in text
    assert "Grahame Morris" in text
    assert "Where these figures come from" in text
    assert "No money has been set aside" in text


def test_place_page_takes_thirteen_queries_at_most(client, person, source, row, trimdon, django_assert_max_num_queries):
    publish_all(source, row, trimdon)
    client.force_login(person("resident@example.com"))
    with django_assert_max_num_queries(MOST_QUERIES):
        response = page(client, "place-detail", TRIMDON)
    assert "Late" in response.content.decode()


def publish_all(source, row, place):
    """A figure and two events, one of them late."""
    publish_observations(
        by="system:test", measures=["test.pence"], rows={"test.pence": [row(place, 12345600)]}, as_of=A_DAY,
        complete_for=None,
    )  # fmt: skip
    with acting("system:test", "test"):
        publish_event(
            key="late", kind="test.report", neighbourhood=place, happens_on=A_DAY.replace(year=2020),
            params={"reason": "The treasurer was ill <b>for long</b>."},
        )  # fmt: skip
        publish_event(key="next", kind="test.payment_due", neighbourhood=place, happens_on=A_DAY.replace(year=2090))


def test_place_page_says_what_is_late_and_why(client, source, row, trimdon):
    publish_all(source, row, trimdon)
    text = page(client, "place-detail", TRIMDON).content.decode()
    assert "The treasurer was ill &lt;b&gt;for long&lt;/b&gt;." in text
    assert "Payment due" in text
    assert "£123,456" in text


def test_place_page_shows_what_upper_rooms_hang_there(client, trimdon, monkeypatch):
    monkeypatch.setattr(hooks, "_panels", [])
    hooks.register_place_panel(lambda place, user: [PlaceLink("Older votes", "/old/")])
    hooks.register_place_panel(lambda place, user: [PlaceLink(f"Vote in {place.name}", "/vote/", is_main=True)])
    text = page(client, "place-detail", TRIMDON).content.decode()
    assert text.index("Vote in Trimdon") < text.index("Older votes")
    assert 'role="button"' in text


@pytest.mark.parametrize("code", ["E05999999", "nothing", "%00", "'; DROP TABLE x; --"])
def test_place_that_does_not_exist_is_not_found(client, code):
    assert client.get(f"/places/{code}/").status_code == 404


def test_place_page_publishes_the_start_and_never_the_position(client):
    place = Neighbourhood.objects.get(code="E05001645")
    response = page(client, "place-detail", place.code)
    assert "First start" in response.content.decode()
    assert "position" not in response.content.decode()


def test_a_place_on_one_page_says_who_lives_there_who_sits_for_it_and_where_more_is(client, trimdon):
    text = page(client, "place-summary", trimdon.code).content.decode()
    for words in ("Trimdon and Thornley", "11,953", "Easington", "http://testserver/places/", "<svg", "Grahame Morris"):
        assert words in text
    assert f'href="/places/{trimdon.code}/summary/"' in page(client, "place-detail", trimdon.code).content.decode()
    assert page(client, "place-summary", "E00000000").status_code == 404


def test_a_place_on_one_page_is_one_page(client, trimdon, monkeypatch):
    """Or, where the computer makes no PDF, the page itself."""
    if not paper.can_make_pdf():
        pytest.skip("this system has no Pango")
    pages = []
    made = importlib.import_module("weasyprint").Document.write_pdf

    def counted(document, *args, **kwargs):
        pages.append(len(document.pages))
        return made(document, *args, **kwargs)

    monkeypatch.setattr("weasyprint.Document.write_pdf", counted)
    cache.clear()
    answer = page(client, "place-summary-pdf", trimdon.code)
    assert (answer.status_code, answer["Content-Type"], pages) == (200, "application/pdf", [1])

    monkeypatch.setattr(paper, "_weasyprint", lambda: None)
    assert page(client, "place-summary-pdf", trimdon.code)["Location"] == f"/places/{trimdon.code}/summary/"


def test_a_place_on_one_page_takes_few_queries(client, trimdon, django_assert_max_num_queries):
    with django_assert_max_num_queries(MOST_QUERIES):
        answer = page(client, "place-summary", trimdon.code)
    assert answer.status_code == 200
