"""Real elections with known outcomes: 54 Pabulib files, where the rule is one of ours."""

import csv
import re
from dataclasses import replace
from functools import cache

from panels.domain import pabulib
from panels.domain.election import Election
from panels.domain.equal_shares import Utility
from panels.domain.tally import Completion, Method, Rule, count
from tests.support.shared_data import shared_file

# Wieliczka's official outcome is one project off plain Add1; the rule it names is a comparison of two runs.
ADD1 = Method(Rule.EQUAL_SHARES, Utility.COST, Completion.ADD1)
METHODS = {
    ("greedy", "official outcome (selected=1 column)"): Method(),
    ("greedy-threshold", "official outcome (selected=1 column)"): Method(),
    ("equalshares/add1", "official outcome (selected=1 column)"): ADD1,
    ("MES", "base MES, cost utility, no completion"): Method(Rule.EQUAL_SHARES, Utility.COST),
    ("MES", "base MES, card utility, no completion"): Method(Rule.EQUAL_SHARES, Utility.CARDINALITY),
}
KNOWN_OUTCOMES = 31 + 7 + 2 + 2 * 54


@cache
def load(name: str) -> Election:
    return pabulib.read(shared_file(f"pabulib/{name}").read_bytes())


def is_apart(row: dict[str, str]) -> bool:
    """One city funded the dearer of two projects with 88 votes each; our rules, known before a vote, do not."""
    return row["rule"] == "greedy-threshold" and row["file"] == "Poland_Warszawa_2018_Niskie_Okecie.pb"


def threshold(name: str) -> int:
    """Votes that every project needs, as the file says."""
    text = shared_file(f"pabulib/{name}").read_text(encoding="utf-8-sig")
    return int(re.search(r"^min_project_score_threshold;(\d+)", text, re.MULTILINE)[1])


def test_count_gives_the_known_winners_of_real_elections():
    with shared_file("pabulib/expected_winners.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["rule"], row["variant"]) in METHODS and not is_apart(row)]
    wrong = []
    for row in rows:
        election = load(row["file"])
        method = METHODS[row["rule"], row["variant"]]
        if row["rule"] == "greedy-threshold":
            method = replace(method, at_least=threshold(row["file"]))
        winners = count(election, method).winners
        if {election.projects[place].id for place in winners} != set(filter(None, row["winners"].split("|"))):
            wrong.append(f"{row['file']} {row['rule']} {row['variant']}")

    assert wrong == []
    assert len(rows) == KNOWN_OUTCOMES
