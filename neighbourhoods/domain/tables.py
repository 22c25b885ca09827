"""Reading a table that somebody sends: every problem is named by line and column, and one problem refuses the file."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

Parser = Callable[[str], Any]
PROBLEMS_SHOWN = 20
MOST_ROWS = 100_000
MOST_BYTES = 20_000_000
NAME = re.compile(r"[^\W_][^\W_]*(?:[ .,'’()&/!-]+[^\W_]+)*[.)!']?")


@dataclass(frozen=True)
class Problem:
    """What is wrong in one place of a file; `line` as an editor counts, `column` by its heading."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"
        return f"{where}: {self.message}"


class TableError(ValueError):
    """A table that cannot be used. `problems` holds them all; the text shows the first twenty."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        shown = [str(problem) for problem in problems[:PROBLEMS_SHOWN]]
        if len(problems) > PROBLEMS_SHOWN:
            shown.append(f"and {len(problems) - PROBLEMS_SHOWN} more problems")
        super().__init__("\n".join(shown))


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, how a cell is read, and whether the cell may be empty (then None)."""

    name: str
    parse: Parser
    required: bool = True


@dataclass(frozen=True)
class Line:
    """One row: its line number in the file, and its cells by column name."""

    number: int
    cells: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.cells[name]


def text(most: int = 120) -> Parser:
    """A name: letters, digits and plain punctuation, at most `most` characters, nothing a spreadsheet would run."""

    def parse(cell: str) -> str:
        if len(cell) > most:
            raise ValueError(f"longer than {most} characters")
        if not NAME.fullmatch(cell):
            raise ValueError(f"{cell!r:.60} holds characters that no name has")
        return cell

    return parse


def code(pattern: str, *, example: str) -> Parser:
    """A code that matches the whole pattern."""
    compiled = re.compile(pattern)

    def parse(cell: str) -> str:
        if not compiled.fullmatch(cell):
            raise ValueError(f"{cell!r:.40} is not a code like {example}")
        return cell

    return parse


def codes(pattern: str, *, example: str) -> Parser:
    """Codes separated by a bar, each matching the whole pattern, none twice."""
    parse_one = code(pattern, example=example)

    def parse(cell: str) -> tuple[str, ...]:
        found = tuple(parse_one(part) for part in cell.split("|"))
        if len(set(found)) < len(found):
            raise ValueError(f"{cell!r:.60} names a code twice")
        return found

    return parse


def names(cell: str) -> tuple[str, ...]:
    """Names separated by a bar."""
    parse_one = text()
    return tuple(parse_one(part) for part in cell.split("|"))


def integer(least: int, most: int) -> Parser:
    """A whole number within bounds; "3.0" is one too, as some publishers write it."""

    def parse(cell: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,12}(\.0+)?", cell):
            raise ValueError(f"{cell!r:.40} is not a whole number")
        number = int(cell.split(".")[0])
        if not least <= number <= most:
            raise ValueError(f"{number} is not between {least} and {most}")
        return number

    return parse


def decimal(least: int, most: int, *, places: int) -> Parser:
    """A number within bounds with at most `places` decimals."""

    def parse(cell: str) -> Decimal:
        try:
            number = Decimal(cell) if re.fullmatch(r"-?[0-9.]{1,20}", cell) else None
        except InvalidOperation:
            number = None
        if number is None:
            raise ValueError(f"{cell!r:.40} is not a number")
        if not least <= number <= most:
            raise ValueError(f"{cell} is not between {least} and {most}")
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > places:
            raise ValueError(f"{cell} has more than {places} decimals")
        return number

    return parse


def yes_or_no(cell: str) -> bool:
    """True or False, as the files write it."""
    try:
        return {"true": True, "false": False}[cell.lower()]
    except KeyError:
        raise ValueError(f"{cell!r:.40} is neither True nor False") from None


def day(cell: str) -> date:
    """A date, year first; a time of midnight after it is ignored."""
    try:
        return date.fromisoformat(cell.removesuffix("T00:00:00"))
    except ValueError:
        raise ValueError(f"{cell!r:.40} is not a date like 2024-07-04") from None


def read_table(content: bytes, columns: Sequence[Column], *, unique: Sequence[str]) -> list[Line]:
    """Read a CSV file with a heading line (UTF-8, with or without a byte order mark; further columns are ignored).

    Args:
        unique: the columns that together may not repeat.

    Raises:
        TableError: with every problem found, named by line and column.
    """
    reader = _open(content)
    problems: list[Problem] = []
    lines: list[Line] = []
    first_seen: dict[tuple[Any, ...], int] = {}
    for line in lines_of(reader, heading_of(reader), columns, problems=problems, most=MOST_ROWS):
        key = tuple(line[name] for name in unique)
        if key in first_seen:
            shown = ", ".join(str(part) for part in key)
            problems.append(Problem(line.number, unique[0], f"{shown} stands in line {first_seen[key]} already"))
        first_seen.setdefault(key, line.number)
        lines.append(line)
    if problems:
        raise TableError(problems)
    if not lines:
        raise TableError([Problem(2, "", "the file has a heading and nothing under it")])
    return lines


def _open(content: bytes) -> Any:
    if len(content) > MOST_BYTES:
        raise TableError([Problem(1, "", f"the file is larger than {MOST_BYTES // 1_000_000} megabytes")])
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TableError([Problem(line, "", "the file is not text in UTF-8")]) from None
    if "\x00" in decoded:
        line = decoded.count("\n", 0, decoded.index("\x00")) + 1
        raise TableError([Problem(line, "", "holds a NUL character: this is not a CSV file")])
    return csv.reader(io.StringIO(decoded, newline=""), strict=True)


def heading_of(reader: Any) -> list[str]:
    """The heading of a table.

    Raises:
        TableError: the file is empty or is no CSV.
    """
    try:
        heading: list[str] = next(reader, [])
    except csv.Error as error:
        raise TableError([Problem(1, "", f"cannot be read as CSV: {error}")]) from None
    if not any(heading):
        raise TableError([Problem(1, "", "the file is empty")])
    return heading


def lines_of(
    reader: Any, heading: Sequence[str], columns: Sequence[Column], *, problems: list[Problem], most: int
) -> Iterator[Line]:
    """Read row by row; rows that cannot be used are left out and their problems added to `problems`.

    Raises:
        TableError: a column is missing or stands twice, or the file has more than `most` rows or is no CSV.
    """
    places = _places_of(heading, columns)
    for number, cells in _rows(reader, most):
        if len(cells) != len(heading):
            problems.append(Problem(number, "", f"has {len(cells)} cells where the heading has {len(heading)}"))
            continue
        line = _read_line(number, {name: cells[place] for name, place in places.items()}, columns, problems=problems)
        if line is not None:
            yield line


def _places_of(heading: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    problems = [Problem(1, column.name, "this column is missing") for column in columns if column.name not in heading]
    wanted = sorted(column.name for column in columns)
    problems += [Problem(1, name, "this column stands twice") for name in wanted if heading.count(name) > 1]
    if problems:
        raise TableError(problems)
    return {name: heading.index(name) for name in wanted}


def _rows(reader: Any, most: int) -> Any:
    """Rows that are not blank, with the line on which each ends."""
    count = 0
    try:
        for cells in reader:
            if not any(cells):
                continue
            count += 1
            if count > most:
                raise TableError([Problem(reader.line_num, "", f"more than {most} rows")])
            yield reader.line_num, cells
    except csv.Error as error:
        raise TableError([Problem(reader.line_num, "", f"cannot be read as CSV: {error}")]) from None


def _read_line(
    number: int, cells: Mapping[str, str], columns: Sequence[Column], *, problems: list[Problem]
) -> Line | None:
    values: dict[str, Any] = {}
    before = len(problems)
    for column in columns:
        cell = cells[column.name].strip()
        if not cell:
            values[column.name] = None
            if column.required:
                problems.append(Problem(number, column.name, "is empty"))
            continue
        try:
            values[column.name] = column.parse(cell)
        except ValueError as error:
            problems.append(Problem(number, column.name, str(error)))
    return Line(number, values) if len(problems) == before else None
