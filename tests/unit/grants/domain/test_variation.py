"""Planning what is left of an agreement anew: exact pennies, days in order, and how far money moves."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.dates import add_months
from grants.domain.schedule import CADENCES, Profile
from grants.domain.variation import Remainder, Standing, moves_within, plan_remainder, years_until
from grants.domain.working_days import england_and_wales

CALENDAR = england_and_wales()
ANCHOR = date(2026, 12, 20)


def left(total_pence: int = 100_000, **changes: object) -> Remainder:
    values = {
        "total_pence": total_pence,
        "anchor_on": ANCHOR,
        "ends_on": date(2029, 11, 22),
        "after": date(2027, 1, 1),
        "cadence_months": 6,
        "profile": Profile.EVEN,
    }
    return Remainder(**(values | changes))


def test_the_rest_falls_on_the_anchors_days_before_the_end() -> None:
    planned = plan_remainder(left(100_001), CALENDAR, first_number=7)

    assert [one.due_on for one in planned] == [
        date(2027, 6, 18),  # the 20th is a Sunday
        date(2027, 12, 20),
        date(2028, 6, 20),
        date(2028, 12, 20),
        date(2029, 6, 20),
    ]
    assert [one.amount_pence for one in planned] == [20_001, 20_000, 20_000, 20_000, 20_000]
    assert [(one.number, one.year) for one in planned] == [(7, 1), (8, 2), (9, 2), (10, 3), (11, 3)]


def test_years_count_from_the_anchor_to_the_end() -> None:
    assert years_until(ANCHOR, date(2029, 11, 22)) == 3
    assert years_until(ANCHOR, date(2029, 12, 21)) == 4
    assert years_until(ANCHOR, date(2026, 12, 21)) == 1


def test_amounts_set_one_by_one_must_make_up_what_is_left() -> None:
    amounts = (10_000, 20_000, 30_000, 30_000, 10_000)
    planned = plan_remainder(left(amounts=amounts), CALENDAR, first_number=2)
    assert tuple(one.amount_pence for one in planned) == amounts

    for wrong, sentence in (
        ((100_000,), "5 payments are still to come; there are 1 amounts"),
        ((10_000, 20_000, 30_000, 30_000, 10_001), "make up what is left"),
        ((0, 30_000, 30_000, 30_000, 10_000), "above nothing"),
    ):
        with pytest.raises(ValueError, match=sentence):
            plan_remainder(left(amounts=wrong), CALENDAR, first_number=2)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"total_pence": 0}, "must leave something"),
        ({"ends_on": date(2027, 2, 1)}, "No payment day lies between"),
        ({"total_pence": 3}, "must pay something"),
    ],
)
def test_a_remainder_that_makes_no_sense_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        plan_remainder(left(**changes), CALENDAR, first_number=2)


@given(
    total=st.integers(10**4, 10**9),
    years=st.integers(1, 15),
    cadence=st.sampled_from(list(CADENCES)),
    profile=st.sampled_from([Profile.EVEN, Profile.RAMPED, Profile.FRONT_LOADED]),
    gone=st.integers(0, 150),
)
def test_what_is_planned_is_exact_in_order_and_after_today(
    total: int, years: int, cadence: int, profile: Profile, gone: int
) -> None:
    ends_on = add_months(ANCHOR, 12 * years)
    after = min(add_months(ANCHOR, gone), add_months(ends_on, -cadence - 1))
    remainder = left(total, ends_on=ends_on, after=after, cadence_months=cadence, profile=profile)

    planned = plan_remainder(remainder, CALENDAR, first_number=1)

    assert sum(one.amount_pence for one in planned) == total
    assert all(after < one.due_on < ends_on for one in planned)
    assert all(one.due_on < following.due_on for one, following in zip(planned, planned[1:], strict=False))


def test_money_that_moves_at_most_six_months() -> None:
    old = [Standing(date(2027, 6, 20), 100), Standing(date(2027, 12, 20), 100)]

    assert moves_within(old, old)
    assert moves_within(old, [Standing(date(2027, 12, 20), 200)])
    assert moves_within(old, [Standing(date(2027, 6, 20), 200)])
    assert not moves_within(old, [Standing(date(2027, 12, 28), 200)])
    assert not moves_within(old, [Standing(date(2027, 6, 12), 200)])
    assert not moves_within(old, [Standing(date(2027, 6, 20), 50), Standing(date(2027, 12, 20), 50)])
