"""The plans of every question of a tick and of the ledger's pages over a million journals: `python -m bench.plans`.

Run as `python -m bench.plans [journals]`. Each statement stands with its plan and what it read, slowest first within
each part, and under each part the tables that it read whole.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwf_portal.settings")
os.environ["CWF_SCRATCH"] = "1"

from bench import servers  # noqa: E402 - the environment comes first

servers.point_settings_at_our_own()

import django  # noqa: E402

django.setup()

from django.test import override_settings  # noqa: E402

from bench.scratch import clone  # noqa: E402
from cwf_portal.core.clock import core_now  # noqa: E402
from cwf_portal.core.ticks import run_tick, waiting_counts  # noqa: E402
from grants.domain.dates import add_months  # noqa: E402
from grants.models import PaymentRun  # noqa: E402
from grants.reconciler import reconcile  # noqa: E402
from grants.selectors.days import today  # noqa: E402
from grants.selectors.ledger import journals, lines_of, source_standings, trial_balance  # noqa: E402
from grants.selectors.payment_pages import payments_desk, reconciliation  # noqa: E402
from grants.services.ledger_days import seal_days  # noqa: E402
from grants.services.months import ask_to_close, close_month  # noqa: E402
from tests.support.history import TABLES, add_history  # noqa: E402
from tests.support.plans import plans_of, text_of  # noqa: E402
from tests.unit.grants.payment_world import World, make_world, running_bank  # noqa: E402

MILLION = 1_000_000
PLACES = 12  # a payment's number has to stay below 32,768
PER_PAGE = 50


def show(title: str, act: Callable[[], object]) -> None:
    """Do it, and print every statement with its plan."""
    begins = time.monotonic()
    plans = plans_of(act)
    took = time.monotonic() - begins
    whole = sorted({table for plan in plans for table in plan.scanned_whole() if table in TABLES})
    print(f"\n== {title}: {len(plans)} statements, {took:.2f} s; read whole: {', '.join(whole) or 'nothing'}")
    for plan in plans:
        print(f"\n{plan.statement}\n{text_of(plan.statement)}", flush=True)


def show_all(world: World) -> None:
    """A day of the fund, its desk and its ledger."""
    run_tick()
    world.go_to_due()
    seal_days(at=core_now())  # a day is sealed once: the statement cannot be done again to be explained
    show("sweep and claim", run_tick)
    run = PaymentRun.objects.latest("pk")
    show("release", lambda: world.release(run))
    show("send", run_tick)
    show("what waits", lambda: waiting_counts(core_now()))
    show("idle tick", run_tick)
    show("page: payments desk", payments_desk)
    show("page: the bank", lambda: reconciliation(core_now()))
    month = add_months(today(), -1)
    close(world, month)
    show("page: trial balance", trial_balance)
    show("page: trial balance of a day five years ago", lambda: trial_balance(through=add_months(today(), -60)))
    show("page: endowment", source_standings)
    show("page: journals", lambda: list(journals()[:PER_PAGE]))
    reference = world.agreement.reference
    show("page: journals of an agreement", lambda: list(journals(agreement_reference=reference)[:PER_PAGE]))
    latest = journals().first()
    show("page: one journal", lambda: list(lines_of(journals().filter(pk=latest.pk if latest else 0))))


def close(world: World, month: date) -> None:
    """Close a month by two people, and with it all before it."""
    close_month(by=world.people.finance_director, close=ask_to_close(by=world.people.finance_manager, month=month))


def main(wanted: int) -> int:
    """Fill a scratch clone, explain everything, and say what a whole check by the reconciler costs there."""
    with (
        clone(),
        tempfile.TemporaryDirectory() as folder,
        running_bank(Path(folder) / "bank.sqlite3") as bank,
        override_settings(BANK_ADDRESS=f"http://{bank.netloc}"),
    ):
        world = make_world(bank, places=PLACES)
        begins = time.monotonic()
        count = add_history(journals=wanted)
        print(f"{count} journals in {time.monotonic() - begins:.0f} s")
        show_all(world)
        begins = time.monotonic()
        outcome = reconcile(day=today())
        print(f"\n== reconciler: {time.monotonic() - begins:.1f} s, {len(outcome.differences)} differences")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MILLION))
