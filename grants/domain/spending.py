"""How fast a programme may spend, and what there is to pay with when promises fall due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise

from grants.domain.award import BASIS_POINTS
from grants.domain.dates import add_months
from grants.domain.ledger import HAIRCUT_PCT
from grants.domain.shares import share_out

MONTHS_IN_YEAR = 12
HIGHEST_CAP, HIGHEST_INFLATION = 3_000, 1_000
THIRTEEN_WEEKS = timedelta(weeks=13)
Payment = tuple[date, int]


@dataclass(frozen=True)
class YearOfPolicy:
    """One year of a policy, in pence: what it lets go, and what is promised, both counted from the beginning."""

    ends_on: date
    allowed_pence: int
    promised_pence: int

    @property
    def is_broken(self) -> bool:
        """More is promised by then than the policy lets go."""
        return self.promised_pence > self.allowed_pence


@dataclass(frozen=True)
class SpendDown:
    """A policy set against promises; `after_pence` is promised for after the day by which all is spent."""

    yearly_budget_pence: int
    years: Sequence[YearOfPolicy]
    after_pence: int

    @property
    def first_broken(self) -> YearOfPolicy | None:
        """The first year by whose end more is promised than the policy lets go."""
        return next((year for year in self.years if year.is_broken), None)


def spend_down(*, remaining_pence: int, begins_on: date, spend_down_on: date, payments: Sequence[Payment]) -> SpendDown:
    """Spread what remains evenly by days to a date and set promised payments against it, counted together by year.

    What one year leaves, the next may spend: a slow start never breaks the policy, a fast one does.

    Args:
        remaining_pence: What the programme has left of one source; below zero counts as nothing.
        begins_on: Today.
        spend_down_on: The day by which all is spent, after `begins_on`.
        payments: Day and pence of everything promised and not yet paid.

    Raises:
        ValueError: The date has passed.
    """
    if spend_down_on <= begins_on:
        raise ValueError("The day by which all is spent has passed.")
    remaining = max(0, remaining_pence)
    ends: list[date] = []
    while not ends or ends[-1] < spend_down_on:
        ends.append(min(add_months(begins_on, MONTHS_IN_YEAR * (len(ends) + 1)), spend_down_on))
    days = [(end - start).days for start, end in pairwise([begins_on, *ends])]
    allowed = list(accumulate(share_out(remaining, days)))
    years = [
        YearOfPolicy(end, budget, sum(pence for day, pence in payments if day <= end))
        for end, budget in zip(ends, allowed, strict=True)
    ]
    return SpendDown(
        yearly_budget_pence=remaining * days[0] // sum(days),
        years=years,
        after_pence=sum(pence for day, pence in payments if day > spend_down_on),
    )


@dataclass(frozen=True)
class Hybrid:
    """A rule that smooths spending, in hundredths of one per cent.

    A year spends `smoothing` of what the year before spent, raised by `inflation`, and the rest of `rate` of what
    remains, never more than `cap` of what remains. Source: the rule of Yale's endowment, as Tobin proposed it, with the
    cap of the money page.
    """

    smoothing_basis_points: int
    rate_basis_points: int
    cap_basis_points: int
    inflation_basis_points: int

    @property
    def problems(self) -> list[str]:
        """What is wrong with it, in sentences; empty where it can be used."""
        found = []
        if not 0 <= self.smoothing_basis_points < BASIS_POINTS:
            found.append("The part that follows the year before must be below 100%.")
        if not 1 <= self.rate_basis_points <= self.cap_basis_points <= HIGHEST_CAP:
            found.append("The rate must be above 0%, and the cap from the rate to 30%.")
        if not 0 <= self.inflation_basis_points <= HIGHEST_INFLATION:
            found.append("The rise of prices must be from 0% to 10%.")
        return found


def hybrid_spending(rule: Hybrid, *, last_pence: int, value_pence: int) -> int:
    """What a year may spend, rounded down, given what the year before spent and what remains at its beginning."""
    raised = rule.smoothing_basis_points * (BASIS_POINTS + rule.inflation_basis_points) * last_pence
    of_value = (BASIS_POINTS - rule.smoothing_basis_points) * rule.rate_basis_points * value_pence
    return min((raised + of_value) // BASIS_POINTS**2, rule.cap_basis_points * value_pence // BASIS_POINTS)


def hybrid(
    rule: Hybrid, *, remaining_pence: int, last_pence: int, begins_on: date, payments: Sequence[Payment]
) -> SpendDown:
    """Set promised payments against what the rule lets go year by year, counted together from the beginning.

    No growth is counted on: what remains falls by what each year may spend. The years go on to the last payment.

    Args:
        rule: How a year's spending follows.
        remaining_pence: What the programme has left of one source; below zero counts as nothing.
        last_pence: What it spent of it in the year before; 0 before the first, which then counts as `rate` of it all.
        begins_on: Today.
        payments: Day and pence of everything promised and not yet paid.
    """
    value = max(0, remaining_pence)
    last = last_pence or rule.rate_basis_points * value // BASIS_POINTS
    latest = max((day for day, _ in payments), default=begins_on)
    years: list[YearOfPolicy] = []
    budgets: list[int] = []
    while not years or years[-1].ends_on < latest:
        last = hybrid_spending(rule, last_pence=last, value_pence=value)
        value -= last
        budgets.append(last)
        ends_on = add_months(begins_on, MONTHS_IN_YEAR * len(budgets))
        promised = sum(pence for day, pence in payments if day <= ends_on)
        years.append(YearOfPolicy(ends_on, sum(budgets), promised))
    return SpendDown(yearly_budget_pence=budgets[0], years=years, after_pence=0)


@dataclass(frozen=True)
class Rung:
    """One step of the ladder, in pence: what falls due within it, and what could pay for all up to here."""

    label: str
    due_pence: int
    due_so_far_pence: int
    available_pence: int

    @property
    def is_covered(self) -> bool:
        """What can be turned into cash in time covers everything due by then."""
        return self.available_pence >= self.due_so_far_pence


# Which classes can be counted on by the end of each rung, the last as well as those before it.
RUNGS = (
    ("Next 13 weeks", "cash"),
    ("Rest of the year", "gilts"),
    ("Years 2 to 5", "bonds"),
    ("After 5 years", "equities"),
)


def liquidity_ladder(*, on: date, payments: Sequence[Payment], assets_pence: Mapping[str, int]) -> list[Rung]:
    """Set what falls due against what can be turned into cash in time; investments count less their haircut.

    Args:
        on: Today; what is overdue counts as due at once.
        payments: Day and pence of everything promised and not yet paid.
        assets_pence: Value by class: cash, gilts, bonds, equities.
    """
    until = [on + THIRTEEN_WEEKS, add_months(on, MONTHS_IN_YEAR), add_months(on, 5 * MONTHS_IN_YEAR), date.max]
    rungs, available, so_far, since = [], 0, 0, date.min
    for (label, asset), end in zip(RUNGS, until, strict=True):
        available += assets_pence.get(asset, 0) * (100 - HAIRCUT_PCT.get(asset, 0)) // 100
        due = sum(pence for day, pence in payments if since < day <= end)
        so_far += due
        rungs.append(Rung(label, due, so_far, available))
        since = end
    return rungs
