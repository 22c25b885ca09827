"""Load all that comes with the portal: places, areas, MPs, deprivation, outlines; then figures and the ranking."""

from collections.abc import Sequence
from typing import Any

from neighbourhoods.management.loading import LoadCommand
from neighbourhoods.services.loading.everything import Step, shipped_steps


class Command(LoadCommand):
    help = "Load the shipped places with everything known about them; running it again changes nothing."

    def steps(self, options: dict[str, Any]) -> Sequence[Step]:
        return shipped_steps(self.actor)
