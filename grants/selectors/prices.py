"""What is known of prices: the yearly rise of a month as first published, and the newest figures."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from grants.domain.prices import Frequency, Series, per_cent, year_before, yearly_rate
from grants.models import PriceIndex


@dataclass(frozen=True)
class PriceRise:
    """The rise of prices over twelve months and the published figures that say so: one rate, or two of an index."""

    rate: Fraction
    figures: tuple[PriceIndex, ...]


def cpih_rise(month: date) -> PriceRise | None:
    """The twelve-month rise of CPIH in a month as it was first published; None where it is not known yet.

    The office's own rate comes first; without it the index says. Later revisions do not count: the index a year
    earlier is taken as it stood when the month came out, of the same base year.

    Args:
        month: Any day of the month.
    """
    first = month.replace(day=1)
    months = PriceIndex.objects.filter(frequency=Frequency.MONTH.value)
    published = months.as_first_published().filter(period_starts_on=first)
    rate = published.filter(series=Series.CPIH_RATE.value).first()
    if rate is not None:
        return PriceRise(per_cent(rate.value), (rate,))
    index = published.filter(series=Series.CPIH.value).first()
    if index is None:
        return None
    earlier = (
        months.filter(series=Series.CPIH.value, period_starts_on=year_before(first), base=index.base)
        .filter(released_on__lte=index.released_on)
        .order_by("-version")
        .first()
    )
    return PriceRise(yearly_rate(index.value, earlier.value), (index, earlier)) if earlier else None
