"""When an agreement pays, and how much: anchors, working days, yearly profiles and exact pennies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from grants.domain.dates import add_months
from grants.domain.shares import share_out
from grants.domain.working_days import WorkingDays

MONTHS_IN_YEAR = 12
WORKING_DAYS_TO_PROCESS = 2
WORKING_DAYS_HOLDS_SHOW = 20


class Profile(StrEnum):
    """How an agreement's money spreads over its years."""

    RAMPED = "ramped"
    EVEN = "even"
    FRONT_LOADED = "front_loaded"


PROFILE_LABELS = {
    Profile.RAMPED: "Rises over the first two years, falls over the last two",
    Profile.EVEN: "The same each year",
    Profile.FRONT_LOADED: "More in the early years",
}


@dataclass(frozen=True)
class Terms:
    """What a schedule follows from.

    `starts_on` is the day of acceptance, from which the term and the yearly reviews count; `anchor_on` is the day from
    which payment dates count.
    """

    total_pence: int
    starts_on: date
    anchor_on: date
    term_years: int
    cadence_months: int = 6
    profile: Profile = Profile.RAMPED


@dataclass(frozen=True)
class PlannedTranche:
    """One payment of the schedule: `number` and `year` count from 1."""

    number: int
    year: int
    due_on: date
    process_on: date
    amount_pence: int


def year_weights(profile: Profile, years: int) -> list[Fraction]:
    """One weight per year; only their proportions matter.

    Raises:
        ValueError: Fewer than one year.
    """
    if years < 1:
        raise ValueError("A term must be at least one year.")
    if profile is Profile.EVEN:
        return [Fraction(1)] * years
    if profile is Profile.FRONT_LOADED:
        fall = Fraction(1, years - 1) if years > 1 else Fraction(0)
        return [Fraction(3, 2) - fall * year for year in range(years)]
    return [min(Fraction(1), Fraction(2 + min(year, years - 1 - year), 4)) for year in range(years)]


def build_schedule(terms: Terms, calendar: WorkingDays) -> list[PlannedTranche]:
    """The payments of an agreement, in order, summing to its total to the penny.

    Money is due on the anchor's day every `cadence_months`; where banks are closed it is due the working day before,
    and it is processed two working days before that. Pennies left by the profile go to the largest remainders, the
    earlier payment first.

    Raises:
        ValueError: The cadence does not divide a year, or the total or the term is not positive.
    """
    if terms.cadence_months < 1 or MONTHS_IN_YEAR % terms.cadence_months:
        raise ValueError("Payments must come a whole number of times a year.")
    if terms.total_pence < 1:
        raise ValueError("An agreement must pay something.")
    per_year = MONTHS_IN_YEAR // terms.cadence_months
    weights = [weight for weight in year_weights(terms.profile, terms.term_years) for _ in range(per_year)]
    amounts = share_out(terms.total_pence, weights)
    return [_tranche(terms, calendar, index=index, pence=amount) for index, amount in enumerate(amounts)]


def _tranche(terms: Terms, calendar: WorkingDays, *, index: int, pence: int) -> PlannedTranche:
    months = index * terms.cadence_months
    due_on = calendar.on_or_before(add_months(terms.anchor_on, months))
    return PlannedTranche(
        number=index + 1,
        year=months // MONTHS_IN_YEAR + 1,
        due_on=due_on,
        process_on=calendar.shift(due_on, -WORKING_DAYS_TO_PROCESS),
        amount_pence=pence,
    )


def running_contributions(amounts: Iterable[int], total_pence: int, contribution_pence: int) -> list[int]:
    """Spread a contribution over payments in proportion to them, each running total rounded down but the last exact.

    Raises:
        ValueError: The payments do not sum to `total_pence`.
    """
    spread: list[int] = []
    running = given = 0
    for amount in amounts:
        running += amount
        reached = running * contribution_pence // total_pence
        spread.append(reached - given)
        given = reached
    if running != total_pence:
        raise ValueError("The payments must sum to the agreement.")
    return spread


def committed_through(starts_on: date, *, reviews_passed: int, wind_down_months: int = 6) -> date:
    """The last day of the window that is legally promised after so many yearly reviews said continue.

    The window runs to the next yearly review and the wind-down after it.
    """
    return add_months(starts_on, MONTHS_IN_YEAR * (reviews_passed + 1) + wind_down_months)


def first_anchor(accepted_on: date, days_after: int) -> date:
    """The day payment dates count from: long enough after acceptance to check bank details."""
    return accepted_on + timedelta(days=days_after)


def holds_show_from(due_on: date, calendar: WorkingDays) -> date:
    """The day from which anything that would stop a payment is shown to people."""
    return calendar.shift(due_on, -WORKING_DAYS_HOLDS_SHOW)
