"""Checks the published bundle of a vote as anybody can with the one-file verifier, and counts by our own code too."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from panels.domain.bundle import recount
from panels.domain.verifier.checking import CANNOT, verify
from panels.domain.verifier.reading import MOST_BYTES
from panels.domain.verifier.signatures import Refused, Unreadable


class Command(BaseCommand):
    """Exit status 1 when something in the bundle does not hold, 2 when it cannot be read."""

    help = "Check the published bundle of a vote: signatures, the public list, the arithmetic and the result."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("bundle", type=Path)
        parser.add_argument("--receipt", default="", help="the code of a receipt: is its ballot in the public list?")
        parser.add_argument("--key", default="", help="the portal's signing key as you know it, in hexadecimal")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["bundle"].open("rb") as file:
                data = file.read(MOST_BYTES + 1)
            proven = verify(data, receipt=options["receipt"], key=options["key"])
            proven += recount(data)
        except Refused as refused:
            raise CommandError(f"{options['bundle']}: {refused}", returncode=1) from refused
        except (Unreadable, OSError) as error:
            raise CommandError(f"{options['bundle']}: {error}", returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps({"verified": True, "proven": proven, "cannot_prove": list(CANNOT)}))
            return
        self.stdout.write("\n".join(["This bundle proves:", *(f"- {line}" for line in proven)]))
        self.stdout.write("\n".join(["No bundle can prove:", *(f"- {line}" for line in CANNOT)]))
