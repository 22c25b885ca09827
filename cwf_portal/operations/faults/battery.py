"""All kinds of fault, one after the other, against the portal and then against the naive worker."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from cwf_portal.operations.faults import attacks as kinds
from cwf_portal.operations.faults.attacks import Attack, Blow, ChildrenKilled, Doubled, Exits, Spoilt, WorkersKilled
from cwf_portal.operations.faults.ground import Ground
from cwf_portal.operations.faults.naive_play import STEPS, TOLD
from cwf_portal.operations.faults.play import Play
from cwf_portal.operations.faults.table import Row, count, paid_at

Say = Callable[[str], None]
LONG = 100  # kills; fewer make a short battery
# What a thousand kills are made of: nine hundred at steps and of children, a hundred of whole workers.
PER_THOUSAND = {
    "exit in claim": 170,
    "exit in release": 60,
    "exit in hand-over": 200,
    "exit in statements": 150,
    "children killed": 320,
    "workers killed": 100,
    "Redis flushed": 20,
    "Redis killed": 10,
    "two workers, all tasks x5": 30,
    "PostgreSQL killed": 20,
    "sessions ended": 40,
    "bank killed": 10,
    "bank frozen": 6,
    "half an answer": 20,
    "half a file": 10,
    "files sent twice": 10,
    "old statements again": 10,
    "clock jumps": 20,
}
EXITS = {
    "exit in claim": kinds.CLAIM_POINTS,
    "exit in release": kinds.RELEASE_POINTS,
    "exit in hand-over": kinds.SEND_POINTS,
    "exit in statements": kinds.STATEMENT_POINTS,
}
BLOWS: dict[str, tuple[Callable[[Ground], int], dict[str, Any]]] = {
    "Redis flushed": (kinds.flush, {}),
    "Redis killed": (kinds.kill_redis, {"most_in_a_phase": 1}),
    "PostgreSQL killed": (kinds.kill_postgres, {"most_in_a_phase": 2}),
    "sessions ended": (kinds.end_sessions, {"most_in_a_phase": 8}),
    "bank killed": (kinds.kill_bank, {"in_phases": ("send", "statement"), "most_in_a_phase": 1}),
    "bank frozen": (kinds.freeze_bank, {"in_phases": ("send", "statement"), "most_in_a_phase": 1}),
    "clock jumps": (kinds.jump_clock, {"in_phases": ("claim", "send"), "most_in_a_phase": 1}),
}
SPOILT = {
    "half an answer": "half_answer",
    "half a file": "half_file",
    "files sent twice": "twice",
    "old statements again": "old_statements",
}


def wanted(name: str, kills: int) -> int:
    """How often a kind strikes in a battery of so many kills; each at least once."""
    return max(1, round(PER_THOUSAND[name] * kills / 1000))


def all_kinds(ground: Ground, kills: int, names: Sequence[str] = ()) -> list[Attack]:
    """Every kind against the portal, or those named."""
    return [_kind(name, wanted(name, kills), ground) for name in PER_THOUSAND if not names or name in names]


def _kind(name: str, times: int, ground: Ground) -> Attack:
    if name in EXITS:
        return Exits(name, times, ground, steps=EXITS[name])
    if name in BLOWS:
        blow, details = BLOWS[name]
        return Blow(name, times, ground, blow=blow, **details)
    if name in SPOILT:
        return Spoilt(name, times, ground, way=SPOILT[name])  # type: ignore[arg-type]
    plain: dict[str, type[Attack]] = {
        "children killed": ChildrenKilled,
        "workers killed": WorkersKilled,
        "two workers, all tasks x5": Doubled,
    }
    return plain[name](name, times, ground)


def naive_kinds(ground: Ground, kills: int) -> list[Attack]:
    """The kinds that need no part of the portal, a tenth as often: the naive worker is caught soon.

    In a short battery by few, and no worker is started again only to be killed. A kill at any moment may miss the
    instant that matters, more so on a quick machine, so one kind strikes at that instant alone.
    """
    less = max(3, kills // 10)
    chosen = ["children killed", "two workers, all tasks x5"]
    if kills >= LONG:
        chosen += ["workers killed", "sessions ended", "half an answer"]
    exits = [
        Exits("exit at any step", less // 2, ground, steps=STEPS),
        Exits("exit once the bank is told", 2, ground, steps=TOLD),
    ]
    return exits + [_kind(name, max(2, wanted(name, less)), ground) for name in chosen]


@dataclass
class Battery:
    """Runs kinds of fault over a play and keeps a row for each."""

    play: Play
    ground: Ground
    seed: int
    say: Say

    def run(self, attacks: Sequence[Attack]) -> list[Row]:
        """One after the other; each begins and ends with nothing on its way."""
        rows, before = [], self.play.due()
        for attack in attacks:
            begins = time.monotonic()
            self._attack(attack)
            now = self.play.due()
            paid, duplicates, lost = count(now - before, paid_at(self.ground.store))
            row = Row(
                attack.name,
                attack.hits,
                attack.kills,
                len(now - before),
                paid,
                duplicates,
                lost,
                time.monotonic() - begins,
            )
            self.say(f"{row.fault}: {row.hits} hits, {row.due} due, {row.duplicates} twice, {row.lost} lost")
            rows.append(row)
            before = now
        return rows

    def _attack(self, attack: Attack) -> None:
        self.ground.chance = seeded(f"{self.seed}:{attack.name}")  # what one kind did shifts no other
        attack.begin()
        while not attack.is_spent and self.play.has_days():
            self.play.live_through(attack)
        attack.end()
        calm = Attack("calm", 0, self.ground)
        while self.play.is_on_its_way():
            self.play.live_through(calm)


def seeded(seed: str) -> Random:
    """Where every choice of one kind of fault comes from."""
    return Random(seed)  # noqa: S311 - repeatable on purpose
