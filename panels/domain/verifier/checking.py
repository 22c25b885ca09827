"""The bundle of a round, checked step by step, and what this file says about it."""

from __future__ import annotations

import argparse
import json
import re
import sys
from fractions import Fraction
from typing import Any

from panels.domain.verifier.ballot_file import BallotFile
from panels.domain.verifier.counting import Vote, count
from panels.domain.verifier.publishing import flaws_of
from panels.domain.verifier.reading import MOST_BYTES, Files, check_names, table_of, unpack
from panels.domain.verifier.signatures import (
    Refused,
    Unreadable,
    head_of,
    is_signed,
    leaf_hash,
    receipt_bytes,
    sha256,
    tree_hash,
)

STEP_IN_WORDS = "a hundredth of a voter's share, rounded up to whole pounds"
KINDS = ("approval", "ranked", "points", "knapsack")
TIES = ["more votes", "lower cost", "project id as text"]
CANNOT = (
    "that every voter is a real person with one vote: panel, scrutineers and the voters' list answer for that",
    "that the portal sealed what a voter chose: the page on secrecy says what each way of voting shows the server",
    "that the ballots are what was in the box: the two keepers who opened it answer for that with their digests",
    "where ballots were replaced, set aside or withdrawn, that each one opened is on the public list: to publish which "
    "would show who voted again, so the two keepers' own tool compares them, and refuses any that is not",
    "where totals alone may be published, that they are those of the ballots: the two keepers' digests are of ballots "
    "that nobody else sees",
    "that the signing key is the fund's: compare it with one you know from elsewhere, and give it with --key",
)


WHAT = {
    "rules.json": "The rules were",
    "log.txt": "The public list of ballots was",
    "ballots.pb": "The ballots were",
    "result.json": "The result was",
    "opening.json": "The record of the opening was",
    "reconciliation.json": "The reconciliation was",
}


def need(holds: bool, sentence: str) -> None:
    """Refuses the bundle with this sentence unless it holds."""
    if not holds:
        raise Refused(sentence)


class Bundle:
    """One bundle, checked step by step; `proven` collects what was found to hold."""

    def __init__(self, files: Files, key: str = "") -> None:
        self.files = files
        check_names(list(files))
        self.proven: list[str] = []
        self.key = bytes.fromhex(self.text("portal.pub").strip())
        need(not key or bytes.fromhex(key) == self.key, "The bundle is signed with another key than the one you gave.")
        self.check_manifest()
        self.rules, self.result = self.table("rules.json"), self.table("result.json")
        self.round = bytes.fromhex(self.rules["round"])
        self.leaves = [bytes.fromhex(line) for line in self.text("log.txt").split()]
        self.ids = [project["id"] for project in self.rules["projects"]]
        need(all(len(leaf) == 32 for leaf in self.leaves), "An entry of the public list is no fingerprint.")
        self.kind = self.rules["ballot"]["kind"]
        need(self.kind in KINDS, "The rules name a kind of ballot that this file does not know.")

    def text(self, name: str) -> str:
        if name not in self.files:
            raise Unreadable(f"The bundle has no file {name}.")
        return self.files[name].decode()

    def table(self, name: str) -> dict[str, Any]:
        return table_of(self.text(name))

    def check_manifest(self) -> None:
        """Every file is as the portal signed it, and none is missing or added."""
        manifest = self.text("manifest.json").encode()
        signature = bytes.fromhex(self.text("manifest.sig").strip())
        need(
            is_signed(self.key, b"cwf-bundle-v1" + manifest, signature),
            "The list of files is not signed by the portal.",
        )
        listed = table_of(manifest.decode())["files"]
        check_names(list(listed))
        for name in sorted(listed):
            what = "A head of the public list was" if name.startswith("heads/") else WHAT.get(name, f"{name} was")
            fits = name in self.files and sha256(self.files[name]).hex() == listed[name]
            need(fits, f"{what} changed after the portal signed the bundle.")
        need(
            set(self.files) - set(listed) <= {"manifest.json", "manifest.sig"}, "The bundle holds a file nobody signed."
        )
        self.proven.append("every file is as the portal signed it")

    def check_rules(self) -> None:
        raw, counting = self.files["rules.json"], self.rules["counting"]
        signature = bytes.fromhex(self.text("rules.sig").strip())
        need(is_signed(self.key, raw, signature), "The rules are not the ones the portal signed before the vote.")
        need(
            bool(self.leaves) and self.leaves[0] == leaf_hash(raw),
            "The rules are not the first entry of the public list.",
        )
        is_known = counting["ties"] == TIES and counting["add1_step"] == STEP_IN_WORDS
        need(is_known, "The rules break ties or raise shares in a way that this file does not know.")
        self.proven.append("the rules are unchanged since they were fixed, before anybody voted")

    def check_published(self) -> None:
        """As much is told as the rules allow, in numbers that a vote can have."""
        for flaw in flaws_of(self.rules, self.result, self.table("opening.json")):
            raise Refused(flaw)

    def check_log(self) -> None:
        """Each head is signed and covers the beginning of the list, so nothing was taken out or put in between."""
        seen = 0
        for name in sorted(name for name in self.files if name.startswith("heads/")):
            origin, size, root = head_of(self.text(name), self.key)
            need(name == f"heads/{size:08}.txt", "A head of the public list stands under another name.")
            need(origin.replace("-", "").endswith(self.round.hex()), "A head of the public list is of another vote.")
            need(seen < size <= len(self.leaves), "The public list is shorter than one of its heads says.")
            need(
                tree_hash(self.leaves[:size]) == root,
                f"The public list has changed: its head over {size} entries differs.",
            )
            batch = self.leaves[max(1, seen) : size]
            need(batch == sorted(batch), "Entries of the public list are not in the order of their hashes.")
            seen = size
        need(seen == len(self.leaves), "The public list is longer than its last head says.")
        need(len(set(self.leaves)) == len(self.leaves), "An entry of the public list occurs twice.")
        self.proven.append("the public list of ballots only ever grew, from head to head")

    def check_reconciliation(self) -> None:
        """What was put in equals what came out, was invalid, replaced, set aside or withdrawn."""
        sums, opening = self.table("reconciliation.json"), self.table("opening.json")
        need(sums["leaves"] == len(self.leaves), "The reconciliation counts other entries than the public list has.")
        if self.result["disclosure"] == "winners":
            return
        parts = [sums[part] for part in ("counted", "invalid", "replaced", "set_aside", "withdrawn")]
        need(min(parts) >= 0 and sums["leaves"] == 1 + sum(parts), "The reconciliation does not add up.")
        opened = sums["counted"] + sums["invalid"]
        ways = list(sums["by_channel"].values())
        need(
            min(ways, default=0) >= 0 and sum(ways) == opened, "The ways of voting do not add up to the ballots opened."
        )
        self.check_paper(sums)
        need(opening["set_count"] == opened, "Another number of ballots was opened than the reconciliation says.")
        message = self.round + opened.to_bytes(8, "big") + bytes.fromhex(opening["set_hash"])
        signature = bytes.fromhex(opening["set_signature"])
        need(is_signed(self.key, b"cwf-opening-v1" + message, signature), "The set of ballots to open is not signed.")
        if opened == len(self.leaves) - 1:
            salt = bytes.fromhex(opening.get("set_salt", ""))
            whole = sha256(salt + b"".join(sorted(self.leaves[1:]))).hex() == opening["set_hash"]
            need(whole, "The ballots opened are not those of the public list.")
        need(self.result["counted"] == sums["counted"], "The result counts another number of ballots.")
        self.proven.append("entries = 1 + counted + invalid + replaced + set aside + withdrawn")

    def check_opening(self) -> None:
        """Two keepers opened the box; what they found in it once more, off the portal, is what is published here."""
        opening = self.table("opening.json")
        keepers, again = opening["keepers"], opening.get("opened_again", [])
        who = [one["keeper"] for one in again]
        need(len(set(keepers)) == 2 and len(keepers) == 2, "The box was not opened by two keepers.")
        fits = len(set(who)) == len(who) and set(who) <= set(keepers)
        need(fits, "Somebody who did not open the box says what was in it.")
        for one in again:
            same = one["found_the_same"] and one.get("digest", "") == opening.get("contents_digest", "")
            need(same, "A keeper found other ballots in the box than those published.")
        if again:
            number = "both keepers say" if len(again) > 1 else "one of the two keepers says"
            self.proven.append(f"{number} that the box, opened again off the portal, held the same")
        else:
            self.proven.append(
                "so far nobody has opened the box again off the portal: its content is the portal's word"
            )

    def check_paper(self, sums: dict[str, Any]) -> None:
        """Every envelope handed out is accounted for, and every paper is a ballot."""
        paper = sums.get("paper")
        if paper is None:
            need("paper" not in sums["by_channel"], "Ballots came on paper, and the envelopes are not accounted for.")
            return
        ends = [paper[end] for end in ("spoilt", "not_returned", "late", "set_aside", "opened")]
        fits = min(ends) >= 0 and paper["issued"] == sum(ends)
        need(fits, "The envelopes handed out do not add up.")
        fits = min(paper["papers"], paper["empty"]) >= 0 and paper["opened"] == paper["papers"] + paper["empty"]
        need(fits, "The envelopes opened are not the papers and the empty ones.")
        need(paper["papers"] == sums["by_channel"].get("paper"), "Another number of papers was opened than entered.")
        self.proven.append("envelopes = spoilt + not returned + late + set aside + opened; opened = papers + empty")

    def check_result(self) -> None:
        costs = {project["id"]: project["price_pence"] for project in self.rules["projects"]}
        winners, spent = self.result["winners"], self.result["spent_pence"]
        need(type(winners) is list, "The result does not list its winners.")
        need(len(set(winners)) == len(winners) and set(winners) <= set(costs), "The result names an unknown project.")
        need(spent <= self.rules["budget_pence"], "The result spends more than there was.")
        self.check_groups(winners)
        parts = self.parts(costs)
        level = self.result["disclosure"]
        if level == "full":
            file = BallotFile(self.text("ballots.pb"), self.rules)
            self.check_count(file, [self.content(row) for row in file.votes[1:]])
            return
        need("ballots.pb" not in self.files, "The ballots are published although the rules do not allow it.")
        need(
            sum(parts.get(winner, costs[winner]) for winner in winners) == spent,
            "The result does not add up to the prices of the winners.",
        )
        support = self.result.get("points", self.result.get("votes", {}))
        votes = [support[project] for project in self.ids] if level == "totals" else []
        if not votes or self.rules["counting"]["rule"] == "equal-shares" or not all(isinstance(v, int) for v in votes):
            self.proven.append(
                "the winners' prices add up and fit into the money (too few ballots to publish them all)"
            )
            return
        vote = self.vote([])
        vote.set_votes(votes)
        self.compare(vote)

    def parts(self, costs: dict[str, int]) -> dict[str, int]:
        """What a winner gets where that is less than its price: at most one, and it takes all that is left."""
        parts = dict(self.result.get("part_pence", {}))
        need(len(parts) <= 1, "The result pays parts of several projects.")
        need(set(parts) <= set(self.result["winners"]), "The result pays a part of a project that did not win.")
        for project, pence in parts.items():
            fits = self.least(self.rules["projects"][self.ids.index(project)]) <= pence < costs[project]
            need(fits, "A project is paid for in part, and cannot start with as little.")
            need(self.result["spent_pence"] == self.rules["budget_pence"], "A part is paid although money is left.")
        return parts

    def least(self, project: dict[str, Any]) -> int:
        """The smallest part of its price with which it can start: all of it, unless the rules say otherwise."""
        least = project.get("least_pence", 0) if self.rules["counting"].get("part_funding") else 0
        return least or project["price_pence"]

    def check_groups(self, winners: list[str]) -> None:
        """Of projects that exclude each other one wins; a poll finds no more priorities than its rules say."""
        groups = [group for p in self.rules["projects"] if p["id"] in winners and (group := p.get("group", ""))]
        need(len(set(groups)) == len(groups), "The result funds two projects of which the rules allow one.")
        most = self.rules["counting"].get("most_winners", 0)
        need(not most or len(winners) <= most, "The result names more winners than the rules allow.")

    def check_count(self, file: BallotFile, ballots: list[tuple[int, ...]]) -> None:
        """The published ballots are those opened, may be published, and give the published result.

        A ballot stands here as the box held it: positions chosen; positions in the voter's order where ballots rank;
        the points of every project where they give points.
        """
        lines = "".join(",".join(map(str, ballot)) + "\n" for ballot in sorted(ballots))
        digest = self.table("opening.json")["contents_digest"]
        need(sha256(lines.encode()).hex() == digest, "The ballots are not those that the keepers took out of the box.")
        need(len(ballots) == self.result["counted"], "The result counts another number of ballots.")
        publication = self.rules["publication"]
        for ballot in ballots:
            self.check_ballot(ballot)
        kinds: dict[tuple[int, ...], int] = {}
        for ballot in ballots:
            kinds[ballot] = kinds.get(ballot, 0) + 1
        unshared = sum(1 for number in kinds.values() if number == 1)
        need(
            re.fullmatch("[0-9]{1,3}/[0-9]{1,3}", publication["most_unshared"]) is not None, "The rules name no share."
        )
        may = len(ballots) >= publication["full_from"] and unshared <= Fraction(publication["most_unshared"]) * len(
            ballots
        )
        need(may, "The ballots are published although the rules do not allow it.")
        vote = self.vote([self.named(ballot) for ballot in ballots])
        need(
            self.result["votes"] == dict(zip(self.ids, vote.votes)),
            "The votes in the result are not those of the ballots.",
        )
        if self.kind in ("ranked", "points"):
            points = [sum(self.points(ballot, place) for ballot in ballots) for place in range(len(self.ids))]
            fits = self.result["points"] == dict(zip(self.ids, points))
            need(fits, "The points in the result are not those of the ballots.")
            vote.set_votes(points)
        file.check([self.result["votes"][project] for project in self.ids], vote.step)
        file.check_rows(ballots, self.points)
        self.compare(vote)

    def check_ballot(self, ballot: tuple[int, ...]) -> None:
        """A ballot says no more than the rules allow."""
        how, named = self.rules["ballot"], self.named(ballot)
        fits = bool(named) and len(set(named)) == len(named) <= how["most_choices"]
        need(fits, "A ballot names more projects than the rules allow.")
        if self.kind == "points":
            fits = max(ballot) <= how["most_points"] and sum(ballot) <= how["points"]
            need(fits, "A ballot gives more points than the rules allow.")
        if self.kind == "knapsack":
            cost = sum(self.rules["projects"][place]["price_pence"] for place in ballot)
            need(cost <= self.rules["budget_pence"], "A ballot spends more than the rules allow.")

    def named(self, ballot: tuple[int, ...]) -> tuple[int, ...]:
        """Positions that a ballot names, ascending."""
        if self.kind == "points":
            return tuple(place for place, points in enumerate(ballot) if points)
        return tuple(sorted(ballot))

    def points(self, ballot: tuple[int, ...], place: int) -> int:
        """Points of one project: as given, or as many as may be ranked for the first and one fewer for each next."""
        if self.kind == "points":
            return ballot[place]
        return self.rules["ballot"]["most_choices"] - ballot.index(place) if place in ballot else 0

    def vote(self, ballots: list[tuple[int, ...]]) -> Vote:
        budget, listed = self.rules["budget_pence"], self.rules["projects"]
        step = 100 * max(1, -(-budget // (max(1, len(ballots)) * 10_000)))
        projects = [(p["id"], p["price_pence"], p.get("group", ""), self.least(p)) for p in listed]
        return Vote(budget, projects, ballots, step=step)

    def compare(self, vote: Vote) -> None:
        """Counts again by the frozen rules."""
        how = self.rules["counting"]
        winners, spent = count(
            vote,
            how["rule"],
            utility=how["utility"],
            completion=how["completion"],
            at_least=how["at_least_votes"],
            most=how.get("most_winners", 0),
        )
        fits = [self.ids[place] for place in winners] == self.result["winners"] and spent == self.result["spent_pence"]
        need(fits, "The result is not what the rules make of the ballots.")
        missing = vote.cost(winners) - spent if how["rule"] != "priority" else 0
        part = {self.ids[winners[-1]]: vote.projects[winners[-1]][1] - missing} if missing else {}
        need(part == self.result.get("part_pence", {}), "The result pays another part of a project than the rules do.")
        self.proven.append(f"counted again, {len(winners)} winners are what the rules make of the votes")

    def content(self, row: list[str]) -> tuple[int, ...]:
        """What a row of the file says, as the box held it."""
        try:
            named = [self.ids.index(project) for project in row[1].split(",") if project]
        except (ValueError, IndexError) as error:
            raise Refused("A ballot names a project that is not in the rules.") from error
        if self.kind == "points":
            points = [0] * len(self.ids)
            for place, given in zip(named, row[2].split(",")):
                points[place] = int(given)
            return tuple(points)
        return tuple(named if self.kind == "ranked" else sorted(named))


def verify(data: bytes, *, receipt: str = "", key: str = "") -> list[str]:
    """What the bundle proves, as sentences. Raises Refused or Unreadable with a sentence."""
    try:
        bundle = Bundle(unpack(data), key)
        bundle.check_rules()
        bundle.check_published()
        bundle.check_log()
        bundle.check_opening()
        bundle.check_reconciliation()
        bundle.check_result()
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise Unreadable(f"The bundle is not of the form it should have: {ascii(error)}.") from error
    if receipt:
        start = receipt_bytes(receipt)
        found = any(leaf.startswith(start) for leaf in bundle.leaves)
        need(found, "No entry of the public list belongs to this receipt.")
        bundle.proven.append("the ballot of this receipt is in the public list")
    return bundle.proven


def main(arguments: list[str] | None = None) -> int:
    """Says what holds and what no bundle can prove."""
    parser = argparse.ArgumentParser(description="Check the published bundle of a vote.")
    parser.add_argument("bundle")
    parser.add_argument("--receipt", default="", help="the code of a receipt: is its ballot in the public list?")
    parser.add_argument("--key", default="", help="the portal's signing key as you know it, 64 hexadecimal digits")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    proven: list[str] = []
    sentence, status = "", 0
    try:
        with open(options.bundle, "rb") as file:
            proven = verify(file.read(MOST_BYTES + 1), receipt=options.receipt, key=options.key)
    except Refused as refused:
        sentence, status = f"REFUSED. {refused}", 1
    except (Unreadable, OSError) as error:
        sentence, status = f"This cannot be read as the bundle of a vote. {error}", 2
    if options.json:
        found = {"verified": not status, "sentence": sentence, "proven": proven, "cannot_prove": list(CANNOT)}
        print(json.dumps(found))
        return status
    if status:
        print(sentence)
        return status
    print("This bundle proves:", *(f"- {line}" for line in proven), sep="\n")
    print("No bundle can prove:", *(f"- {line}" for line in CANNOT), sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
