from decimal import Decimal

import pytest

from neighbourhoods.domain import wording


@pytest.mark.parametrize(("cohort", "name"), [(1, "First start"), (4, "Fourth start"), (11, "Start 11")])
def test_start_name(cohort, name):
    assert wording.start_name(cohort) == name


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("52.4", 0, "52%"),
        ("52.5", 0, "53%"),
        ("100", 0, "100%"),
        ("0", 0, "0%"),
        ("0.2", 0, "under 1%"),
        ("10.5", 1, "10.5%"),
        ("100.0", 1, "100%"),
    ],
)
def test_percent(value, places, text):
    assert wording.percent(Decimal(value), places=places) == text


def test_score_and_count():
    assert wording.score(Decimal("35.75")) == "35.8"
    assert wording.count(Decimal("2386368")) == "2,386,368"
