"""Postcodes: how they are written, and the ONS postcode directory, read row by row because it has millions.

Source: ONS Postcode Directory (ONSPD), Open Government Licence v3.0. Each postcode lies, by best fit, in one small area
of 2011 (LSOA), and so in one place or in none.
"""

import csv
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from neighbourhoods.domain.tables import Column, Line, Problem, TableError, code, heading_of, lines_of

WRITTEN = r"(GIR|NPT|[A-Z]{1,2}[0-9][0-9A-Z]?) [0-9][A-Z]{2}"
INWARD_LETTERS = 3
ROWS_OF_A_DIRECTORY = 5_000_000
PROBLEMS_KEPT = 1_000
SMALL_AREA_COLUMNS = ("lsoa11", "lsoa11cd")  # the publisher changed the heading
POSTCODE = Column("pcds", code(WRITTEN, example="ZA1 1AA"))
ENDED = Column("doterm", code(r"(19|20)[0-9]{2}(0[1-9]|1[0-2])", example="202403"), required=False)


@dataclass(frozen=True)
class PostcodeRow:
    """A postcode in use, without its space, and the small area it lies in."""

    code: str
    small_area: str


@dataclass(frozen=True)
class PostcodeDirectory:
    """What concerns us of a directory: the postcodes in use within our small areas, in the order of the file."""

    rows: list[PostcodeRow]
    elsewhere_count: int
    ended_count: int


def normalised_postcode(typed: str) -> str:
    """What a person typed, as `ZA11AA`.

    Raises:
        ValueError: no postcode is written like this.
    """
    joined = "".join(typed.split()).upper()
    if not re.fullmatch(WRITTEN, f"{joined[:-INWARD_LETTERS]} {joined[-INWARD_LETTERS:]}"):
        raise ValueError(f"{typed!r:.20} is not a postcode like ZA1 1AA")
    return joined


def is_postcode(typed: str) -> bool:
    """True where what a person typed is written like a postcode, whether or not there is such a one."""
    try:
        normalised_postcode(typed)
    except ValueError:
        return False
    return True


def read_postcodes(raw: Iterable[bytes], small_areas: Container[str]) -> PostcodeDirectory:
    """Read a directory of the ONS as CSV; only the rows of `small_areas` are kept in memory.

    Args:
        raw: the file's lines in UTF-8, with a heading that has pcds, doterm and lsoa11 (or lsoa11cd) among others.
        small_areas: codes of the small areas of 2011 that matter here.

    Raises:
        TableError: with every problem found (the first thousand), named by line and column.
    """
    reader = csv.reader(_decoded(raw), strict=True)
    rows: list[PostcodeRow] = []
    first_seen: dict[str, int] = {}
    problems: list[Problem] = []
    counts = {"elsewhere": 0, "ended": 0}
    heading = heading_of(reader)
    area = next((name for name in SMALL_AREA_COLUMNS if name in heading), SMALL_AREA_COLUMNS[0])
    columns = (POSTCODE, ENDED, Column(area, code(r"[A-Z0-9]{8,9}", example="E01000019"), required=False))
    for line in _until_hopeless(
        lines_of(reader, heading, columns, problems=problems, most=ROWS_OF_A_DIRECTORY), problems
    ):
        if line["doterm"] is not None or line[area] not in small_areas:
            counts["elsewhere" if line["doterm"] is None else "ended"] += 1
            continue
        postcode = line["pcds"].replace(" ", "")
        if postcode in first_seen:
            problems.append(
                Problem(line.number, "pcds", f"{line['pcds']} stands in line {first_seen[postcode]} already")
            )
        first_seen.setdefault(postcode, line.number)
        rows.append(PostcodeRow(postcode, line[area]))
    if problems:
        raise TableError(problems)
    return PostcodeDirectory(rows, counts["elsewhere"], counts["ended"])


def _until_hopeless(lines: Iterable[Line], problems: list[Problem]) -> Iterator[Line]:
    """Stops where the file is wrong throughout."""
    for line in lines:
        yield line
        if len(problems) >= PROBLEMS_KEPT:
            return


def _decoded(raw: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(raw, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise TableError([Problem(number, "", "the file is not text in UTF-8")]) from None
