"""The note of promises, by worked example and for any amounts."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.promise_note import Horizon, Promise, horizon_of, spread

ON = date(2027, 3, 31)
SCHEDULE = [(date(2026, 9, 1), 10), (date(2027, 9, 1), 20), (date(2029, 9, 1), 30), (date(2035, 9, 1), 40)]


@pytest.mark.parametrize(
    ("due_on", "horizon"),
    [
        (date(2026, 1, 1), Horizon.WITHIN_ONE_YEAR),
        (date(2028, 3, 31), Horizon.WITHIN_ONE_YEAR),
        (date(2028, 4, 1), Horizon.TWO_TO_FIVE),
        (date(2032, 3, 31), Horizon.TWO_TO_FIVE),
        (date(2032, 4, 1), Horizon.LATER),
    ],
)
def test_horizons_are_counted_from_the_day_of_the_note(due_on: date, horizon: Horizon) -> None:
    assert horizon_of(due_on, ON) is horizon


def test_the_last_payments_are_pledged_and_those_before_committed() -> None:
    promise = spread(SCHEDULE, committed_pence=25, pledged_pence=65, on=ON)

    assert promise.pledged == {
        Horizon.WITHIN_ONE_YEAR: 0,
        Horizon.TWO_TO_FIVE: 25,
        Horizon.LATER: 40,
        Horizon.NO_DATE: 0,
    }
    assert promise.committed == {
        Horizon.WITHIN_ONE_YEAR: 20,
        Horizon.TWO_TO_FIVE: 5,
        Horizon.LATER: 0,
        Horizon.NO_DATE: 0,
    }


def test_an_offer_has_no_dates_yet() -> None:
    assert spread([], committed_pence=0, pledged_pence=7, on=ON).pledged[Horizon.NO_DATE] == 7


@given(
    schedule=st.lists(st.tuples(st.sampled_from([due_on for due_on, _ in SCHEDULE]), st.integers(1, 1000)), max_size=6),
    committed=st.integers(0, 3000),
    pledged=st.integers(0, 3000),
)
def test_the_amounts_are_the_ledgers_to_the_penny(schedule: list, committed: int, pledged: int) -> None:
    promise = spread(schedule, committed_pence=committed, pledged_pence=pledged, on=ON)

    assert sum(promise.committed.values()) == committed
    assert sum(promise.pledged.values()) == pledged
    assert min(*promise.committed.values(), *promise.pledged.values()) >= 0


def test_agreements_of_one_source_are_added_by_kind() -> None:
    promise = Promise()

    promise.add(spread(SCHEDULE, committed_pence=1, pledged_pence=2, on=ON))
    promise.add(spread([], committed_pence=0, pledged_pence=5, on=ON))

    assert (sum(promise.committed.values()), sum(promise.pledged.values())) == (1, 7)
