"""A varied schedule: what is released or paid stands, the rest of the money is planned anew over what is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from grants.domain.dates import add_months
from grants.domain.schedule import (
    MONTHS_IN_YEAR,
    PlannedTranche,
    Profile,
    process_day,
    year_of,
    year_weights,
)
from grants.domain.shares import share_out
from grants.domain.working_days import WorkingDays

SMALL_MONTHS = 6
CLOSED_BANKS = timedelta(days=7)  # by which payment days may differ from the anchor's


@dataclass(frozen=True)
class Standing:
    """A payment as it stands: when it is due and its base amount."""

    due_on: date
    amount_pence: int


@dataclass(frozen=True)
class Remainder:
    """What is left to plan.

    `total_pence` is what all payments still open come to; `after` the day after which they may fall due. `weights` are
    the plan's own shares for every year of the term, `amounts` the payments themselves where they are set one by one.
    """

    total_pence: int
    anchor_on: date
    ends_on: date
    after: date
    cadence_months: int
    profile: Profile
    weights: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()


def years_until(anchor_on: date, ends_on: date) -> int:
    """Years of payments that begin before the end, the last one perhaps not whole; at least one."""
    years = 1
    while add_months(anchor_on, MONTHS_IN_YEAR * years) < ends_on:
        years += 1
    return years


def plan_remainder(left: Remainder, calendar: WorkingDays, *, first_number: int) -> list[PlannedTranche]:
    """The payments still to come, on the anchor's days after `after` and before the end, summing to what is left.

    Raises:
        ValueError: There is nothing to pay or no day to pay it on, or the amounts set one by one do not fit.
    """
    if left.total_pence < 1:
        raise ValueError("The new total must leave something for payments that are still to come.")
    days = _days(left, calendar)
    if not days:
        raise ValueError("No payment day lies between now and the new end.")
    amounts = _amounts(left, [year for year, _ in days])
    return [
        PlannedTranche(
            number=first_number + index,
            year=year,
            due_on=due_on,
            process_on=process_day(due_on, calendar),
            amount_pence=pence,
        )
        for index, ((year, due_on), pence) in enumerate(zip(days, amounts, strict=True))
    ]


def _days(left: Remainder, calendar: WorkingDays) -> list[tuple[int, date]]:
    """Year and due day of every payment still to come."""
    found: list[tuple[int, date]] = []
    index = 0
    while (day := add_months(left.anchor_on, index * left.cadence_months)) < left.ends_on:
        due_on = calendar.on_or_before(day)
        if due_on > left.after:
            found.append((year_of(index, left.cadence_months), due_on))
        index += 1
    return found


def _amounts(left: Remainder, years: Sequence[int]) -> list[int]:
    if left.amounts:
        if len(left.amounts) != len(years):
            raise ValueError(f"{len(years)} payments are still to come; there are {len(left.amounts)} amounts.")
        if min(left.amounts) < 1 or sum(left.amounts) != left.total_pence:
            raise ValueError("The amounts must each be above nothing and make up what is left.")
        return list(left.amounts)
    by_year: list[Fraction] = year_weights(left.profile, years_until(left.anchor_on, left.ends_on), left.weights)
    amounts = share_out(left.total_pence, [by_year[year - 1] for year in years])
    if min(amounts) < 1:
        raise ValueError("Every payment must pay something.")
    return amounts


def moves_within(old: Sequence[Standing], new: Sequence[Standing], months: int = SMALL_MONTHS) -> bool:
    """Whether no part of the money comes more than so many months later or earlier, days of closed banks apart."""
    return _comes_by(old, new, months) and _comes_by(new, old, months)


def _comes_by(expected: Sequence[Standing], planned: Sequence[Standing], months: int) -> bool:
    """Whether whatever is expected by a day has been planned by so many months after it."""
    return all(
        sum(one.amount_pence for one in planned if one.due_on <= add_months(due.due_on, months) + CLOSED_BANKS)
        >= sum(one.amount_pence for one in expected if one.due_on <= due.due_on)
        for due in expected
    )
