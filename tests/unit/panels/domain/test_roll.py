"""Who may be on a list twice, and who confirmed conspicuously many."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.domain.bursts import Shown, counts_of, crowded_homes
from panels.domain.near_matches import Listed, NearMatch, Why, likeness, near_matches

DAY = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada Newcomer", "NEWCOMER, Ada"),
        ("Zoë O'Brien", "Zoe O’Brien"),
        ("Ada Newcomer", "Ada Jane Newcomer"),
        ("Jon Smith", "John Smith"),
    ],
)
def test_names_that_may_be_one_person_are_alike(one, other):
    assert likeness(one, other) >= 0.8
    assert likeness(one, other) == likeness(other, one)


@pytest.mark.parametrize(("one", "other"), [("Ada Newcomer", "Bo Walker"), ("Ann Hill", "Kofi Hill"), ("Ada", "")])
def test_names_of_two_people_are_not(one, other):
    assert likeness(one, other) < 0.8


def test_same_birth_date_or_home_and_alike_names_match():
    listed = [
        Listed(4, "Ada Newcomer", "b1", "h1"),
        Listed(2, "Ada J Newcomer", "b1", "h2"),
        Listed(7, "Adda Newcomer", "b9", "h1"),
        Listed(8, "Bo Walker", "b1", "h1"),
        Listed(9, "Ada Newcomer", "", ""),
    ]
    assert near_matches(listed) == [NearMatch(2, 4, Why.BIRTH_DATE), NearMatch(4, 7, Why.HOME)]


def test_crowd_on_one_birth_date_costs_no_square_of_its_number(monkeypatch):
    """A flood of two thousand is compared with neighbours in the alphabet; who is nearly the same is found there."""
    asked = []

    def alike(one: str, other: str) -> float:
        asked.append(one)
        return float({one, other} == {"Person 00700", "Person 00700x"})

    monkeypatch.setattr("panels.domain.near_matches.likeness", alike)
    crowd = [Listed(number, f"Person {number:05d}", "b", "") for number in range(2000)]
    assert near_matches([Listed(5000, "Person 00700x", "b", ""), *crowd]) == [NearMatch(700, 5000, Why.BIRTH_DATE)]
    assert len(asked) <= 2001 * 2 * 20


def test_family_at_one_home_is_no_match():
    home = [Listed(number, f"{name} Smith", f"b{number}", "h") for number, name in enumerate(["Sam", "Pam", "Joan"])]
    assert near_matches(home) == []


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.text(max_size=8), st.sampled_from(["", "x", "y"]), st.sampled_from(["", "h"])), max_size=7)
)
def test_pairs_are_in_order_and_stand_once(people):
    found = near_matches(Listed(number, *person) for number, person in enumerate(people))
    pairs = [(match.first, match.second) for match in found]
    assert pairs == sorted(set(pairs))
    assert all(first < second for first, second in pairs)


def test_more_than_ten_on_one_day_is_a_burst():
    ten = [Shown("pair", DAY)] * 10
    assert not counts_of(ten)[0].is_burst
    assert not counts_of([*ten, Shown("pair", DAY + timedelta(days=1))])[0].is_burst
    assert not counts_of([*ten, Shown("pair", DAY, is_invented=True)])[0].is_burst
    burst = counts_of([*ten, Shown("pair", DAY), Shown("other", DAY)])
    assert [(count.by, count.total, count.most_on_a_day, count.is_burst) for count in burst] == [
        ("pair", 11, 11, True),
        ("other", 1, 1, False),
    ]


def test_more_than_six_at_one_address_are_named():
    assert crowded_homes(["a"] * 6 + ["b"] * 7 + ["c"] * 9) == [9, 7]
