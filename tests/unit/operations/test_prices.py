"""The scenario of prices that the journey goes by."""

from datetime import date
from fractions import Fraction

import pytest

from cwf_portal.operations.acts.prices import SCENARIO, lay_down_scenario
from grants.models import PriceIndex
from grants.selectors.prices import cpih_rise


@pytest.mark.django_db
def test_the_scenario_states_every_month_once_and_says_what_it_is() -> None:
    lay_down_scenario(after=date(2026, 11, 22), years=4)
    lay_down_scenario(after=date(2026, 11, 22), years=4)

    stated = PriceIndex.objects.filter(source=SCENARIO)
    assert stated.count() == 48
    assert stated.earliest("period_starts_on").period_starts_on == date(2026, 12, 1)
    rise = cpih_rise(date(2027, 7, 1))
    assert rise is not None
    assert rise.rate == Fraction(24, 1000)
    assert rise.figures[0].source == SCENARIO
