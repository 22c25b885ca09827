import hashlib
import json
from fractions import Fraction

import pytest
from django.urls import reverse

from neighbourhoods.domain.ranking import Candidate, rank
from neighbourhoods.measures import IMD_SCORE, MOST_DEPRIVED_PCT
from neighbourhoods.models import TargetList
from neighbourhoods.selectors import current_ranking
from neighbourhoods.services import compute_ranking

pytestmark = pytest.mark.django_db


def test_page_shows_weights_close_calls_and_starts_in_few_queries(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        text = client.get(reverse("neighbourhoods:ranking-detail")).content.decode()
    assert "75%" in text
    assert "not counted: not every place has it" in text
    assert "Close calls: 18." in text
    assert "Bloomfield (Blackpool)" in text
    assert "First start: 25 places" in text


def test_page_is_no_league_table(client):
    response = client.get(reverse("neighbourhoods:ranking-detail"))
    labels = [place[1] for place in response.context["page"].groups[0].places]
    assert labels == sorted(labels)
    assert "least" not in response.content.decode().lower().replace("least-", "")


def test_older_version_stays_readable(client):
    target = TargetList.objects.get(year=2020)
    compute_ranking(by="system:test", target_list=target, cohort_sizes=(200, 25))
    assert "First start: 200 places" in client.get(reverse("neighbourhoods:ranking-detail")).content.decode()
    assert "First start: 25 places" in client.get(reverse("neighbourhoods:ranking-version", args=[1])).content.decode()


@pytest.mark.parametrize("name", ["ranking-version", "ranking-export"])
def test_version_that_was_never_published_is_not_found(client, name):
    assert client.get(reverse(f"neighbourhoods:{name}", args=[77])).status_code == 404


def test_export_lets_anyone_work_the_starts_out_again(client):
    text = client.get(reverse("neighbourhoods:ranking-export", args=[1])).content.decode("utf-8-sig")
    heading, *lines = [line.split(",") for line in text.replace('"', "").splitlines()]
    assert heading[-2:] == [f"{IMD_SCORE} (fraction)", f"{MOST_DEPRIVED_PCT} (fraction)"]
    rows = [
        Candidate(line[0], int(line[-3]), {IMD_SCORE: Fraction(line[-2]), MOST_DEPRIVED_PCT: Fraction(line[-1])})
        for line in lines
    ]
    again = rank(rows, {IMD_SCORE: 45, MOST_DEPRIVED_PCT: 15}, cohort_sizes=(25, 50, 75, 75))
    told = {line[0]: (int(line[-5]), line[-4] == "True") for line in lines}
    assert {place.code: (place.cohort, place.is_close_call) for place in again.places} == told


def test_fingerprint_can_be_made_again():
    ranking = current_ranking()
    entries = ranking.entries.select_related("neighbourhood").prefetch_related("inputs__measure")
    inputs = [
        [
            entry.neighbourhood.code,
            entry.neighbourhood.population,
            [
                str(Fraction(row.numerator, row.denominator))
                for row in sorted(entry.inputs.all(), key=lambda row: row.measure.code)
            ],
        ]
        for entry in entries.order_by("neighbourhood__code")
    ]
    weights = [[weight.measure.code, weight.rule_weight] for weight in ranking.weights.select_related("measure")]
    text = json.dumps([ranking.method, weights, [IMD_SCORE, MOST_DEPRIVED_PCT], ranking.cohort_sizes, inputs])
    assert hashlib.sha256(text.encode()).hexdigest() == ranking.input_sha256
