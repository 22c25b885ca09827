from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright

from cwf_portal.core.selectors import sample_people
from cwf_portal.embedded.bootstrap import SetupError, find_chromium
from cwf_portal.operations.tour import Tour


class Command(BaseCommand):
    """Walks through the running demo as each of its people and keeps a picture of every kind of page."""

    help = "Pictures of the running demo by role, at 320 and 1280 pixels."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, required=True, help="folder of the pictures")
        parser.add_argument("--address", default="http://127.0.0.1:8000", help="of the demo (default %(default)s)")
        parser.add_argument("--role", action="append", help="only this person of the demo, may be repeated")

    def handle(self, *args: Any, **options: Any) -> None:
        roles = list(sample_people().values_list("sample_slug", flat=True))
        if options["role"]:
            roles = [role for role in roles if role in options["role"]]
        options["out"].mkdir(parents=True, exist_ok=True)
        try:
            self._walk(options["address"].rstrip("/"), options["out"], [role for role in roles if role])
        except SetupError as error:
            raise CommandError(str(error)) from error
        except BrowserError as error:
            raise CommandError(f"The demo cannot be walked through: {error.message.splitlines()[0]}") from error

    def _walk(self, address: str, out: Path, roles: list[str]) -> None:
        chromium = find_chromium()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for sight in Tour(browser, address, out).walk(roles):
                self.stdout.write(f"{sight.role} {sight.width} {sight.path} {sight.problem}".rstrip())
            browser.close()
