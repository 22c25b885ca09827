"""When an agreement pays, and how much: anchors, working days, yearly profiles and exact pennies."""

from collections.abc import Iterable, Sequence
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
HEAVIEST_YEAR = 1_000
CADENCES = {12: "Once a year", 6: "Every six months", 3: "Every three months", 1: "Every month"}


class Profile(StrEnum):
    """How an agreement's money spreads over its years."""

    RAMPED = "ramped"
    EVEN = "even"
    FRONT_LOADED = "front_loaded"
    CUSTOM = "custom"


PROFILE_LABELS = {
    Profile.RAMPED: "Rises over the first two years, falls over the last two",
    Profile.EVEN: "The same each year",
    Profile.FRONT_LOADED: "More in the early years",
    Profile.CUSTOM: "By the plan's own share for each year",
}


@dataclass(frozen=True)
class Terms:
    """What a schedule follows from.

    `starts_on` is the day of acceptance, from which the term and the yearly reviews count; `anchor_on` is the day from
    which payment dates count; `weights` is empty but for the custom profile, which has one whole number per year.
    """

    total_pence: int
    starts_on: date
    anchor_on: date
    term_years: int
    cadence_months: int = 6
    profile: Profile = Profile.RAMPED
    weights: tuple[int, ...] = ()


@dataclass(frozen=True)
class PlannedTranche:
    """One payment of the schedule: `number` and `year` count from 1."""

    number: int
    year: int
    due_on: date
    process_on: date
    amount_pence: int


def weight_problems(weights: Sequence[int], years: int) -> list[str]:
    """What is wrong with a plan's own shares, in sentences; empty when they can be used."""
    problems: list[str] = []
    if len(weights) != years:
        problems.append(f"The agreement must have {years} shares, one for each year; there are {len(weights)}.")
    if any(not 1 <= weight <= HEAVIEST_YEAR for weight in weights):
        problems.append(f"Every share must be a whole number from 1 to {HEAVIEST_YEAR:,}.")
    return problems


def year_weights(profile: Profile, years: int, weights: Sequence[int] = ()) -> list[Fraction]:
    """One weight per year; only their proportions matter. `weights` are the plan's own, for the custom profile.

    Raises:
        ValueError: Fewer than one year, or the plan's own weights do not fit.
    """
    if years < 1:
        raise ValueError("A term must be at least one year.")
    if profile is Profile.CUSTOM:
        if problems := weight_problems(weights, years):
            raise ValueError(" ".join(problems))
        return [Fraction(weight) for weight in weights]
    if profile is Profile.EVEN:
        return [Fraction(1)] * years
    if profile is Profile.FRONT_LOADED:
        fall = Fraction(1, years - 1) if years > 1 else Fraction(0)
        return [Fraction(3, 2) - fall * year for year in range(years)]
    return [min(Fraction(1), Fraction(2 + min(year, years - 1 - year), 4)) for year in range(years)]


def tranche_amounts(terms: Terms) -> list[int]:
    """What each payment of a schedule comes to, in order, summing to the total; dates play no part in it.

    Raises:
        ValueError: As for `build_schedule`.
    """
    if terms.cadence_months < 1 or MONTHS_IN_YEAR % terms.cadence_months:
        raise ValueError("Payments must come a whole number of times a year.")
    if terms.total_pence < 1:
        raise ValueError("An agreement must pay something.")
    per_year = MONTHS_IN_YEAR // terms.cadence_months
    by_year = year_weights(terms.profile, terms.term_years, terms.weights)
    return share_out(terms.total_pence, [weight for weight in by_year for _ in range(per_year)])


def year_of(index: int, cadence_months: int) -> int:
    """The year, counted from 1, in which the payment of this index, counted from 0, falls."""
    return index * cadence_months // MONTHS_IN_YEAR + 1


def build_schedule(terms: Terms, calendar: WorkingDays) -> list[PlannedTranche]:
    """The payments of an agreement, in order, summing to its total to the penny.

    Money is due on the anchor's day every `cadence_months`; where banks are closed it is due the working day before,
    and it is processed two working days before that. Pennies left by the profile go to the largest remainders, the
    earlier payment first.

    Raises:
        ValueError: The cadence does not divide a year, the total or the term is not positive, or the plan's own
            weights do not fit the term.
    """
    return [_tranche(terms, calendar, index=index, pence=pence) for index, pence in enumerate(tranche_amounts(terms))]


def _tranche(terms: Terms, calendar: WorkingDays, *, index: int, pence: int) -> PlannedTranche:
    due_on = calendar.on_or_before(add_months(terms.anchor_on, index * terms.cadence_months))
    return PlannedTranche(
        number=index + 1,
        year=year_of(index, terms.cadence_months),
        due_on=due_on,
        process_on=process_day(due_on, calendar),
        amount_pence=pence,
    )


def process_day(due_on: date, calendar: WorkingDays) -> date:
    """The day on which a payment must leave so that it arrives on its due day."""
    return calendar.shift(due_on, -WORKING_DAYS_TO_PROCESS)


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
