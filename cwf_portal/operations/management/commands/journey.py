import shlex
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from cwf_portal.operations.arguments import BOUNDS, DEFAULTS, ArgumentsError, JourneyArguments
from cwf_portal.operations.bank import BankError
from cwf_portal.operations.children import ChildError
from cwf_portal.operations.journey import JourneyError, run_journey
from cwf_portal.operations.machine import StuckError
from cwf_portal.operations.scratch import Scratch, scratch_world
from cwf_portal.operations.troupe import PlayError

POLL_SECONDS = 0.2
BAD_ARGUMENTS = 2


class Command(BaseCommand):
    """The main job from wave to last payment, in a scratch world that is thrown away.

    The command runs twice: once as the stage, which makes the scratch world, and once inside it, as the play.
    """

    requires_system_checks: tuple[str, ...] = ()
    help = "Play the whole story of the fund on the real places, and check every promise at the end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, bounds in BOUNDS.items():
            parser.add_argument(f"--{name}", default=DEFAULTS[name], help=f"{bounds.meaning} (default %(default)s)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--then",
            action="append",
            default=[],
            metavar="COMMAND",
            help="a command for the same world once the play is over, such as 'verify_ledger --json'; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            arguments = JourneyArguments.checked(options)
        except ArgumentsError as error:
            self.stderr.write(str(error))
            sys.exit(BAD_ARGUMENTS)
        try:
            if settings.SCRATCH:
                self._play(arguments, as_json=options["json"])
            else:
                sys.exit(self._stage(arguments, as_json=options["json"], then=options["then"]))
        except (BankError, ChildError, JourneyError, PlayError, StuckError) as error:
            self.stderr.write(f"{error}")
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(130)

    def _play(self, arguments: JourneyArguments, *, as_json: bool) -> None:
        started = time.monotonic()
        report, broken = run_journey(arguments, started=started, say=self._say)
        self.stdout.write(report.as_json() if as_json else report.as_text())
        if broken:
            for sentence in broken:
                self.stderr.write(f"broken promise: {sentence}")
            sys.exit(1)

    def _stage(self, arguments: JourneyArguments, *, as_json: bool, then: Sequence[str]) -> int:
        self._say("making a scratch world")
        with scratch_world(worker_processes=arguments.workers) as scratch:
            play = ["journey", *arguments.as_options(), *(["--json"] if as_json else [])]
            codes = [_run_in(scratch, command) for command in (play, *map(shlex.split, then))]
        return next((code for code in codes if code), 0)

    def _say(self, sentence: str) -> None:
        self.stderr.write(sentence)
        self.stderr.flush()


def _run_in(scratch: Scratch, command: Sequence[str]) -> int:
    """Run a command of the portal in that world; a process of the world that ends before it ends the command too."""
    process = subprocess.Popen([sys.executable, "manage.py", *command], cwd=settings.BASE_DIR, env=scratch.environment)
    try:
        while True:
            try:
                return process.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                scratch.children.check()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
