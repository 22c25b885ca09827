"""What ticks do in a worker, for `bench.runs`: claim all that is due and hand its files over, or take in what the bank
says.

Run as `python -m bench.payer`; told on standard input and heard on standard output, a line of JSON at a time. A program
of its own that loads what a worker of the portal loads, and nothing else: so its memory is a worker's.
"""

import gc
import json
import sys
from typing import Any

import django

from cwf_portal.celery import app

django.setup()
app.loader.import_default_modules()

from bench.measure import own_peak_mib, processor_seconds  # noqa: E402 - the models come after their settings
from cwf_portal.core.clock import core_now  # noqa: E402
from cwf_portal.operations.templates import switched_to  # noqa: E402
from grants.bank import SandboxBank  # noqa: E402
from grants.services.claim import claim_due, refresh_holds  # noqa: E402
from grants.services.handover import send_files  # noqa: E402
from grants.services.statements import fetch_messages  # noqa: E402


def main() -> None:
    """Say that it is ready, do its part once it is told to look, and say what that took."""
    gc.freeze()  # as the portal's workers do when they have started
    told = hear()
    with switched_to(told["database"]):
        core_now()
        say("ready")
        hear()
        before = processor_seconds()
        PARTS[told["part"]](SandboxBank(told["bank"]))
        say({"processor_seconds": processor_seconds() - before, "peak_mib": own_peak_mib()})


def claim_and_send(bank: SandboxBank) -> None:
    """Claim all that is due, as one tick does; then hand over each file once its run is released."""
    refresh_holds(at=core_now())
    claimed = 0
    while (run := claim_due(at=core_now())) is not None:
        say(run.pk)
        claimed += 1
    say(None)
    for _ in range(claimed):
        hear()
        send_files(bank=bank)


def take_in(bank: SandboxBank) -> None:
    """Take in what the bank has written."""
    fetch_messages(bank=bank)


PARTS = {"claim and send": claim_and_send, "take in": take_in}


def say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def hear() -> Any:
    """The next line; whoever started this and has failed says no more, and then this ends too."""
    line = sys.stdin.readline()
    if not line:
        sys.exit("Whoever measures has ended.")
    return json.loads(line)


if __name__ == "__main__":
    main()
