"""The file of ballots, line by line as its rules have it: whoever counts it elsewhere must count the same vote."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from typing import Any, Callable, Dict, List, Tuple

from panels.domain.verifier.signatures import Refused

SECTIONS = ("META", "PROJECTS", "VOTES")
POUNDS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?", re.ASCII)
TYPES = {"approval": "approval", "knapsack": "approval", "ranked": "ordinal", "points": "cumulative"}
Rows = List[List[str]]
Content = Tuple[int, ...]


class BallotFile:
    """Three sections, each with the rows below its header, and whether they say what the rules say."""

    def __init__(self, text: str, rules: Dict[str, Any]) -> None:
        self.rules, self.kind = rules, rules["ballot"]["kind"]
        lines = text.split("\n")
        marks = [number for number, line in enumerate(lines) if line.strip().strip(";").strip().upper() in SECTIONS]
        if tuple(lines[mark] for mark in marks) != SECTIONS or marks[0] or lines.pop() or "\r" in text or "\0" in text:
            raise Refused("The file of ballots is not of the form it should have.")
        one, two, three = marks
        self.meta, self.projects = rows_of(lines[one + 1 : two]), rows_of(lines[two + 1 : three])
        self.votes = rows_of(lines[three + 1 :])

    def check(self, votes: List[int], step: int) -> None:
        """Money, prices and numbers are those of the rules and the ballots; pence of `step` raise a share."""
        meta = {row[0]: row[1] for row in self.meta[1:] if len(row) == 2}
        if self.meta[:1] != [["key", "value"]] or len(meta) != len(self.meta) - 1:
            raise Refused("The file of ballots says something about its vote twice, or nothing.")
        how, ballot = self.rules["counting"], self.rules["ballot"]
        said = {
            "num_projects": str(len(self.rules["projects"])),
            "num_votes": str(len(self.votes) - 1),
            "vote_type": TYPES[self.kind],
            "counting": f"{how['rule']} {how['utility']} {how['completion']}",
            "min_project_score_threshold": str(how["at_least_votes"]),
            "max_length": str(ballot["most_choices"]),
        }
        fits = all(meta.get(key, value) == value for key, value in said.items())
        money = {"budget": self.rules["budget_pence"], "add1_step": step}
        fits = fits and all(pence_of(meta[key]) == pence for key, pence in money.items() if key in meta)
        if not fits or not {"budget", "num_votes", "vote_type"} <= set(meta):
            raise Refused("The file of ballots tells of another vote than the rules do.")
        self.check_projects(votes)

    def check_projects(self, votes: List[int]) -> None:
        """Each project stands there as in the rules, with the votes that its ballots give."""
        header, *rows = self.projects or [[]]
        listed = self.rules["projects"]
        is_known = header[:4] == ["project_id", "cost", "votes", "name"]
        is_known = is_known and header[4:] in ([], ["exclusive_group", "smallest_part"])
        if not is_known or len(rows) != len(listed) or any(len(row) != len(header) for row in rows):
            raise Refused("The file of ballots does not list the projects of the rules.")
        for row, project, number in zip(rows, listed, votes):
            is_same = (row[0], row[2], row[3]) == (project["id"], str(number), " ".join(project["title"].split()))
            is_same = is_same and pence_of(row[1]) == project["price_pence"]
            options = [project.get("group", ""), project.get("least_pence", 0)]
            told = [row[4], pence_of(row[5])] if row[4:] else ["", 0]
            if not is_same or told != options:
                raise Refused("The file of ballots lists a project otherwise than the rules and the votes do.")

    def check_rows(self, contents: List[Content], points_of: Callable[[Content, int], int]) -> None:
        """Each row is written in the one way there is, and the rows stand sorted, numbered from one."""
        if contents != sorted(contents):
            raise Refused("The ballots are not sorted: another order could tell who cast which.")
        ids = [project["id"] for project in self.rules["projects"]]
        gives = self.kind == "points"
        expected = [["voter_id", "vote", *(["points"] if gives else [])]]
        for number, content in enumerate(contents, start=1):
            named = [place for place, given in enumerate(content) if given] if gives else list(content)
            told = [",".join(str(points_of(content, place)) for place in named)] if gives else []
            expected.append([str(number), ",".join(ids[place] for place in named), *told])
        if self.votes != expected:
            raise Refused("A ballot is not written as the portal writes it.")


def rows_of(lines: List[str]) -> Rows:
    """Fields of each line; a line holds one row."""
    try:
        return [next(csv.reader([line], delimiter=";", strict=True), []) for line in lines]
    except csv.Error as error:
        raise Refused("A line of the file of ballots cannot be read.") from error


def pence_of(text: str) -> int:
    """Pounds as text, in pence; refuses what is no such sum."""
    if not POUNDS.fullmatch(text):
        raise Refused("The file of ballots names a sum that is none.")
    return int(Fraction(text) * 100)
