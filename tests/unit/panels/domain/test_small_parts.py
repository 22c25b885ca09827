"""Codes, canonical JSON, disclosure, fingerprints: the small parts of a trustworthy vote."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panels.domain import crockford
from panels.domain.canonical import canonical_json
from panels.domain.disclosure import Disclosure, disclosure_of, published_votes, rounded_turnout
from panels.domain.people import age_on, age_reached, household_hmac, normalised, person_hmac, turns_sixteen_on

KEY = b"k" * 32


@given(data=st.binary(min_size=10, max_size=10))
def test_crockford_survives_being_read_back_by_a_person(data):
    code = crockford.encode(data)
    typed = crockford.grouped(code).lower().replace("0", "o").replace("1", "l")

    assert crockford.normalise(typed) == code


def test_crockford_refuses_what_is_in_no_code():
    with pytest.raises(ValueError, match="'U' is in no code"):
        crockford.normalise("uvw")
    with pytest.raises(ValueError, match="divide"):
        crockford.encode(b"abc")


def test_canonical_json_is_the_same_whatever_the_order():
    assert canonical_json({"b": [1, "é"], "a": None}) == canonical_json({"a": None, "b": (1, "é")})
    assert canonical_json({"b": 1, "a": 2}) == b'{"a":2,"b":1}'


@pytest.mark.parametrize("value", [1.0, {"a": [0.5]}, [{"b": float("nan")}]])
def test_canonical_json_refuses_floats(value):
    with pytest.raises(TypeError, match="floats"):
        canonical_json(value)


def box(shared: int, unshared: int) -> list[tuple[int, ...]]:
    return [(0,)] * shared + [(1, number) for number in range(2, 2 + unshared)]


@pytest.mark.parametrize(
    ("shared", "unshared", "level"),
    [
        (29, 0, Disclosure.WINNERS),
        (30, 0, Disclosure.TOTALS),
        (99, 0, Disclosure.TOTALS),
        (100, 0, Disclosure.FULL),
        (100, 50, Disclosure.FULL),
        (100, 51, Disclosure.TOTALS),
    ],
)
def test_disclosure_at_its_bounds(shared, unshared, level):
    assert disclosure_of(box(shared, unshared)) is level


@pytest.mark.parametrize(
    ("votes", "level", "text"),
    [
        (9, Disclosure.TOTALS, "fewer than 10"),
        (10, Disclosure.TOTALS, "10"),
        (40, Disclosure.TOTALS, "40"),
        (41, Disclosure.TOTALS, "more than 40"),
        (3, Disclosure.FULL, "3"),
        (20, Disclosure.WINNERS, "not published"),
    ],
)
def test_published_votes_masks_both_ends(votes, level, text):
    assert published_votes(votes, 50, level) == text


@pytest.mark.parametrize(("cast", "shown"), [(0, 0), (2, 0), (3, 5), (7, 5), (8, 10), (10, 10)])
def test_rounded_turnout(cast, shown):
    assert rounded_turnout(cast) == shown


def test_person_hmac_knows_the_same_person_however_written_and_nobody_else():
    born = date(1980, 2, 29)
    one = person_hmac(name="José O'Neill", born_on=born, address="12, St. Mary's Rd", key=KEY)
    plain = {"name": "jose oneill", "address": "12 ST MARYS RD"}

    assert one == person_hmac(**plain, born_on=born, key=KEY)
    assert one != person_hmac(**plain, born_on=date(1980, 3, 1), key=KEY)
    assert one != person_hmac(**plain, born_on=born, key=b"other")
    assert household_hmac("12 St Marys Rd", KEY) == household_hmac("12 st. mary's rd", KEY)
    assert normalised("Ünder-1 a") == "under1a"


@pytest.mark.parametrize(
    ("born_on", "day", "age"),
    [
        (date(2010, 6, 1), date(2026, 6, 1), 16),
        (date(2010, 6, 2), date(2026, 6, 1), 15),
        (date(2008, 2, 29), date(2025, 2, 28), 16),
        (date(2008, 2, 29), date(2025, 3, 1), 17),
    ],
)
def test_age_on(born_on, day, age):
    assert age_on(born_on, day) == age


def test_the_day_somebody_is_16_tells_their_age_while_they_are_young():
    """On every day around the end of February, of whoever was born around another one; who was 18 leaves nothing."""
    days = [date(year, 2, 27) + timedelta(days=after) for year in range(2006, 2033) for after in range(4)]
    for born_on in (day for day in days if day.year < 2014):
        for today in (day for day in days if day >= born_on):
            kept = turns_sixteen_on(born_on, today)

            assert (kept is None) is (age_on(born_on, today) >= 18)
            assert age_reached(kept, today) == min(18, age_on(born_on, today))
