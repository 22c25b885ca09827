"""The whole story of the fund, played through the same services that people use, on the real places."""

import heapq
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.timezone import localdate

from cwf_portal.operations.acts.fund import Fund, open_fund, receive_waves, set_aside
from cwf_portal.operations.acts.office import Office, open_office
from cwf_portal.operations.acts.payments import pay_what_is_due
from cwf_portal.operations.acts.places import Casting
from cwf_portal.operations.acts.prices import lay_down_scenario
from cwf_portal.operations.acts.votes import SHAPING_TAKES, VOTING_TAKES
from cwf_portal.operations.arguments import JourneyArguments
from cwf_portal.operations.bank import SandboxBank
from cwf_portal.operations.ensemble import Ensemble
from cwf_portal.operations.machine import Machine
from cwf_portal.operations.promises import broken_promises
from cwf_portal.operations.report import JourneyReport, write_report
from cwf_portal.operations.troupe import Troupe
from grants.models import (
    Agreement,
    AgreementStatus,
    Hold,
    Payment,
    PaymentStatus,
    Report,
    Review,
    Tranche,
    TrancheStatus,
)

PLAYERS = 2
CHECKS_HOLD_YEARS = 30
SCENARIO_BEYOND_YEARS = 6  # starts are staggered, so the last agreement ends years after the first
Say = Callable[[str], None]


class JourneyError(RuntimeError):
    """The story could not be played to its end."""


@dataclass
class Journey:
    """What the acts share.

    Attributes:
        arguments: What was asked.
        machine: The portal's machines.
        office: The fund's people.
        fund: Programme and ranking.
        troupe: The people of the places.
        say: Tells the person at the terminal how far it is.
    """

    arguments: JourneyArguments
    machine: Machine
    office: Office
    fund: Fund
    troupe: Troupe[Ensemble]
    say: Say


def run_journey(arguments: JourneyArguments, *, started: float, say: Say) -> tuple[JourneyReport, list[str]]:
    """Play it all; return the report and every promise that was broken.

    Raises:
        JourneyError: a day changes nothing although something is due.
        StuckError: the machines made no progress for a minute.
        BankError: the bank refused what it was asked.
    """
    bank = SandboxBank(settings.BANK_ADDRESS)
    machine = Machine(bank)
    office = open_office(seed=arguments.seed, from_on=machine.today())
    fund = open_fund(office, term_years=arguments.years)
    lay_down_scenario(after=machine.today(), years=arguments.years + SCENARIO_BEYOND_YEARS)

    def cast(number: int) -> Ensemble:
        return Ensemble(office, number=number, size=PLAYERS, seed=arguments.seed)

    with Troupe(PLAYERS, cast) as troupe:
        _play(Journey(arguments, machine, office, fund, troupe, say))
    report = write_report(
        neighbourhoods=arguments.neighbourhoods, bank=bank, last_day=machine.today(), seconds=time.monotonic() - started
    )
    return report, broken_promises(bank=bank, report=report)


def _play(journey: Journey) -> None:
    """Go from date to date: each start has its own plot, and what falls due in between is paid and reviewed."""
    first_day = journey.machine.today()
    plots = [
        (_years_later(first_day, number - 1), number, _plot(journey, number, codes))
        for number, codes in enumerate(_starts(journey), start=1)
    ]
    heapq.heapify(plots)
    while True:
        due = next_due_date()
        if plots and (due is None or plots[0][0] <= due):
            day, number, plot = heapq.heappop(plots)
            journey.machine.go_to(day)
            following = next(plot, None)
            if following is not None:
                heapq.heappush(plots, (following, number, plot))
        elif due is not None:
            _live_through(journey, due)
        else:
            journey.machine.settle()
            return


def _starts(journey: Journey) -> list[list[str]]:
    """The codes of the places that take part, start by start, least first."""
    entries = journey.fund.ranking.entries.select_related("neighbourhood").order_by("position")
    taking_part = list(entries[: journey.arguments.neighbourhoods])
    by_cohort = itertools.groupby(taking_part, key=lambda entry: entry.cohort)
    return [[entry.neighbourhood.code for entry in group] for _, group in by_cohort]


def _plot(journey: Journey, number: int, codes: list[str]) -> Iterator[date]:
    """One start from its wave to its accepted offers; yields the day on which it goes on."""
    machine, troupe = journey.machine, journey.troupe
    began = machine.today()
    receive_waves(journey.office, journey.fund, machine, number=number)
    set_aside(journey.office, journey.fund, number=number)
    machine.go_on()
    journey.say(f"{began}: start {number}, {len(codes)} places")
    casting = Casting(
        journey.arguments.seed,
        journey.arguments.voters,
        checked_until=_years_later(began, CHECKS_HOLD_YEARS),
    )
    ideas_closed: datetime = max(troupe.perform("begin", codes, casting))
    yield _day_after(ideas_closed)
    troupe.perform("shape")
    yield _day_after(ideas_closed + SHAPING_TAKES)
    journey.say(f"{machine.today()}: {sum(troupe.perform('vote'))} ballots cast")
    yield _day_after(ideas_closed + SHAPING_TAKES + VOTING_TAKES)
    can_object_until: datetime = max(troupe.perform("publish"))
    yield _day_after(can_object_until)
    troupe.perform("decide", journey.arguments.years)
    machine.go_on()
    for act in ("approve_once", "approve_again", "accept"):
        yield machine.today() + timedelta(days=3)
        troupe.perform(act)
    machine.go_on()
    journey.say(f"{machine.today()}: start {number} has its agreements")


def next_due_date() -> date | None:
    """The next day on which a payment is processed or arrives, a report or a review is due, an agreement ends."""
    active = {"agreement__status": AgreementStatus.ACTIVE}
    days = (
        Tranche.objects.filter(status=TrancheStatus.COMMITTED).order_by("process_on").values_list("process_on"),
        Payment.objects.with_bank().order_by("arrive_on").values_list("arrive_on"),
        Report.objects.filter(submitted_at=None, **active).order_by("due_on").values_list("due_on"),
        Review.objects.filter(proposed_at=None, **active).order_by("due_on").values_list("due_on"),
        Agreement.objects.filter(status=AgreementStatus.ACTIVE).order_by("ends_on").values_list("ends_on"),
    )
    found = [row[0] for row in (rows.first() for rows in days) if row is not None]
    return min((day for day in found if isinstance(day, date)), default=None)


def _live_through(journey: Journey, day: date) -> None:
    """One day on which something falls due: reports and reviews, payments out, statements in.

    Raises:
        JourneyError: it is still due afterwards, so it would be due for ever.
    """
    journey.machine.go_to(day)
    closed = sum(journey.troupe.perform("close_year", day))
    released = pay_what_is_due(journey.office, journey.machine)
    before = _paid()
    journey.machine.bank_day(day)
    paid = _paid()
    journey.machine.go_on()
    if not closed and not released and paid == before and next_due_date() == day:
        holds = Hold.objects.open().values_list("detail", flat=True).distinct()[:3]
        raise JourneyError(f"Nothing moves on {day}: {' '.join(holds) or 'and nothing says why.'}")
    if paid != before:
        journey.say(f"{day}: {paid} payments confirmed")


def _paid() -> int:
    return Payment.objects.filter(status=PaymentStatus.CONFIRMED).count()


def _years_later(day: date, years: int) -> date:
    """The same day of a later year; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _day_after(moment: datetime) -> date:
    return localdate(moment) + timedelta(days=1)
