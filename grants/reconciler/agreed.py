"""Every agreement lived through once more, and what that comes to set beside the payments that are to be made."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from fractions import Fraction
from itertools import groupby
from typing import Any

from grants.reconciler.calendar import OpenDays
from grants.reconciler.differences import Difference, Kind, in_pounds
from grants.reconciler.life import WHOLE, Change, Due, Life, Terms, UnlivableError
from grants.reconciler.prices import Prices

Rows = Iterator[tuple[Any, ...]]
Said = dict[str, Any]


def compare_lives(rows: Rows, prices: Prices) -> Iterator[Difference]:
    """Every payment beside what its agreement's terms and life come to.

    Args:
        rows: Agreement, moment, what happened, and what is said of it; ordered by agreement and moment, the payments as
            they stand at the end.
        prices: The published table.
    """
    calendar = OpenDays()
    for agreement, group in groupby(rows, key=lambda row: row[0]):
        happened: list[tuple[datetime, str, Said]] = []
        stands: list[tuple[datetime, str, Said]] = []
        for _, at, kind, said in group:
            content = json.loads(said) if isinstance(said, str) else said
            (stands if kind == "stands" else happened).append((at, kind, content))
        if happened and happened[0][1] != "agreed":
            yield _unborn(agreement, happened)
        elif happened:
            yield from _compare(happened, [said for _, _, said in stands], calendar=calendar, prices=prices)


def _unborn(agreement: int, happened: Sequence[tuple[datetime, str, Said]]) -> Difference:
    """No row of ours comes before the agreement: somebody wrote it past the portal. All else is checked on."""
    agreed = next((said for _, kind, said in happened if kind == "agreed"), None)
    subject = agreed["reference"] if agreed else f"Agreement {agreement}"
    at, kind, _ = happened[0]
    return Difference(Kind.SCHEDULE_DIFFERS, subject, detail=f"“{kind}” on {_day(at.date())}, before it was agreed.")


def _compare(
    happened: Sequence[tuple[datetime, str, Said]], stands: Sequence[Said], *, calendar: OpenDays, prices: Prices
) -> Iterator[Difference]:
    life = _born(happened[0][2])
    try:
        for at, kind, said in happened:
            yield from _live(life, kind, said, at=at, calendar=calendar, prices=prices)
    except (UnlivableError, KeyError, IndexError) as error:
        detail = f"its terms and what happened since cannot be followed: {error}."
        yield Difference(Kind.SCHEDULE_DIFFERS, life.reference, detail=detail)
        return
    for said in stands:
        yield from _payment_differs(life, said, calendar)


def _born(said: Said) -> Life:
    return Life(
        reference=said["reference"],
        starts_on=date.fromisoformat(said["starts_on"]),
        cap=Fraction(said["basis_points"] if said["indexation"] != "none" else 0, WHOLE),
        is_fixed=said["indexation"] == "fixed",
        sources=sorted(int(source) for source in said["funding"] or {}),
    )


def _live(
    life: Life, kind: str, said: Said, *, at: datetime, calendar: OpenDays, prices: Prices
) -> Iterator[Difference]:
    if kind == "agreed":
        life.begin(_terms(said), _given(said), calendar)
    elif kind == "varied":
        change = _change(said)
        life.vary(_terms(said), change, calendar)
        yield from _approved_differs(life, change)
    elif kind == "divided":
        later_on = date.fromisoformat(said["later_on"])
        life.divide(said["number"], pay_pence=said["pay_pence"], later=said["later"], later_on=later_on)
    elif kind == "uplift":
        life.pass_anniversary(said["year"], at=at, prices=prices)
    else:
        for number in said["numbers"]:
            life.payments[number].is_open = kind == "opened"


def _terms(said: Said) -> Terms:
    return Terms(
        amount_pence=said["amount_pence"],
        contribution_pence=said["contribution_pence"],
        years=said["years"],
        cadence_months=said["cadence_months"],
        profile=said["profile"],
        weights=tuple(said["weights"]),
        anchor_on=date.fromisoformat(said["anchor_on"]),
        ends_on=date.fromisoformat(said["ends_on"]),
    )


def _given(said: Said) -> dict[int, tuple[int, int]]:
    return {int(source): (place, body) for source, (place, body) in (said["funding"] or {}).items()}


def _change(said: Said) -> Change:
    return Change(
        version=said["version"],
        proposed_on=date.fromisoformat(said["proposed_on"]),
        standing=frozenset(said["standing"] or ()),
        given=_given(said),
        amounts=None if said["amounts"] is None else tuple(said["amounts"]),
        approved=tuple((number, date.fromisoformat(day), *pence) for number, day, *pence in said["lines"] or ()),
    )


def _approved_differs(life: Life, change: Change) -> Iterator[Difference]:
    """What the approvers of a variation saw beside what its terms come to."""
    for number, due_on, amount, contribution in change.approved:
        one = life.payments.get(number)
        wanted = (one.due_on, sum(one.amounts), sum(one.contributions)) if one and number in change.planned else None
        if wanted != (due_on, amount, contribution):
            subject = f"{life.reference} payment {number}"
            said = f"{in_pounds(wanted[1] + wanted[2])} on {_day(wanted[0])}" if wanted else "nothing"
            detail = f"by its terms version {change.version} makes it {said}, approved was {in_pounds(amount)} and "
            detail += f"{in_pounds(contribution)} on {_day(due_on)}."
            yield Difference(Kind.SCHEDULE_DIFFERS, subject, on=due_on, detail=detail)


def _payment_differs(life: Life, said: Said, calendar: OpenDays) -> Iterator[Difference]:
    """A payment as it stands beside what it should be; what went with its agreement's end is asked no more."""
    number, due_on, is_cancelled = said["number"], date.fromisoformat(said["due_on"]), said["status"] == "cancelled"
    if is_cancelled and said["is_ended"]:
        return
    subject = f"{life.reference} payment {number}"
    one = life.payments.get(number)
    if (one is None) != is_cancelled:
        detail = "by its agreement it is to be paid, it was cancelled." if one else "its agreement has no such payment."
        yield Difference(Kind.SCHEDULE_DIFFERS, subject, on=due_on, detail=detail)
    if one is None or is_cancelled:
        return
    yield from _amounts_differ(life, one, said, subject=subject)
    if one.due_on != due_on:
        detail = f"by its agreement it is due on {_day(one.due_on)}, it stands for {_day(due_on)}."
        yield Difference(Kind.SCHEDULE_DIFFERS, subject, on=due_on, detail=detail)
    elif (process_on := date.fromisoformat(said["process_on"])) != calendar.before(due_on, 2):
        detail = f"it should leave two working days before it is due, it leaves on {_day(process_on)}."
        yield Difference(Kind.SCHEDULE_DIFFERS, subject, on=due_on, detail=detail)


def _amounts_differ(life: Life, one: Due, said: Said, *, subject: str) -> Iterator[Difference]:
    wanted_parts = {"grant": one.amounts, "uplift": one.uplifts, "contribution": one.contributions}
    given = {int(source): parts for source, parts in (said["given"] or {}).items()}
    is_as_wanted = True
    for index, (name, row) in enumerate(wanted_parts.items()):
        wanted, found = sum(row), said["pence"][index]
        if wanted != found:
            is_as_wanted = False
            detail = f"by its agreement the {name} is {in_pounds(wanted)}, it stands at {in_pounds(found)}."
            yield Difference(Kind.SCHEDULE_DIFFERS, subject, wanted, found, one.due_on, detail)
    for place, source in enumerate(life.sources) if is_as_wanted else ():
        parts = [row[place] for row in wanted_parts.values()]
        if parts != given.pop(source, [0, 0, 0]):
            detail = f"its sources do not share it as agreed: one should give {in_pounds(sum(parts))}."
            yield Difference(Kind.SCHEDULE_DIFFERS, subject, on=one.due_on, detail=detail)


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"
