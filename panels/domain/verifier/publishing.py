"""Whether a bundle tells of its vote what its rules let it tell, in numbers that a vote can have."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Iterator

Table = Dict[str, Any]
RULES_FORMAT, RESULT_FORMAT = "cwf-round-rules-v1", "cwf-round-result-v1"
NOT_TOLD = "not published"
LEVELS = ("full", "totals", "winners")  # from the most to the least
KEEPERS = {"1", "2", "3"}


def flaws_of(rules: Table, result: Table, opening: Table) -> Iterator[str]:
    """A sentence for each thing that cannot be so."""
    if rules["format"] != RULES_FORMAT or result["format"] != RESULT_FORMAT:
        yield "The rules or the result are written in a form that this file does not know."
    if result["disclosure"] not in LEVELS:
        yield "The result does not say how much of it is published."
    if not set(opening["keepers"]) <= KEEPERS:
        yield "Somebody opened the box who is none of the three keepers."
    closed, opened, published = (
        moment(text) for text in (rules["voting"]["closes_at"], opening["opened_at"], result["published_at"])
    )
    if not closed <= opened <= published:
        yield "The box was opened before voting closed, or after the result was published."
    if result["disclosure"] == "winners":
        if {"counted", "votes", "points"} & set(result):
            yield "Votes are published although nothing but the winners may be known."
        return
    counted, ids = result["counted"], [project["id"] for project in rules["projects"]]
    if type(counted) is not int or counted < rules["publication"]["totals_from"]:
        yield "Votes are published of fewer ballots than the rules allow."
    elif result["disclosure"] == "totals":
        yield from flaws_of_totals(rules, result, ids)


def flaws_of_totals(rules: Table, result: Table, ids: list[str]) -> Iterator[str]:
    """Each project has a number of votes that these ballots can give, or the words in place of a telling one."""
    counted, votes = result["counted"], result["votes"]
    least = rules["publication"]["masked_below"]
    small = result.get("masked_below", least)  # more, where a masked total could else be worked out from the others
    if type(small) is not int or small < least or small % least:
        yield "Totals are masked in another way than the rules say."
        return
    in_words = {f"fewer than {small}": (0, small - 1), f"more than {counted - small}": (counted - small + 1, counted)}
    spans = [(told, told) if type(told) is int else in_words.get(told) for told in votes.values()]
    known = [span for span in spans if span is not None]
    if sorted(votes) != sorted(ids) or len(known) < len(spans):
        yield "The result does not tell the votes of every project."
    elif any(low == high and not small <= low <= counted - small for low, high in known):
        yield "A project has a number of votes that the rules do not let be told, or more than there were ballots."
    elif sum(low for low, _ in known) > counted * rules["ballot"]["most_choices"] or sum(h for _, h in known) < counted:
        yield "The votes are more, or fewer, than these ballots can give."
    elif rules["ballot"]["kind"] in ("ranked", "points"):
        yield from flaws_of_points(rules["ballot"], result)


def flaws_of_points(ballot: Table, result: Table) -> Iterator[str]:
    """Whoever names a project gives it a point at least, and no more than the rules allow."""
    votes, points = result["votes"], result["points"]
    most = ballot["most_points"] if ballot["kind"] == "points" else ballot["most_choices"]
    fits = all(
        votes[project] <= told <= votes[project] * most
        if type(told) is int and type(votes[project]) is int
        else told in (NOT_TOLD, votes[project])
        for project, told in points.items()
    )
    if sorted(points) != sorted(votes) or not fits:
        yield "A project has more points, or fewer, than its votes can give."


def moment(text: str) -> datetime:
    """A point in time with its zone; ValueError unless it is one."""
    read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if read.tzinfo is None:
        raise ValueError(f"{text} names no zone")
    return read
