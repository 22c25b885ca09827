"""The same days for the naive worker: some payments fall due, it pays them, the bank lives through the day."""

import time
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connections

from cwf_portal.operations.bank import SandboxBank
from cwf_portal.operations.faults.attacks import Attack, Points
from cwf_portal.operations.faults.ground import Ground
from cwf_portal.operations.faults.naive import AMOUNT_PENCE, TABLE
from cwf_portal.operations.faults.play import PATIENCE_SECONDS, POLL_SECONDS, StuckError, patiently

A_DAY = 6  # payments
STEPS: Points = {"claim": ("naive.before", "naive.told", "naive.noted")}
TOLD: Points = {"claim": ("naive.told",)}  # who dies here pays twice, on a machine of any speed
FIRST_DAY = date(2026, 1, 5)
MONEY_PENCE = 100_000 * AMOUNT_PENCE


def make_table() -> None:
    """What the naive worker remembers."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(TABLE)


@dataclass
class NaivePlay:
    """Days without number, six payments each."""

    bank: SandboxBank
    ground: Ground
    day: date = FIRST_DAY
    references: set[str] = field(default_factory=set)

    def has_days(self) -> bool:
        return True

    def is_on_its_way(self) -> bool:
        return False

    def due(self) -> set[str]:
        return set(self.references)

    def live_through(self, attack: Attack) -> None:
        """Make payments due, let them be paid under fire, let the bank live through the day."""
        new = {f"NAIVE {self.day} payment {number}" for number in range(A_DAY)}
        patiently(lambda: self._add(new))
        self.references |= new
        gives_up = time.monotonic() + PATIENCE_SECONDS
        while patiently(self._unpaid):
            attack.strike("claim")
            attack.strike("send")
            self.ground.tick()
            if time.monotonic() > gives_up:
                raise StuckError(f"{attack.name}: the naive worker does not get on.")
            time.sleep(POLL_SECONDS)
        attack.end_phase()
        patiently(lambda: self.bank.advance(self.day))
        self.day += timedelta(days=1)

    def _add(self, references: set[str]) -> None:
        with connections["default"].cursor() as cursor:
            cursor.executemany(
                "INSERT INTO naive_due (reference, due_on) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [(reference, self.day) for reference in sorted(references)],
            )

    def _unpaid(self) -> bool:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM naive_due WHERE NOT is_paid)")
            return bool(cursor.fetchone()[0])
