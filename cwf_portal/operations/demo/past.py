"""A calendar of what happened: acts by their day, each of which may enter more."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from django.utils.timezone import localdate

from cwf_portal.core.clock import clock_shift, core_now
from cwf_portal.operations.acts.fund import Fund
from cwf_portal.operations.acts.office import Office
from cwf_portal.operations.acts.oversight import close_year
from cwf_portal.operations.acts.payments import pay_what_is_due
from cwf_portal.operations.demo.story import StoryPlace
from cwf_portal.operations.machine import Machine
from grants.models import Agreement, Report, Review

Act = Callable[[], None]
Plot = Iterator[date]


@dataclass
class Past:
    """What the plots of the places share.

    Attributes:
        machine: The portal's machines.
        office: The fund's people.
        fund: Programme and ranking.
        places: The story's places by slug.
        say: Tells the person at the terminal how far it is.
    """

    machine: Machine
    office: Office
    fund: Fund
    places: dict[str, StoryPlace]
    say: Callable[[str], None]
    _agenda: list[tuple[date, int, Act]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=itertools.count)

    @property
    def present(self) -> date:
        """The day it really is."""
        return localdate(core_now() - clock_shift())

    def enter(self, day: date, act: Act) -> None:
        """Let something happen on a day; what lies ahead of the present never does."""
        heapq.heappush(self._agenda, (day, next(self._order), act))

    def follow(self, plot: Plot) -> None:
        """Let a plot go on whenever it says."""
        day = next(plot, None)
        if day is not None:
            self.enter(day, partial(self.follow, plot))

    def play(self) -> None:
        """Everything before the present day, in the order of the days."""
        until = self.present
        while self._agenda and self._agenda[0][0] < until:
            day, _, act = heapq.heappop(self._agenda)
            self.machine.go_to(day)
            act()
            self.machine.settle()

    def enter_payments(self, agreement: Agreement) -> None:
        """Enter the days on which payments are prepared and arrive. The one under way today waits for people."""
        for tranche in agreement.tranches.order_by("number"):
            if tranche.due_on < self.present:
                self.enter(tranche.process_on, self._pay)
                self.enter(tranche.due_on, self._bank_day)
            else:
                self.enter(tranche.process_on, self.machine.settle)

    def enter_year_ends(self, agreement: Agreement) -> None:
        """Enter the yearly reports and reviews of an agreement that goes well."""
        for report in agreement.reports.order_by("year"):
            self.enter(report.due_on, partial(self._close_year, agreement, report.year))

    def _pay(self) -> None:
        pay_what_is_due(self.office, self.machine)

    def _bank_day(self) -> None:
        self.machine.bank_day(self.machine.today())

    def _close_year(self, agreement: Agreement, year: int) -> None:
        reports = Report.objects.filter(agreement=agreement, year=year)
        reviews = Review.objects.filter(agreement=agreement, year=year)
        close_year(self.office, list(reports), list(reviews))
