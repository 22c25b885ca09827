import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from cwf_portal.embedded.errors import ServerError
from cwf_portal.operations.bank import BankError
from cwf_portal.operations.children import ChildError
from cwf_portal.operations.faults.battery import PER_THOUSAND
from cwf_portal.operations.faults.play import StuckError
from cwf_portal.operations.faults.servers import own_servers
from cwf_portal.operations.faults.stage import Size, run_battery

WHOLE = Size(kills=1_000, groups=24, group_size=1)
SHORT = Size(kills=12, groups=3, group_size=2)  # more days than it takes, for a slow machine may miss some


class Command(BaseCommand):
    """The kill battery in servers of its own. It runs twice: once to make them, once inside them.

    Exit 1 when a payment was made twice or never, when the books do not agree, or when the naive worker was not caught.
    """

    requires_system_checks: tuple[str, ...] = ()
    help = "Kill everything that pays, again and again, and count in the bank's store what was paid."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="which faults strike when (default %(default)s)")
        parser.add_argument("--kills", type=int, default=0, help="processes to kill (default 1000, short 12)")
        parser.add_argument("--kind", action="append", default=[], choices=list(PER_THOUSAND), help="only this kind")
        parser.add_argument("--short", action="store_true", help="every kind of fault, but few of each")
        parser.add_argument("--dump", type=Path, help="begin with this pg_dump of a template, not with the migrations")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SCRATCH:
            with own_servers() as environment:
                command = [sys.executable, *sys.argv]
                sys.exit(subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=False).returncode)
        size = SHORT if options["short"] else WHOLE
        size = replace(size, kills=options["kills"] or size.kills, kinds=tuple(options["kind"]))
        self._say(f"seed {options['seed']}, {size.kills} kills")
        try:
            text, broken = run_battery(seed=options["seed"], size=size, say=self._say, dump=options["dump"])
        except (BankError, ChildError, ServerError, StuckError) as error:
            self.stderr.write(f"{error}")
            sys.exit(1)
        self.stdout.write(text)
        for sentence in broken:
            self.stderr.write(f"broken promise: {sentence}")
        if broken:
            sys.exit(1)

    def _say(self, sentence: str) -> None:
        self.stderr.write(sentence)
        self.stderr.flush()
