"""Published rates of consumer prices, made directly."""

from datetime import date
from decimal import Decimal

from grants.domain.prices import PER_CENT, Frequency, Series
from grants.domain.schedule import MONTHS_IN_YEAR
from grants.models import PriceIndex


def publish_rate(month: date, per_cent: str) -> PriceIndex:
    """The yearly rise of consumer prices in a month, as first published in the month after."""
    first = month.replace(day=1)
    year, index = divmod(first.year * MONTHS_IN_YEAR + first.month, MONTHS_IN_YEAR)
    return PriceIndex.objects.create(
        series=Series.CPIH_RATE.value,
        frequency=Frequency.MONTH.value,
        period_starts_on=first,
        version=1,
        value=Decimal(per_cent),
        base=PER_CENT,
        released_on=date(year, index + 1, 20),
        source="A test",
    )
