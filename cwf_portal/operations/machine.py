"""Playing beat: move the clock, tell the real worker to look, and wait until no machine has anything left to do."""

import time
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from celery import current_app
from django.utils.timezone import localdate

from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.ticks import Waiting
from cwf_portal.operations.bank import SandboxBank
from grants.models import BankStatement

# Looking costs the machines time as well: the longer something takes, the more rarely we ask.
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.1
TICK_AGAIN_SECONDS = 2.0
SAME_MOMENT = timedelta(seconds=TICK_AGAIN_SECONDS)
PATIENCE_SECONDS = 60.0
LONDON = ZoneInfo("Europe/London")
FOLLOW = frozenset({"neighbourhoods.figures"})  # numbers on pages, within a minute: no money and no vote waits for them
MORNING = time_of_day(9, 0)


class StuckError(RuntimeError):
    """For a minute no machine got on with its work; the sentence names what waits."""


@dataclass
class Machine:
    """The portal's machines as seen from outside: its clock, its worker, its bank.

    Attributes:
        bank: The bank that the portal talks to.
    """

    bank: SandboxBank
    _asked: tuple[datetime, Waiting] | None = field(default=None, init=False)

    def go_to(self, day: date) -> None:
        """Let it be nine in the morning of that day in London, or stay where it is later already."""
        morning = datetime.combine(day, MORNING, LONDON).astimezone(UTC)
        if morning > core_now():
            advance_clock(to=morning)

    def wait(self, step: timedelta) -> None:
        """Let some time pass."""
        advance_clock(by=step)

    def now(self) -> datetime:
        """The clock of record."""
        return core_now()

    def today(self) -> date:
        """The day it is in London by the clock of record."""
        return localdate(core_now())

    def settle(self) -> None:
        """Tick until no machine has anything left to do now."""
        self._tick_until(lambda: True)

    def go_on(self) -> None:
        """The same but for what follows by itself: another process of the worker is at it while the story goes on."""
        self._tick_until(lambda: True, but=FOLLOW)

    def bank_day(self, day: date) -> None:
        """The bank lives through `day`; its statements are fetched and posted."""
        last = self.bank.advance(day)
        self._tick_until(lambda: _statements_read() >= last, but=FOLLOW)

    def _tick_until(self, also: Callable[[], bool], *, but: Set[str] = frozenset()) -> None:
        """Tick until `also()` holds and nothing waits for a machine; not at all where that is so already.

        Args:
            also: What must hold besides.
            but: Names of what may still wait.
        """
        gives_up = time.monotonic() + PATIENCE_SECONDS
        ticked = 0.0
        pause = SHORTEST_PAUSE_SECONDS
        before: dict[str, int] = {}
        waiting = self.waiting()
        while any((counts := _without(but, waiting.counts())).values()) or not also():
            now = time.monotonic()
            if counts != before:
                before, gives_up = counts, now + PATIENCE_SECONDS
            if now > gives_up:
                raise StuckError(f"No progress for {PATIENCE_SECONDS:.0f} seconds; waiting: {_in_words(counts)}.")
            if now - ticked >= TICK_AGAIN_SECONDS:
                current_app.send_task("core.tick", expires=PATIENCE_SECONDS)
                ticked, waiting = now, self.waiting()
            time.sleep(pause)
            pause = min(1.5 * pause, LONGEST_PAUSE_SECONDS)

    def waiting(self) -> Waiting:
        """What waits now. The question is put together anew only once the clock of record has moved a little."""
        now = core_now()
        if self._asked is None or not timedelta(0) <= now - self._asked[0] < SAME_MOMENT:
            self._asked = now, Waiting(now)
        return self._asked[1]


def _without(names: Set[str], counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if name not in names}


def _statements_read() -> int:
    """The number of the last statement that the portal has taken in; 0 before the first."""
    return BankStatement.objects.values_list("sequence", flat=True).first() or 0


def _in_words(waiting: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in waiting.items() if count) or "an unread statement"
