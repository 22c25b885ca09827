"""An agreement lived through once more, from its terms alone: what each payment comes to after all that happened.

Nothing is read of what the portal worked out. The terms of each version, what two people decided, which payments were
released when, and the published prices are all that it takes; amounts, days, contributions and what prices add follow.
Amounts are per source, in the order of the sources' keys. Pence left over go to the largest remainders, the earlier
first; running totals are divided among sources each in turn, halves up.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from grants.reconciler.calendar import OpenDays
from grants.reconciler.prices import Prices

MONTHS = 12
WHOLE = 10_000  # basis points
Row = list[int]


class UnlivableError(ValueError):
    """What is said of an agreement cannot have happened."""


@dataclass(frozen=True)
class Terms:
    """What a version of an agreement says."""

    amount_pence: int
    contribution_pence: int
    years: int
    cadence_months: int
    profile: str
    weights: tuple[int, ...]
    anchor_on: date
    ends_on: date


@dataclass
class Due:
    """One payment: what each source gives of the grant, what prices added, and of the contribution."""

    number: int
    year: int
    due_on: date
    amounts: Row
    contributions: Row
    uplifts: Row
    is_open: bool = True


@dataclass
class Life:
    """One agreement as it stands after what has happened so far.

    `rates` has one item for each anniversary that raised a payment, None where its figure was missing. `reserve` is
    what each source still keeps for rising prices.
    """

    reference: str
    starts_on: date
    cap: Fraction
    is_fixed: bool
    sources: list[int]
    payments: dict[int, Due] = field(default_factory=dict)
    highest: int = 0
    rates: list[Fraction | None] = field(default_factory=list)
    reserve: Row = field(default_factory=list)

    def standing(self) -> list[Due]:
        """Payments in order."""
        return [self.payments[number] for number in sorted(self.payments)]

    def begin(self, terms: Terms, given: dict[int, tuple[int, int]], calendar: OpenDays) -> None:
        """The first version: everything is planned."""
        days = [
            (index * terms.cadence_months // MONTHS + 1, months_after(terms.anchor_on, index * terms.cadence_months))
            for index in range(terms.years * MONTHS // terms.cadence_months)
        ]
        amounts = shared(terms.amount_pence, _by_payment(terms, [year for year, _ in days]))
        contributions = derived_contributions(amounts, terms.contribution_pence)
        places = split(amounts, [given[source][0] for source in self.sources])
        bodies = split(contributions, [given[source][1] for source in self.sources])
        for index, (year, day) in enumerate(days):
            none = [0] * len(self.sources)
            self._add(Due(index + 1, year, calendar.last_open(day), places[index], bodies[index], none))
        self.reserve = self._wanted(self.standing())

    def vary(self, terms: Terms, change: "Change", calendar: OpenDays) -> None:
        """A new version: what is released stands, the rest is planned anew."""
        known = {*self.sources, *change.given}
        self._take_sources(sorted(known))
        closed = [one for one in self.standing() if one.number not in change.standing]
        open_ones = [one for one in self.standing() if one.number in change.standing]
        if len(open_ones) != len(change.standing) or not all(one.is_open for one in open_ones):
            raise UnlivableError(f"what stood open when version {change.version} was proposed did not stand then")
        days = _days_left(terms, max([change.proposed_on, *(one.due_on for one in closed)]), calendar)
        amounts = _amounts_left(terms, change, days, gone=sum(sum(one.amounts) for one in closed))
        left = terms.contribution_pence - sum(sum(one.contributions) for one in closed)
        contributions = derived_contributions(amounts, left)
        given = [
            sum(one.amounts[index] for one in open_ones) + change.given.get(source, (0, 0))[0]
            for index, source in enumerate(self.sources)
        ]
        if sum(given) != sum(amounts):
            raise UnlivableError(f"the sources of version {change.version} do not give what its payments come to")
        places = split(amounts, given)
        bodies = split(contributions, shared(sum(contributions), given))
        kept = [
            self.reserve[index] + sum(one.uplifts[index] for one in open_ones) for index in range(len(self.sources))
        ]
        for one in open_ones:
            del self.payments[one.number]
        numbers = [*(one.number for one in open_ones), *range(self.highest + 1, self.highest + 1 + len(days))]
        rows = zip(numbers, days, places, bodies, strict=False)
        for number, (year, due_on), place, body in rows:
            self._add(Due(number, year, due_on, place, body, [0] * len(self.sources)))
            change.planned.add(number)
        self._raise(kept)
        self.reserve = self._wanted(self.standing())

    def divide(self, number: int, *, pay_pence: int, later: int | None, later_on: date) -> None:
        """Part of a payment comes later, as one of its own, or all of it where nothing goes now."""
        whole = self.payments[number]
        if later is None:
            whole.due_on = later_on
            return
        cells = [pence for pair in zip(whole.amounts, whole.uplifts, strict=True) for pence in pair]
        moved = shared(sum(cells) - pay_pence, cells)
        amounts, uplifts = moved[::2], moved[1::2]
        contributions = [
            body * part // amount if amount else 0
            for body, part, amount in zip(whole.contributions, amounts, whole.amounts, strict=True)
        ]
        self._add(Due(later, whole.year, later_on, amounts, contributions, uplifts))
        whole.amounts = _less(whole.amounts, amounts)
        whole.uplifts = _less(whole.uplifts, uplifts)
        whole.contributions = _less(whole.contributions, contributions)

    def pass_anniversary(self, year: int, *, at: datetime, prices: Prices) -> None:
        """An anniversary was posted, or posted once more when a figure had come late."""
        last_year = max((one.year for one in self.payments.values()), default=year)
        count = min(year, last_year - 1)
        noted = self.rates
        self.rates = [
            noted[index] if index < len(noted) and noted[index] is not None else self._rate(index + 1, at, prices)
            for index in range(count)
        ]
        before = self.reserve
        spent = self._raise(before)
        wanted = self._wanted(self.standing())
        self.reserve = [min(most, had - used) for most, had, used in zip(wanted, before, spent, strict=True)]

    def _rate(self, year: int, at: datetime, prices: Prices) -> Fraction | None:
        if self.is_fixed:
            return self.cap
        return prices.rise(months_after(self.starts_on, MONTHS * year), known_at=at)

    def _add(self, due: Due) -> None:
        self.payments[due.number] = due
        self.highest = max(self.highest, due.number)

    def _take_sources(self, sources: list[int]) -> None:
        """Make room for sources that give from now on."""
        places = [self.sources.index(one) if one in self.sources else None for one in sources]

        def widened(row: Row) -> Row:
            return [0 if place is None else row[place] for place in places]

        self.sources, self.reserve = sources, widened(self.reserve)
        for one in self.payments.values():
            one.amounts, one.uplifts = widened(one.amounts), widened(one.uplifts)
            one.contributions = widened(one.contributions)

    def _factor(self, year: int, unknown: Fraction) -> Fraction:
        """What a payment of a year is multiplied by; `unknown` stands for rates that nobody knows yet."""
        factor = Fraction(1)
        for index in range(year - 1):
            rate = self.rates[index] if index < len(self.rates) else None
            factor *= 1 + min(self.cap, max(Fraction(0), unknown if rate is None else rate))
        return factor

    def _target(self, one: Due, unknown: Fraction) -> Row:
        whole = nearest(sum(one.amounts) * (self._factor(one.year, unknown) - 1))
        return in_turn(whole, one.amounts)

    def _wanted(self, payments: Iterable[Due]) -> Row:
        """The most that prices may still add: every rate not known yet is the cap."""
        wanted = [0] * len(self.sources)
        for one in payments:
            most = self._target(one, self.cap)
            wanted = [had + top - got for had, top, got in zip(wanted, most, one.uplifts, strict=True)]
        return wanted

    def _raise(self, within: Row) -> Row:
        """Give every payment of the years that have begun what it is owed; what is released can take no more, so what
        it still is owed goes on the first that can. Returns what each source gave."""
        begun = [one for one in self.standing() if one.year <= len(self.rates) + 1]
        targets = {one.number: self._target(one, Fraction(0)) for one in begun}
        owed = [sum(targets[one.number][index] - one.uplifts[index] for one in begun) for index in range(len(within))]
        left = [max(0, min(pence, most)) for pence, most in zip(owed, within, strict=True)]
        given = list(left)
        for one in begun:
            for index in range(len(left)) if one.is_open else ():
                more = min(left[index], max(0, targets[one.number][index] - one.uplifts[index]))
                one.uplifts[index] += more
                left[index] -= more
        first = next((one for one in self.standing() if one.is_open), None)
        if first is None:
            return _less(given, left)
        first.uplifts = [had + late for had, late in zip(first.uplifts, left, strict=True)]
        return given


@dataclass(frozen=True)
class Change:
    """What a variation says beside its terms.

    Attributes:
        version: Its number.
        proposed_on: The day after which payments may fall due.
        standing: Numbers of the payments that could change.
        given: What each source gives more or less than before: of the grant, of the contribution.
        amounts: The payments themselves where they were set one by one; None where nobody kept whether they were.
        approved: What the approvers saw: number, due day, grant, contribution of each payment.
        planned: Numbers of the payments that it came to, once it was lived through.
    """

    version: int
    proposed_on: date
    standing: frozenset[int]
    given: dict[int, tuple[int, int]]
    amounts: tuple[int, ...] | None
    approved: tuple[tuple[int, date, int, int], ...]
    planned: set[int] = field(default_factory=set)


def _days_left(terms: Terms, after: date, calendar: OpenDays) -> list[tuple[int, date]]:
    """Year and due day of every payment that a variation plans."""
    found = []
    for index in range(terms.years * MONTHS // terms.cadence_months + MONTHS):
        day = months_after(terms.anchor_on, index * terms.cadence_months)
        if day < terms.ends_on and (due_on := calendar.last_open(day)) > after:
            found.append((index * terms.cadence_months // MONTHS + 1, due_on))
    return found


def _amounts_left(terms: Terms, change: Change, days: Sequence[tuple[int, date]], *, gone: int) -> Row:
    """What the planned payments come to. Of a variation from before it was kept whether its amounts were set one by
    one, those that were approved are taken."""
    left = terms.amount_pence - gone
    set_apart = change.amounts
    if set_apart is None:
        set_apart = tuple(amount for _, _, amount, _ in change.approved)
    if not set_apart:
        return shared(left, _by_payment(terms, [year for year, _ in days]))
    if len(set_apart) != len(days) or sum(set_apart) != left:
        raise UnlivableError(f"the amounts set in version {change.version} are not what was left to pay")
    return list(set_apart)


def _by_payment(terms: Terms, years: Sequence[int]) -> Row:
    """How payments compare, in whole numbers."""
    last = terms.years - 1
    if terms.profile == "custom":
        yearly = list(terms.weights)
    elif terms.profile == "front_loaded":  # from three halves down to one half
        yearly = [3 * last - 2 * year for year in range(terms.years)] if last else [1]
    elif terms.profile == "ramped":  # two, three and then four quarters, and back
        yearly = [min(4, 2 + year, 2 + last - year) for year in range(terms.years)]
    else:
        yearly = [1] * terms.years
    return [yearly[year - 1] for year in years]


def shared(pence: int, weights: Sequence[int]) -> Row:
    """Divide in proportion; pence left over go to the largest remainders, the earlier first."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [pence * weight // whole for weight in weights]
    rests = [pence * weight % whole for weight in weights]
    first = sorted(range(len(weights)), key=lambda index: (-rests[index], index))
    for index in first[: pence - sum(parts)]:
        parts[index] += 1
    return parts


def derived_contributions(amounts: Sequence[int], contribution_pence: int) -> Row:
    """What goes with each grant on top: its running total rounded down, less what went before."""
    whole, running, before, found = sum(amounts), 0, 0, []
    for amount in amounts:
        running += amount
        now = running * contribution_pence // whole
        found.append(now - before)
        before = now
    return found


def split(amounts: Sequence[int], totals: Sequence[int]) -> list[Row]:
    """What each source gives of each payment, so that every running total keeps their proportion."""
    rows, running, before = [], 0, [0] * len(totals)
    for amount in amounts:
        running += amount
        now = in_turn(running, totals)
        rows.append(_less(now, before))
        before = now
    return rows


def in_turn(pence: int, totals: Sequence[int]) -> Row:
    """Divide in proportion to `totals`: each takes its share of what those before it left."""
    parts, rest = [], sum(totals)
    for total in totals:
        part = nearest(Fraction(pence * total, rest)) if rest else 0
        parts.append(part)
        pence, rest = pence - part, rest - total
    return parts


def nearest(value: Fraction | int) -> int:
    """To the whole penny, halves up; nothing here is below zero."""
    return int((2 * value + 1) // 2)


def _less(row: Sequence[int], other: Sequence[int]) -> Row:
    return [had - gone for had, gone in zip(row, other, strict=True)]


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the month's last."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
