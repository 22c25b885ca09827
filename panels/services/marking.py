"""Which rows of a box the portal wrote itself, by their marks."""

from collections.abc import Iterator

from panels.domain.marks import Standing, paper_mark
from panels.keys import box_key
from panels.models import Round, SealedBallot, SealedPaper


def standing_of(round: Round, ballot: SealedBallot, voter: int) -> Standing:
    """What the mark of a row says, if the portal wrote it."""
    leaf = bytes(ballot.leaf or b"") if ballot.state == SealedBallot.State.IN_BOX else None
    return Standing(round.code.bytes, voter, ballot.version, leaf)


def is_ours(round: Round, ballot: SealedBallot, voter: int) -> bool:
    """Whether this row says what the portal wrote for this voter, and nothing else."""
    return standing_of(round, ballot, voter).is_marked(bytes(ballot.mark or b""), box_key())


def entries_not_ours(round: Round) -> list[int]:
    """Entries of the voters' list for whom somebody else put a ballot into the box, or took theirs out of it."""
    key = box_key()
    return [entry for entry, standing, mark in _cast(round) if not standing.is_marked(mark, key)]


def cast_count(round: Round) -> int:
    """How many ballots were cast on this site: what each row says for which the portal counted. What somebody else
    wrote stands for the one entry of the public list that it can stand for, however many it claims.
    """
    key = box_key()
    return sum(standing.version if standing.is_numbered(mark, key) else 1 for _, standing, mark in _cast(round))


def papers_not_ours_count(round: Round) -> int:
    """How many ballots from paper somebody else put into the box."""
    code, key = round.code.bytes, box_key()
    rows = SealedPaper.objects.filter(round=round).values_list("leaf", "mark").iterator()
    return sum(paper_mark(code, bytes(leaf), key) != bytes(mark or b"") for leaf, mark in rows)


def _cast(round: Round) -> Iterator[tuple[int, Standing, bytes]]:
    """Everybody who cast a ballot on this site: their entry, what stands there, its mark."""
    code = round.code.bytes
    rows = SealedBallot.objects.of(round).filter(version__gte=1).order_by("pk")
    fields = ("pk", "roll_entry__user", "version", "state", "leaf", "mark")
    for entry, voter, version, state, leaf, mark in rows.values_list(*fields).iterator():
        kept = bytes(leaf or b"") if state == SealedBallot.State.IN_BOX else None
        yield entry, Standing(code, voter, version, kept), bytes(mark or b"")
