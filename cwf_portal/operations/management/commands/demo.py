"""`manage.py demo`: the whole portal with sample data, on this machine, until Ctrl-C."""

from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cwf_portal.operations.children import ChildError
from cwf_portal.operations.demo.database import people_who_sign_in
from cwf_portal.operations.demo.stage import DemoError, Stage, stage


class Command(BaseCommand):
    help = "Run the whole portal with sample data; Ctrl-C stops it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fresh", action="store_true", help="throw the demo's data away and begin anew")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo needs DEMO=1 in its environment. Run: make demo")
        try:
            with suppress(KeyboardInterrupt), stage(fresh=options["fresh"], say=self.stdout.write) as running:
                self._tell(running)
                running.stay_up()
        except (ChildError, DemoError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The demo has stopped. Its data are kept; FRESH=1 begins anew.")

    def _tell(self, running: Stage) -> None:
        """The address, and one line per role with how to sign in."""
        people = people_who_sign_in()
        width = max((len(user.sample_slug or "") for user in people), default=0)
        self.stdout.write(f"\nThe portal is at {running.address}  (everything marked sample is invented)\n\n")
        self.stdout.write("Open a line to sign in with one click; or sign in with a code, which you then read at")
        self.stdout.write(f"{running.address}/demo/messages/. Move the clock at {running.address}/demo/clock/.\n\n")
        for user in people:
            link = f"{running.address}/demo/sign-in/{user.sample_slug}/"
            self.stdout.write(f"  {user.sample_slug:<{width}}  {link}  {user.sample_detail}")
        self.stdout.write("\nCtrl-C stops everything.\n")
