"""The battery from its first server to its last sentence, inside its own servers."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from cwf_portal.operations.bank import SandboxBank
from cwf_portal.operations.children import Children, free_port, worker_command
from cwf_portal.operations.faults.battery import Battery, all_kinds, naive_kinds, seeded
from cwf_portal.operations.faults.fund import promise_money
from cwf_portal.operations.faults.ground import Ground
from cwf_portal.operations.faults.naive_play import FIRST_DAY, MONEY_PENCE, NaivePlay, make_table
from cwf_portal.operations.faults.play import FundPlay
from cwf_portal.operations.faults.proxy import wire_to
from cwf_portal.operations.faults.servers import postgres_in, redis_in, restore
from cwf_portal.operations.faults.table import Row, as_text, total
from cwf_portal.operations.machine import Machine
from cwf_portal.operations.templates import fill
from grants.reconciler import reconcile
from grants.selectors.checks import ledger_identities

Say = Callable[[str], None]
NAIVE = "cwf_portal.operations.faults.naive"


@dataclass(frozen=True)
class Size:
    """How much of it: `kills` wanted in all, how many places in how many groups are paid, and of which kinds only."""

    kills: int
    groups: int
    group_size: int
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage:
    """Where and how it is played."""

    folder: Path
    seed: int
    size: Size
    say: Say


def run_battery(*, seed: int, size: Size, say: Say, dump: Path | None = None) -> tuple[str, list[str]]:
    """Play it all; return both tables as text, and every promise that was broken.

    Args:
        seed: Which faults strike when.
        size: How much of it.
        say: Hears how far it is.
        dump: What `pg_dump` wrote of a template, where one is at hand; else the database is made from its migrations.

    Raises:
        ServerError: the dump does not fit.
    """
    stage = Stage(Path(settings.VAR_DIR), seed, size, say)
    say("making the database")
    if dump is None:
        fill()
    else:
        restore(postgres_in(stage.folder), dump)
    portal = _against_the_portal(stage)
    naive = _against_the_naive_worker(stage)
    text = "\n\n".join(
        [as_text("The portal, counted in the bank's store", portal), as_text("A naive worker, likewise", naive)]
    )
    broken = [
        f"{row.fault}: {row.duplicates} payments made twice, {row.lost} lost." for row in portal if not row.is_clean
    ]
    if total(portal).kills < size.kills and not size.kinds:
        broken.append(f"Only {total(portal).kills} processes were killed; {size.kills} were wanted.")
    if total(naive).is_clean:
        broken.append("The naive worker paid everything once: this battery could not tell good from bad.")
    return text, broken + _books()


def _books() -> list[str]:
    """What the ledger and the reconciler say when it is over."""
    outcome = reconcile(day=Machine(SandboxBank("")).today())
    return ledger_identities() + [found.sentence for found in outcome.differences]


def _against_the_portal(stage: Stage) -> list[Row]:
    with ExitStack() as stack:
        ground = _ground(stack, stage, worker_command(2))
        ground.open()
        stack.callback(ground.close)
        machine = Machine(SandboxBank(f"http://127.0.0.1:{ground.bank_port}"))
        stage.say("promising money to places")
        office = promise_money(machine, seed=stage.seed, groups=stage.size.groups, group_size=stage.size.group_size)
        play = FundPlay(machine, office, ground)
        return Battery(play, ground, stage.seed, stage.say).run(all_kinds(ground, stage.size.kills, stage.size.kinds))


def _against_the_naive_worker(stage: Stage) -> list[Row]:
    make_table()
    with ExitStack() as stack:
        command = [part if part != "cwf_portal.celery" else NAIVE for part in worker_command(2)]
        ground = _ground(stack, stage, command, name="naive")
        ground.task, ground.queue = "naive.pay", "naive"
        ground.open()
        stack.callback(ground.close)
        bank = SandboxBank(f"http://127.0.0.1:{ground.bank_port}")
        bank.credit(reference="NAIVE MONEY", amount_pence=MONEY_PENCE, on=FIRST_DAY)
        stage.say("the naive worker")
        return Battery(NaivePlay(bank, ground), ground, stage.seed, stage.say).run(
            naive_kinds(ground, stage.size.kills)
        )


def _ground(stack: ExitStack, stage: Stage, worker: list[str], *, name: str = "portal") -> Ground:
    port = free_port()
    wire = stack.enter_context(wire_to(port))
    environment = {**os.environ, "BANK_ADDRESS": wire.address, "NAIVE_BANK": wire.address}
    children = stack.enter_context(Children(stage.folder / f"log-{name}", environment))
    return Ground(
        chance=seeded(str(stage.seed)),
        postgres=postgres_in(stage.folder),
        redis=redis_in(stage.folder),
        wire=wire,
        bank_port=port,
        store=stage.folder / f"bank-{name}.sqlite3",
        points=Path(os.environ["CWF_CRASH_POINTS"]),
        children=children,
        worker_program=worker,
    )
