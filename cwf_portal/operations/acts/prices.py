"""A stated scenario of consumer prices, so that a story that lies ahead of every published figure can use uplift.

Its rows say that they are a sample; they are laid down in scratch databases only.
"""

from datetime import date
from decimal import Decimal

from grants.domain.dates import add_months
from grants.domain.prices import PER_CENT, Frequency, Series
from grants.domain.schedule import MONTHS_IN_YEAR
from grants.models import PriceIndex

SCENARIO = "Scenario of the journey, sample: no published figure"
# Per cent a year, over and over: around the target, once above the cap of 3%, once below zero.
YEARLY_RATES = ("2.0", "2.4", "3.6", "1.7", "-0.3", "2.2")
RELEASE_DAY = 20


def lay_down_scenario(*, after: date, years: int) -> int:
    """State a yearly rate for every month of these years after a day; returns how many. The same again adds nothing."""
    first = add_months(after.replace(day=1), 1)
    months = [add_months(first, index) for index in range(MONTHS_IN_YEAR * years)]
    rows = PriceIndex.objects.bulk_create(
        (
            PriceIndex(
                series=Series.CPIH_RATE.value,
                frequency=Frequency.MONTH.value,
                period_starts_on=month,
                version=1,
                value=Decimal(YEARLY_RATES[(month.year - first.year) % len(YEARLY_RATES)]),
                base=PER_CENT,
                released_on=add_months(month, 1).replace(day=RELEASE_DAY),
                source=SCENARIO,
            )
            for month in months
        ),
        ignore_conflicts=True,
    )
    return len(rows)
