from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from cwf_portal.operations.people import choose, person

ADULT_ON = date(2020, 1, 1)


def test_person_of_the_same_key_is_the_same():
    assert person(1, "E05000001", "resident", 7) == person(1, "E05000001", "resident", 7)


def test_person_of_another_seed_is_somebody_else():
    assert person(1, "E05000001", "resident", 7).key != person(2, "E05000001", "resident", 7).key


@given(st.integers(0, 2**31), st.integers(0, 5000))
def test_person_is_of_age_and_lives_nowhere_real(seed, number):
    who = person(seed, "E05000001", "resident", number)
    assert who.email.endswith("@sample.example")
    assert who.email == who.email.lower()
    assert who.postcode.startswith("ZA1 ")
    assert (ADULT_ON - who.born_on).days >= 16 * 365


@given(st.integers(1, 1000), st.text(max_size=20))
def test_choose_stays_within_its_options(options, key):
    assert 0 <= choose(options, key) < options
    assert choose(options, key) == choose(options, key)
