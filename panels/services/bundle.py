"""The published record of a round, gathered from what is stored; anybody can check it without the portal."""

from collections.abc import Sequence
from typing import Any

from panels.domain import pabulib
from panels.domain.ballot_paper import GIVING_POINTS
from panels.domain.bundle import BundleContents, write_bundle
from panels.domain.disclosure import NOT_TOLD, SMALL, Disclosure, published_count
from panels.domain.log import raw_public
from panels.errors import PhaseError
from panels.keys import portal_key
from panels.models import Attestation, LogHead, LogLeaf, ProjectResult, Round, RoundResult
from panels.selectors import counted_ballots, result_lines
from panels.selectors.paper import paper_count_of
from panels.services.results import election_of

RESULT_FORMAT = "cwf-round-result-v1"


def bundle_of(*, round: Round, meta: dict[str, str]) -> bytes:
    """The bundle of a published round, the same bytes each time.

    Args:
        round: with its opening and result.
        meta: what the file of ballots says about itself.

    Raises:
        PhaseError: the result is not published, or the vote was annulled.
    """
    _check_stands(round)
    leaves = LogLeaf.objects.filter(round=round).order_by("position").values_list("leaf", flat=True)
    heads = LogHead.objects.filter(round=round).order_by("size").values_list("size", "checkpoint")
    is_full = round.result.disclosure == Disclosure.FULL
    contents = BundleContents(
        rules=bytes(round.rules or b""),
        rules_signature=bytes(round.rules_signature or b""),
        portal_key=raw_public(portal_key().public_key()),
        leaves=[bytes(leaf) for leaf in leaves],
        heads=list(heads),
        opening=_opening(round, len(leaves)),
        reconciliation=_reconciliation(round, len(leaves)),
        result=published_result(round),
        ballots=pabulib.write(election_of(round, counted_ballots(round)), meta) if is_full else None,
    )
    return write_bundle(contents, portal_key().sign)


def _check_stands(round: Round) -> None:
    if not (hasattr(round, "result") and round.result.published_at):
        raise PhaseError("The result is not published yet.")
    if hasattr(round, "annulment"):
        raise PhaseError("This vote was annulled. Nothing that was counted in it is handed out.")


def _opening(round: Round, leaf_count: int) -> dict[str, Any]:
    """Who opened which set. Numbers and fingerprints only where they give no ballot away."""
    opening, level = round.opening, round.result.disclosure
    record: dict[str, Any] = {"opened_at": opening.opened_at.isoformat(), "keepers": opening.keepers.split(",")}
    found = Attestation.objects.filter(keeper__round=round).order_by("keeper__body")
    record["opened_again"] = [
        {
            "keeper": str(one.keeper.body),
            "found_the_same": one.digest == opening.contents_digest,
            **({"digest": one.digest} if level == Disclosure.FULL else {}),
        }
        for one in found.select_related("keeper")
    ]
    if level != Disclosure.WINNERS:
        record |= {
            "set_count": opening.set_count,
            "set_hash": bytes(opening.set_hash).hex(),
            "set_signature": bytes(opening.set_signature).hex(),
        }
        if opening.set_count == leaf_count - 1:  # else it would tell who tries which entries were replaced
            record["set_salt"] = bytes(round.opening_set.salt).hex()
    if level == Disclosure.FULL:
        record["contents_digest"] = opening.contents_digest
    return record


def _reconciliation(round: Round, leaf_count: int) -> dict[str, Any]:
    """Entries of the public list = 1 (the rules) + counted + invalid + replaced + set aside + withdrawn."""
    opening, rows = round.opening, list(round.reconciliations.order_by("channel"))
    if round.result.disclosure == Disclosure.WINNERS:
        return {"leaves": leaf_count}
    return {
        "leaves": leaf_count,
        "counted": opening.counted_count,
        "invalid": opening.invalid_count,
        "replaced": sum(row.replaced_count for row in rows),
        "set_aside": sum(row.set_aside_count for row in rows),
        "withdrawn": sum(row.withdrawn_count for row in rows),
        "by_channel": {row.channel: row.opened_count for row in rows},
        **_paper(round),
    }


def _paper(round: Round) -> dict[str, Any]:
    """What became of every envelope: handed out = spoilt + not returned + late + set aside + opened."""
    count = paper_count_of(round)
    if count is None:
        return {}
    return {
        "paper": {
            "issued": count.issued_count,
            "spoilt": count.spoilt_count,
            "not_returned": count.not_returned_count,
            "late": count.late_count,
            "set_aside": count.aside_count,
            "opened": count.opened_count,
            "papers": count.papers_count,
            "empty": count.empty_count,
        }
    }


def published_result(round: Round) -> dict[str, Any]:
    """As much of a published result as may be known, for programs.

    Winners stand in order of selection, as far as it may be told (`telling`); else in the order of the ballot.

    Raises:
        PhaseError: the result is not published, or the vote was annulled.
    """
    _check_stands(round)
    result, level = round.result, Disclosure(round.result.disclosure)
    lines = list(result_lines(round, is_decisive=True))
    winners = [line for line in lines if line.order is not None]
    record: dict[str, Any] = {
        "format": RESULT_FORMAT,
        "disclosure": level.value,
        "published_at": result.published_at.isoformat() if result.published_at else "",
        "spent_pence": result.spent_pence,
        **_part_of(winners),
    }
    if level is Disclosure.WINNERS:
        winners.sort(key=lambda line: line.project.place)
        return record | {"winners": [line.project.code for line in winners]}
    votes = {line.project.code: _votes(line, result, level) for line in lines}
    points = {line.project.code: published_points(line, result, level) for line in lines}
    return record | {
        "winners": [line.project.code for line in winners],
        "counted": result.counted_count,
        **({"masked_below": result.masked_below} if result.masked_below != SMALL else {}),
        "votes": votes,
        **({"points": points} if round.kind in GIVING_POINTS else {}),
    }


def _part_of(winners: Sequence[ProjectResult]) -> dict[str, Any]:
    """What the one winner gets that is paid for in part; it is told with the winners, since money is."""
    parts = {line.project.code: line.part_pence for line in winners if line.part_pence is not None}
    return {"part_pence": parts} if parts else {}


def _votes(line: ProjectResult, result: RoundResult, level: Disclosure) -> int | str:
    return published_count(line.votes, result.counted_count, level, masked_below=result.masked_below)


def published_points(line: ProjectResult, result: RoundResult, level: Disclosure) -> int | str:
    """Points of a project, or words in their place: where its votes may not be told, nor may they."""
    return NOT_TOLD if line.points is None or isinstance(_votes(line, result, level), str) else line.points
