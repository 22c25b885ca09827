"""What a line most likely is: the amount first, then a reference, then the day."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from grants.domain.suggestions import Movement, likeness, ranked

DAY = date(2027, 5, 4)
LINE = Movement(-4_200_000, DAY, ("BACS 4711 SHEERNESS SAMPLE TRUST", ""))


def moved(pence: int = -4_200_000, on: date = DAY, *texts: str) -> Movement:
    return Movement(pence, on, texts)


def test_amount_beats_the_words_and_a_reference_beats_the_day() -> None:
    found = ranked(
        LINE,
        [
            ("other amount, same words", moved(-4_190_000, DAY, "Sheerness Sample Trust")),
            ("same amount, other day", moved(-4_200_000, date(2027, 3, 1))),
            ("same amount, same day", moved()),
            ("same amount, other day, our reference", moved(-4_200_000, date(2027, 3, 1), "BACS 4711")),
        ],
    )

    assert found == [
        "same amount, other day, our reference",
        "same amount, same day",
        "same amount, other day",
        "other amount, same words",
    ]


def test_money_that_came_in_is_never_money_that_went_out() -> None:
    assert likeness(LINE, moved(4_200_000)) == -1
    assert ranked(LINE, [("credit", moved(4_200_000))]) == []


def test_amount_off_by_a_penny_is_still_offered_for_a_person_to_see() -> None:
    assert ranked(LINE, [("a penny more", moved(-4_200_001))]) == ["a penny more"]


def test_nothing_in_common_is_left_out() -> None:
    assert ranked(LINE, [("far", moved(-1, date(2026, 1, 1)))]) == []


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(-100, -1)), max_size=20))
def test_order_does_not_depend_on_the_order_of_the_question(pairs: list[tuple[str, int]]) -> None:
    offered = [(key, moved(pence)) for key, pence in dict(pairs).items()]

    assert ranked(moved(-50), offered) == ranked(moved(-50), reversed(offered))
