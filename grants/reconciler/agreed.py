"""The payments that an agreement comes to, worked out from its terms alone and set beside those that are to be made.

Amounts by year follow the profile; pence left over go to the largest remainders, the earlier payment first; the
contribution follows each running total, rounded down. A first version is derived whole. A varied one is held to what
was approved line by line, and to the anchor's days. What an unspent balance put off stays with its payment.
"""

import json
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from grants.reconciler.calendar import OpenDays
from grants.reconciler.differences import Difference, Kind, in_pounds

MONTHS = 12
Rows = Iterator[tuple[Any, ...]]


@dataclass(frozen=True)
class AgreedTerms:
    """What a version of an agreement says."""

    reference: str
    version: int
    amount_pence: int
    contribution_pence: int
    years: int
    cadence_months: int
    profile: str
    weights: tuple[int, ...]
    anchor_on: date


@dataclass(frozen=True)
class AgreedPayment:
    """One payment of the version, and as it stands now with what was put off from it.

    `approved_pence` and `approved_contribution_pence` are what the variation's own lines say, else those of the
    schedule; `is_replanned` says that such a line is there; `put_off_to` is the day to which two people moved it since.
    """

    number: int
    planned_on: date
    is_replanned: bool
    approved_pence: int
    approved_contribution_pence: int
    is_cancelled: bool
    stands_pence: int
    stands_contribution_pence: int
    due_on: date
    process_on: date
    put_off_to: date | None


def compare_schedules(rows: Rows) -> Iterator[Difference]:
    """Every schedule beside the terms it should follow from; rows ordered by agreement, then by payment."""
    calendar = OpenDays()
    for _, group in groupby(rows, key=lambda row: row[0]):
        lines = list(group)
        yield from _compare(_terms(lines[0]), [AgreedPayment(*row[10:]) for row in lines], calendar)


def _terms(row: tuple[Any, ...]) -> AgreedTerms:
    reference, version, amount, contribution, years, cadence, profile, weights, anchor_on = row[1:10]
    return AgreedTerms(
        reference=reference,
        version=version,
        amount_pence=amount,
        contribution_pence=contribution,
        years=years,
        cadence_months=cadence,
        profile=profile,
        weights=tuple(json.loads(weights) if isinstance(weights, str) else weights),
        anchor_on=anchor_on,
    )


def _compare(terms: AgreedTerms, payments: Sequence[AgreedPayment], calendar: OpenDays) -> Iterator[Difference]:
    if terms.version == 1:
        amounts = derived_amounts(terms)
        contributions = derived_contributions(amounts, terms.contribution_pence)
        if [one.number for one in payments] != list(range(1, len(amounts) + 1)):
            detail = f"by its terms it has {len(amounts)} payments, its schedule {len(payments)}."
            yield Difference(Kind.SCHEDULE_DIFFERS, terms.reference, detail=detail)
            return
    else:
        amounts = [one.approved_pence for one in payments]
        contributions = [one.approved_contribution_pence for one in payments]
    for index, one in enumerate(payments):
        if one.is_cancelled:
            continue
        subject = f"{terms.reference} payment {one.number}"
        yield from _amounts_differ(subject, one, amount=amounts[index], contribution=contributions[index])
        derived_on = calendar.last_open(months_after(terms.anchor_on, index * terms.cadence_months))
        planned_on = derived_on if terms.version == 1 else one.planned_on
        yield from _days_differ(subject, one, calendar, planned_on=planned_on)
        if one.is_replanned and not _is_of_anchor(one.planned_on, terms.anchor_on, calendar):
            detail = f"it was varied to {one.planned_on:%-d %B %Y}, which is no payment day of its agreement."
            yield Difference(Kind.SCHEDULE_DIFFERS, subject, on=one.planned_on, detail=detail)


def _amounts_differ(subject: str, one: AgreedPayment, *, amount: int, contribution: int) -> Iterator[Difference]:
    if one.stands_pence != amount:
        detail = f"by its agreement the grant is {in_pounds(amount)}, it stands at {in_pounds(one.stands_pence)}."
        yield Difference(Kind.SCHEDULE_DIFFERS, subject, amount, one.stands_pence, one.due_on, detail)
    if one.stands_contribution_pence != contribution:
        found = one.stands_contribution_pence
        detail = f"by its agreement the contribution is {in_pounds(contribution)}, it stands at {in_pounds(found)}."
        yield Difference(Kind.SCHEDULE_DIFFERS, subject, contribution, found, one.due_on, detail)


def _days_differ(subject: str, one: AgreedPayment, calendar: OpenDays, *, planned_on: date) -> Iterator[Difference]:
    wanted = one.put_off_to or planned_on
    if one.due_on != wanted:
        detail = f"by its agreement it is due on {wanted:%-d %B %Y}, it stands for {one.due_on:%-d %B %Y}."
        yield Difference(Kind.SCHEDULE_DIFFERS, subject, on=one.due_on, detail=detail)
    elif one.process_on != calendar.before(one.due_on, 2):
        detail = f"it should leave two working days before it is due, it leaves on {one.process_on:%-d %B %Y}."
        yield Difference(Kind.SCHEDULE_DIFFERS, subject, on=one.due_on, detail=detail)


def derived_amounts(terms: AgreedTerms) -> list[int]:
    """The grant of every payment by the terms alone."""
    per_year = MONTHS // terms.cadence_months
    shares = [share for share in _yearly(terms) for _ in range(per_year)]
    whole = sum(shares)
    amounts = [terms.amount_pence * share // whole for share in shares]
    rests = [terms.amount_pence * share % whole for share in shares]
    first = sorted(range(len(shares)), key=lambda index: (-rests[index], index))
    for index in first[: terms.amount_pence - sum(amounts)]:
        amounts[index] += 1
    return amounts


def _yearly(terms: AgreedTerms) -> list[int]:
    """How the years compare, in whole numbers."""
    last = terms.years - 1
    if terms.profile == "custom":
        return list(terms.weights)
    if terms.profile == "front_loaded":  # from three halves down to one half
        return [3 * last - 2 * year for year in range(terms.years)] if last else [1]
    if terms.profile == "ramped":  # two, three and then four quarters, and back
        return [min(4, 2 + year, 2 + last - year) for year in range(terms.years)]
    return [1] * terms.years


def derived_contributions(amounts: Sequence[int], contribution_pence: int) -> list[int]:
    """What goes with each grant on top: its running total rounded down, less what went before."""
    running = [sum(amounts[: index + 1]) * contribution_pence // sum(amounts) for index in range(len(amounts))]
    return [now - before for now, before in zip(running, [0, *running], strict=False)]


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the month's last."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _is_of_anchor(day: date, anchor_on: date, calendar: OpenDays) -> bool:
    """Whether it is the anchor's day of some month, or the last open day before that."""
    months = (day.year - anchor_on.year) * MONTHS + day.month - anchor_on.month
    return day in {calendar.last_open(months_after(anchor_on, months + more)) for more in (0, 1)}
