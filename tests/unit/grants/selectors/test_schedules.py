"""The schedule of a past day: what was agreed then, whatever a variation or an end has made of it since."""

from datetime import date, timedelta
from typing import Any

import pytest

from grants import services
from grants.domain.dates import add_months
from grants.domain.promise_note import Horizon
from grants.models import Review
from grants.selectors.accounts import promise_note
from grants.selectors.days import today
from grants.selectors.schedules import schedules_on
from tests.unit.grants.conftest import Story
from tests.unit.grants.services.test_variations import approve_by_value, propose


def noted(on: date) -> dict[str, tuple[dict[Horizon, int], dict[Horizon, int]]]:
    return {source.code: (promise.committed, promise.pledged) for source, promise in promise_note(on).items()}


@pytest.mark.usefixtures("accepted")
def test_a_variation_changes_no_note_of_an_earlier_day(story: Story, pass_time: Any) -> None:
    day, before = today(), noted(today())
    assert schedules_on(day - timedelta(days=1)) == {}
    pass_time(days=1)
    agreement = story.fresh()

    approve_by_value(story, propose(story, cadence_months=12, ends_on=add_months(agreement.ends_on, 24)))

    assert noted(day) == before
    after = noted(today())
    assert after != before
    assert {code: sum(map(sum, map(dict.values, both))) for code, both in after.items()} == {
        code: sum(map(sum, map(dict.values, both))) for code, both in before.items()
    }


@pytest.mark.usefixtures("accepted")
def test_an_agreement_ended_since_has_its_dates_in_an_earlier_note(story: Story, pass_time: Any) -> None:
    pass_time(days=370)
    day, before = today(), noted(today())
    assert all(both[1][Horizon.LATER] for both in before.values())
    pass_time(days=1)

    people, review = story.people, story.agreement.reviews.get(year=1)
    services.propose_review(
        by=people.officer, review=review, outcome="discontinue", ground=Review.Ground.BREACH, note="Money is missing."
    )
    services.confirm_review(by=people.senior, review=review)

    assert noted(day) == before
