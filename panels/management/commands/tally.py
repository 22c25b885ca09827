"""Counts a Pabulib file by a published rule: anyone can check a result, without a database."""

import json
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from panels.domain import pabulib
from panels.domain.election import Election
from panels.domain.equal_shares import Utility
from panels.domain.tally import FUNDING, Completion, Method, MethodError, Outcome, Rule, count


@dataclass(frozen=True)
class Needs:
    """How many votes a project needed, and who said so: the "file" or the "option"."""

    votes: int
    said_by: str


def _major(election: Election, amount: int) -> int | float:
    """Units of currency."""
    return amount / election.unit if amount % election.unit else amount // election.unit


class Command(BaseCommand):
    """Winners in order of selection; exit status 2 when the file or the arguments cannot be used."""

    help = "Count an election in Pabulib format (.pb) and print the winners in order of selection."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--rule", choices=[rule.value for rule in FUNDING], default=Rule.GREEDY.value)
        parser.add_argument("--utility", choices=[utility.value for utility in Utility], default=Utility.COST.value)
        parser.add_argument("--completion", choices=[way.value for way in Completion], default=Completion.NONE.value)
        parser.add_argument(
            "--at-least",
            type=int,
            help=f"votes below which a project is never funded; without it what {pabulib.NEEDED} of our own files says",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        file = self._read(options["file"])
        election, asked = file.election, options["at_least"]
        method = Method(
            Rule(options["rule"]),
            Utility(options["utility"]),
            Completion(options["completion"]),
            at_least=file.at_least if asked is None else asked,
        )
        started = time.perf_counter()
        try:
            outcome = count(election, method)
        except MethodError as error:
            raise CommandError(f"{options['file']}: {error}", returncode=2) from error
        seconds = round(time.perf_counter() - started, 3)
        needs = Needs(method.at_least, "file" if asked is None else "option")
        if options["json"]:
            self.stdout.write(self._as_json(election, outcome, seconds=seconds, needs=needs))
            return
        self.stdout.write(self._as_text(election, outcome, seconds=seconds, needs=needs))

    def _read(self, path: Path) -> pabulib.File:
        try:
            with path.open("rb") as file:
                return pabulib.read_file(file.read(pabulib.MOST_BYTES + 1))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
        except pabulib.PabulibError as error:
            raise CommandError(f"{path}: {error}", returncode=2) from error

    def _as_json(self, election: Election, outcome: Outcome, *, seconds: float, needs: Needs) -> str:
        return json.dumps(
            {
                "winners": [election.projects[place].id for place in outcome.winners],
                "spent": _major(election, outcome.spent(election)),
                "seconds": seconds,
                **self._part(election, outcome),
                **({"at_least": needs.votes, "at_least_from": needs.said_by} if needs.votes else {}),
            }
        )

    def _part(self, election: Election, outcome: Outcome) -> dict[str, int | float]:
        """What the last winner gets where that is less than its cost."""
        return {} if outcome.part is None else {"part": _major(election, outcome.part)}

    def _as_text(self, election: Election, outcome: Outcome, *, seconds: float, needs: Needs) -> str:
        counted = "points" if election.points else "votes"
        lines = [
            f"{election.projects[place].id}\t{election.support[place]} {counted}\t{election.projects[place].name}"
            for place in outcome.winners
        ]
        if part := self._part(election, outcome):
            lines[-1] += f"\t{part['part']} of {_major(election, election.projects[outcome.winners[-1]].cost)}"
        asked = f"; a project needs {needs.votes} {counted}, by the {needs.said_by}" if needs.votes else ""
        said = f"{len(lines)} of {len(election.projects)} projects, counted in {seconds} s{asked}"
        return "\n".join([*lines, said])
