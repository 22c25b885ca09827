"""Payment runs of 225 and of 10,000 payments, through a sandbox bank in its own process, in two parts.

A payment run is payments sent together: timed is all that machines do from due to sent. Two processes do it, as in the
portal: a worker (`bench.payer`) looks for holds and claims all that is due, up to 500 payments into a run at a time, as
one tick does, and then hands over the files; the web checks and releases each run as soon as it is claimed, since how
fast people are is not measured. The bank's taking of a file is counted, as it answers within the call.

Days later the bank says what it did. A worker takes its statement in, alone, since statements follow one another: the
second figure, from the bank's message to every payment confirmed. The bank's night between the two is not counted.
Each part has a worker of its own, started for it, so the most memory that a part says is what its worker needs.
"""

import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from bench.measure import Row, processor_seconds
from bench.postings import bench_entry
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from grants.domain.award import Strand
from grants.domain.ledger import Account, JournalKind, Line, Purse, merge
from grants.domain.postings import received
from grants.domain.working_days import england_and_wales
from grants.models import (
    Agreement,
    Payment,
    PaymentRun,
    PaymentStatus,
    Source,
    Tranche,
    TrancheFunding,
    TrancheStatus,
)
from grants.selectors.days import today
from grants.services.posting import Entry, post_journals
from tests.unit.grants.payment_world import PlayedBank, World, make_world

SMALL, LARGE = 225, 10_000
PLACES = 100  # agreements that share the payments: a hundred each in the large run, more than fifteen years hold
GRANT_PENCE, CONTRIBUTION_PENCE = 1_000_00, 50_00
WAVE_POUNDS = 600_000_000
GUARDED = ("grants_agreement", "grants_tranche", "grants_tranchefunding")
MORE = """
UPDATE grants_agreement SET amount_pence = amount_pence + %s, contribution_pence = contribution_pence + %s WHERE id = %s
"""
A_DAY = timedelta(days=1)
CHECKOUT = Path(__file__).resolve().parent.parent


def measure() -> list[Row]:
    """Each part against the journals that it posts, and what forty times the payments cost each."""
    gc.freeze()  # as the portal's workers and web do when they have started
    with tempfile.TemporaryDirectory() as folder, _bank_apart(Path(folder) / "bank.sqlite3") as bank:
        world = make_world(bank, places=PLACES, wave_pounds=WAVE_POUNDS)
        advance_clock(by=timedelta(days=7))  # bank details count two working days after they are confirmed
        _pay(world, SMALL)  # connections, caches and imports are not what is measured
        small = _pay(world, SMALL)
        two_journals, one_journal = SMALL / _post_alone(2), SMALL / _post_alone(1)
        large = _pay(world, LARGE)
    return [
        _row(SMALL, "due to sent", small[0], floor=("their journals alone", two_journals)),
        _row(SMALL, "statement to confirmed", small[1], floor=("their journals alone", one_journal)),
        _row(LARGE, "due to sent", large[0], floor=(f"each of {SMALL}", SMALL / small[0].seconds)),
        _row(LARGE, "statement to confirmed", large[1], floor=(f"each of {SMALL}", SMALL / small[1].seconds)),
    ]


@dataclass(frozen=True)
class Cost:
    """What a part took: seconds on the clock and of the processor, ours and the database's, and its worker's memory."""

    seconds: float
    processor_seconds: float
    worker_mib: int


def _row(count: int, part: str, cost: Cost, *, floor: tuple[str, float]) -> Row:
    name = f"{count:,} payments {part} in {cost.seconds:.2f} s"
    also = {"processor_seconds": round(cost.processor_seconds, 2), "worker_peak_mib": cost.worker_mib}
    return Row(name, "payments", count / cost.seconds, *floor, also)


@contextmanager
def _bank_apart(store: Path) -> Iterator[PlayedBank]:
    """The sandbox bank as the portal meets it: another process, whose memory and turns are its own."""
    command = [sys.executable, "-m", "cwf_portal.sandbox_bank", "--store", str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            yield PlayedBank(said.split()[-1])
        finally:
            process.terminate()


def _pay(world: World, count: int) -> tuple[Cost, Cost]:
    """From the sweep to the last file, and from the statement on, for `count` payments that have just come due."""
    due_on = _make_due(world, count)
    before = Payment.objects.filter(status=PaymentStatus.CONFIRMED).count()
    sent = _send_all(world)
    world.bank.advance(due_on)
    taken_in = _take_in(world)
    confirmed = Payment.objects.filter(status=PaymentStatus.CONFIRMED).count() - before
    if confirmed != count:
        raise RuntimeError(f"{confirmed} of {count} payments were confirmed")
    return sent, taken_in


class _Worker:
    """A worker that has its connection: to start one is not what is measured. It ends when nobody asks any more."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def tell(self, what: object) -> None:
        """Say something to it."""
        if self._process.stdin is None:
            raise RuntimeError("nobody can speak to the worker")
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """What it says next."""
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError("the worker ended before its work did")
        return json.loads(line)


@contextmanager
def _worker(world: World, part: str) -> Iterator[_Worker]:
    command = [sys.executable, "-m", "bench.payer"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=CHECKOUT) as process:
        worker = _Worker(process)
        name = connections["default"].settings_dict["NAME"]
        try:
            worker.tell({"database": name, "bank": f"http://{world.bank.netloc}", "part": part})
            worker.hear()
            yield worker
        except BaseException:
            process.kill()  # nobody listens to it any more
            raise


def _send_all(world: World) -> Cost:
    """A worker sweeps and sends, and we check and release what it has claimed, at the same time."""
    with _worker(world, "claim and send") as worker:
        spent, begins = processor_seconds(), time.perf_counter()
        worker.tell("look now")
        while (claimed := worker.hear()) is not None:
            world.release(PaymentRun.objects.get(pk=claimed))
            worker.tell("released")
        work = worker.hear()
        seconds = time.perf_counter() - begins
        ours = processor_seconds() - spent
    return Cost(seconds, ours + work["processor_seconds"], work["peak_mib"])


def _take_in(world: World) -> Cost:
    """A worker takes in what the bank wrote."""
    with _worker(world, "take in") as worker:
        begins = time.perf_counter()
        worker.tell("look now")
        work = worker.hear()
        return Cost(time.perf_counter() - begins, work["processor_seconds"], work["peak_mib"])


def _make_due(world: World, count: int) -> date:
    """Payments that are legally promised and due in two working days, beside those that the agreements have."""
    agreements, source = [story.fresh() for story in world.stories], Source.objects.get(code="dormant")
    while not england_and_wales().is_working_day(today()):
        advance_clock(by=A_DAY)
    due_on = england_and_wales().shift(today(), 2)
    first = Tranche.objects.count() + 1
    shares = [len(range(place, count, PLACES)) for place in range(PLACES)]
    with _guards_lifted() as cursor, acting("system:bench", "made payments for a measurement", using="owner"):
        for agreement, share in zip(agreements, shares, strict=True):
            cursor.execute(MORE, [share * GRANT_PENCE, share * CONTRIBUTION_PENCE, agreement.pk])
        made = Tranche.objects.using("owner").bulk_create(
            Tranche(
                agreement_id=agreements[index % PLACES].pk,
                number=first + index,
                year=1,
                due_on=due_on,
                process_on=today(),
                amount_pence=GRANT_PENCE,
                contribution_pence=CONTRIBUTION_PENCE,
                status=TrancheStatus.COMMITTED,
            )
            for index in range(count)
        )
        TrancheFunding.objects.using("owner").bulk_create(
            TrancheFunding(
                tranche_id=tranche.pk,
                source_id=source.pk,
                amount_pence=GRANT_PENCE,
                contribution_pence=CONTRIBUTION_PENCE,
            )
            for tranche in made
        )
    entries = [
        _promise(agreement, source, share, first=first) for agreement, share in zip(agreements, shares, strict=True)
    ]
    post_journals(by="system:bench", entries=entries)
    return due_on


@contextmanager
def _guards_lifted() -> Iterator[CursorWrapper]:
    """As the owner, in one transaction: agreements come to promise more than was agreed, as nobody else could."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _promise(agreement: Agreement, source: Source, count: int, *, first: int) -> Entry:
    """Money for so many of them, straight into the committed accounts of the agreement."""
    parts = {Strand.PLACE: GRANT_PENCE * count, Strand.BODY_CONTRIBUTION: CONTRIBUTION_PENCE * count}
    lines: list[Line] = received(source.pk, parts)
    for strand, pence in parts.items():
        inside = Purse(source.pk, strand, agreement.allocation.neighbourhood_id, agreement.pk)
        lines += [Purse(source.pk, strand).debit(Account.FREE, pence), inside.credit(Account.COMMITTED, pence)]
    return Entry(JournalKind.WAVE_RECEIVED, f"bench:runs:{agreement.pk}:{first}", merge(lines), today())


def _post_alone(times: int) -> float:
    """Seconds to post so many journals a payment, each of all in one batch, and nothing else."""
    source = Source.objects.order_by("pk").values_list("pk", flat=True)[0]
    begins = time.perf_counter()
    for _ in range(times):
        post_journals(by="system:bench", entries=[bench_entry(source) for _ in range(SMALL)])
    return time.perf_counter() - begins
