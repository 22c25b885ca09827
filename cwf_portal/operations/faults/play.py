"""The fund's days under fire: what is due is claimed, people release it, the bank pays, statements come in."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.db import DatabaseError, connections

from cwf_portal.operations.acts.office import Office
from cwf_portal.operations.acts.oversight import confirm, hand_in, propose, read
from cwf_portal.operations.bank import BankError
from cwf_portal.operations.faults.attacks import Attack
from cwf_portal.operations.faults.ground import Ground
from cwf_portal.operations.journey import next_due_date
from cwf_portal.operations.machine import Machine
from grants.models import AgreementStatus, BankStatement, Payment, PaymentRun, Report, Review, RunStatus, Tranche
from grants.models import TrancheStatus as State
from grants.services.runs import check_run, release_run

PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.02
Answer = TypeVar("Answer")


class StuckError(RuntimeError):
    """Under fire the machines made no progress; the sentence names what waits."""


class Play(Protocol):
    """Days on which something must be paid, and what must have been paid by now."""

    def has_days(self) -> bool: ...

    def live_through(self, attack: Attack) -> None: ...

    def is_on_its_way(self) -> bool: ...

    def due(self) -> set[str]: ...


@dataclass
class FundPlay:
    """The portal's own days."""

    machine: Machine
    office: Office
    ground: Ground

    def has_days(self) -> bool:
        """True while some payment is still to come."""
        return patiently(next_due_date) is not None

    def live_through(self, attack: Attack) -> None:
        """One day on which something falls due. Nobody strikes where nothing is to be paid: it would prove nothing."""
        day = patiently(next_due_date)
        if day is None:
            return
        patiently(lambda: self.machine.go_to(day))
        patiently(self._people_report)
        if not self.is_on_its_way():
            attack = Attack("calm", 0, self.ground)
        self._settle(attack, "claim")
        self._release(attack)
        self._settle(attack, "send")
        self._bank_lives(attack)

    def is_on_its_way(self) -> bool:
        """True while something was due and has not arrived."""
        due = Tranche.objects.filter(status__in=(State.COMMITTED, State.PAYABLE, State.INSTRUCTED))
        return patiently(lambda: due.filter(process_on__lte=self.machine.today()).exists())

    def due(self) -> set[str]:
        """References, as the payee's bank sees them, of every payment that was to have gone by now."""
        today = self.machine.today()
        tranches = Tranche.objects.exclude(status__in=(State.CANCELLED, State.PLEDGED)).filter(process_on__lte=today)
        rows = tranches.values_list("agreement__reference", "number")
        return {f"{reference} payment {number}" for reference, number in rows}

    def _people_report(self) -> None:
        """The year's end. Each step takes up what a kill left half done: handed in and not read, proposed and alone."""
        today, active = self.machine.today(), {"agreement__status": AgreementStatus.ACTIVE}
        reports = Report.objects.filter(due_on__lte=today, **active).select_related("agreement").order_by("pk")
        hand_in(list(reports.filter(submitted_at=None)))
        read(self.office, list(reports.filter(submitted_at__isnull=False, accepted_at=None)))
        propose(self.office, list(Review.objects.due(today).order_by("pk")))
        confirm(self.office, list(Review.objects.to_confirm().filter(**active).order_by("pk")))

    def _settle(self, attack: Attack, phase: str, also: Callable[[], bool] = lambda: True) -> None:
        """Tick and strike until nothing waits for a machine."""
        gives_up = time.monotonic() + PATIENCE_SECONDS
        while patiently(lambda: self._waiting(phase)) or not patiently(also):
            attack.strike(phase)
            self.ground.tick()
            if time.monotonic() > gives_up:
                raise StuckError(f"{attack.name}: no end of “{phase}”: {patiently(lambda: self._waiting(phase))}")
            time.sleep(POLL_SECONDS)
        attack.end_phase()

    def _waiting(self, phase: str) -> dict[str, int]:
        """What waits for a machine; that the bank answers is not waited for before it has lived through the day."""
        waits = {name: count for name, count in self.machine.waiting().counts().items() if count}
        if phase != "statement":
            waits.pop("grants.payments_unanswered", None)
        return waits

    def _release(self, attack: Attack) -> None:
        """People check and release; where a step is armed, the process that does it for them dies."""
        while patiently(PaymentRun.objects.filter(status__in=(RunStatus.PREPARED, RunStatus.CHECKED)).exists):
            attack.strike("release")
            in_a_process_of_its_own(self._sign)
        attack.end_phase()

    def _sign(self) -> None:
        """Check what is prepared and release what is checked, from wherever somebody before us died."""
        for run in PaymentRun.objects.filter(status=RunStatus.PREPARED):
            check_run(by=self.office.payments_officer, run=run)
        for run in PaymentRun.objects.filter(status=RunStatus.CHECKED):
            release_run(by=self.office.finance_director, run=run)

    def _bank_lives(self, attack: Attack) -> None:
        """The bank reaches the day on which the money must arrive; what it did is taken in."""
        arrivals = patiently(lambda: list(Payment.objects.with_bank().values_list("arrive_on", flat=True)))
        day = max([*arrivals, patiently(self.machine.today)])
        patiently(lambda: self.machine.go_to(day))
        last = patiently(lambda: self.machine.bank.advance(day))
        self._settle(attack, "statement", lambda: _statements_read() >= last)


def _statements_read() -> int:
    return BankStatement.objects.values_list("sequence", flat=True).first() or 0


def patiently(question: Callable[[], Answer]) -> Answer:
    """Ask again while the database or the bank is being killed under us."""
    gives_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return question()
        except (DatabaseError, BankError):
            connections.close_all()
            if time.monotonic() > gives_up:
                raise
            time.sleep(POLL_SECONDS)


def in_a_process_of_its_own(act: Callable[[], object]) -> None:
    """Do it in a child, as a web worker would; if that dies, nobody else does."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)
    os.waitpid(pid, 0)
