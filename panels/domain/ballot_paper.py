"""The plain ballot before it is sealed: one fixed length per round, numbers only, no free text.

Layout: version (1 byte), kind (1 byte), number of projects n (2 bytes), then one 16-bit number per project in the
order of the frozen rules. For an approval ballot the number is 1 where the voter chose the project and 0 elsewhere.
"""

import struct
from collections.abc import Iterable

VERSION = 1
APPROVAL = 1
MOST_PROJECTS = 1000
_HEAD = struct.Struct(">BBH")


class BallotError(ValueError):
    """The choices or bytes are no ballot of this round."""


def ballot_length(project_count: int) -> int:
    """Bytes of a plain ballot: the same for every ballot of a round."""
    return _HEAD.size + 2 * project_count


def encode(chosen: Iterable[int], project_count: int) -> bytes:
    """The ballot of a voter who chose these positions.

    Raises:
        BallotError: a position does not exist or occurs twice.
    """
    marks = [0] * project_count
    for place in chosen:
        if not 0 <= place < project_count:
            raise BallotError(f"position {place} is not on this ballot")
        if marks[place]:
            raise BallotError(f"position {place} is chosen twice")
        marks[place] = 1
    return _HEAD.pack(VERSION, APPROVAL, project_count) + struct.pack(f">{project_count}H", *marks)


def decode(ballot: bytes, project_count: int, most_choices: int) -> tuple[int, ...]:
    """Positions chosen, ascending.

    Raises:
        BallotError: another version, kind or length, a mark other than 0 or 1, none or too many choices.
    """
    if len(ballot) != ballot_length(project_count):
        raise BallotError("the ballot has another length than this round's ballots")
    if _HEAD.unpack_from(ballot) != (VERSION, APPROVAL, project_count):
        raise BallotError("the ballot is of another version, kind or size")
    marks = struct.unpack_from(f">{project_count}H", ballot, _HEAD.size)
    if any(mark not in (0, 1) for mark in marks):
        raise BallotError("a mark is neither 0 nor 1")
    chosen = tuple(place for place, mark in enumerate(marks) if mark)
    if not 1 <= len(chosen) <= most_choices:
        raise BallotError(f"{len(chosen)} projects are chosen; between 1 and {most_choices} are allowed")
    return chosen
