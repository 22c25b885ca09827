"""The `.pb` format of pabulib.org: read an election, write one.

Source: Pabulib format (Faliszewski et al., "Participatory Budgeting: Data, Tools and Analysis", 2023): a text file of
three sections, META, PROJECTS and VOTES, each with a header row and `;` between fields. Votes that only name projects
(approval, choose-1), that rank them (ordinal) and that give them points (cumulative, scoring) can be read.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from panels.domain.election import Ballots, Choice, Election, borda

SECTIONS = ("META", "PROJECTS", "VOTES")
NAMING, RANKING, GIVING_POINTS = {"approval", "choose-1"}, {"ordinal"}, {"cumulative", "scoring"}
MOST_BYTES = 200_000_000
MOST_DECIMALS = 6
MOST_POINTS = 1_000_000
SHOWN = 40  # characters of a wrong value that a sentence repeats
NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]*)?([eE][+-]?[0-9]+)?", re.ASCII)
# Our own keys: the way of counting; by how much Add1 raises a share, where that is not one unit of currency; projects
# of which at most one is funded; the smallest part of a cost that is of use.
COUNTING, STEP, GROUP, LEAST = "counting", "add1_step", "exclusive_group", "smallest_part"
NEEDED = "min_project_score_threshold"


class PabulibError(ValueError):
    """The file cannot be counted; the sentence names the line and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    fields: list[str]


Sections = dict[str, list[Line]]
Row = tuple[int, dict[str, str]]


@dataclass(frozen=True)
class Meta:
    """The keys of META, each with the line it stands on."""

    lines: dict[str, tuple[int, str]]

    def get(self, key: str) -> str:
        return self.lines.get(key, (0, ""))[1]

    def where(self, key: str) -> str:
        return f"line {self.lines[key][0]}: {key}"


@dataclass(frozen=True)
class File:
    """One election, and how many votes (or points) its file asks of every project; 0 where it asks for none.

    Only a file that we wrote asks. Other files name a threshold of one way of counting, and their published results by
    others do without it: whoever counts them says so.
    """

    election: Election
    at_least: int = 0


def read(content: bytes) -> Election:
    """Reads one election; see `read_file`."""
    return read_file(content).election


def read_file(content: bytes) -> File:
    """Reads one election with what its file asks of every project.

    Raises:
        PabulibError: the content is not UTF-8 text or too much, a section or column is missing, a value is of the wrong
            type or out of range, an id occurs twice, or a vote names an unknown project.
    """
    sections = _sections(_text(content))
    meta = _meta(sections["META"])
    kind = (meta.get("vote_type") or "approval").lower()
    if kind not in NAMING | RANKING | GIVING_POINTS:
        raise PabulibError(f"{meta.where('vote_type')} is {_shown(kind)}; votes of this type cannot be counted here")
    projects = _rows(sections, "PROJECTS", "project_id", "cost")
    votes = _rows(
        sections, "VOTES", *(("voter_id", "vote", "points") if kind in GIVING_POINTS else ("voter_id", "vote"))
    )
    _check_total(meta, "num_projects", len(projects))
    _check_total(meta, "num_votes", len(votes))
    if not meta.get("budget"):
        raise PabulibError("the budget is missing from META")
    budget = _amount(meta.get("budget"), meta.where("budget"))
    step = _amount(meta.get(STEP), meta.where(STEP)) if meta.get(STEP) else Decimal(0)
    costs = [_amount(row["cost"], f"line {number}: the cost") for number, row in projects]
    parts = [_amount(row.get(LEAST) or "0", f"line {number}: {LEAST}") for number, row in projects]
    unit = 10 ** max(_decimals(amount) for amount in (budget, step, *costs, *parts))
    choices = tuple(
        Choice(row["project_id"], int(cost * unit), row.get("name", ""), row.get(GROUP, ""), int(part * unit))
        for (_, row), cost, part in zip(projects, costs, parts, strict=True)
    )
    places = {choice.id: place for place, choice in enumerate(choices)}
    named = [list(_named(number, row["vote"], places)) for number, row in votes]
    most_ranks = _most_ranks(votes, named, meta) if kind in RANKING else 0
    ballots, points = _ballots(votes, named, kind, most_ranks=most_ranks)
    election = Election(int(budget * unit), choices, ballots, unit, int(step * unit), points, most_ranks)
    return File(election, _whole_number(meta, NEEDED) if meta.get(COUNTING) and meta.get(NEEDED) else 0)


def write(election: Election, meta: dict[str, str]) -> str:
    """The election as `.pb` text; `meta` gives the keys beyond budget, numbers and type."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\n")
    known = {
        "num_projects": str(len(election.projects)),
        "num_votes": str(len(election.ballots)),
        "budget": _major(election.budget, election.unit),
        "vote_type": _vote_type(election),
    }
    if election.most_ranks:
        known["max_length"] = str(election.most_ranks)
    if election.step:
        known[STEP] = _major(election.step, election.unit)
    said = ((key, " ".join(value.split())) for key, value in (meta | known).items())  # one line for one key
    table.writerows([["META"], ["key", "value"], *said, ["PROJECTS"]])
    has_options = any(project.group or project.least for project in election.projects)
    table.writerow(["project_id", "cost", "votes", "name", *((GROUP, LEAST) if has_options else ())])
    for project, votes in zip(election.projects, election.votes, strict=True):
        options = (project.group, _major(project.least, election.unit)) if has_options else ()
        name = " ".join(project.name.split())  # one line for one project, whatever it is called
        table.writerow([project.id, _major(project.cost, election.unit), votes, name, *options])
    has_points = bool(election.points) and not election.most_ranks
    table.writerows([["VOTES"], ["voter_id", "vote", *(("points",) if has_points else ())]])
    for number, ballot in enumerate(election.ballots, start=1):
        given = election.points[number - 1] if election.points else ()
        if election.most_ranks:
            ballot = tuple(place for _, place in sorted(zip(given, ballot, strict=True), reverse=True))
        points = [",".join(map(str, given))] if has_points else []
        table.writerow([number, ",".join(election.projects[place].id for place in ballot), *points])
    return out.getvalue()


def _vote_type(election: Election) -> str:
    if election.most_ranks:
        return "ordinal"
    return "cumulative" if election.points else "approval"


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise PabulibError(f"the file has {len(content):,} bytes or more; at most {MOST_BYTES:,} are read")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise PabulibError("line 1: the file is saved as UTF-16; save it again as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = content[error.start]
        raise PabulibError(f"line {line}: byte {wrong:#04x} is not UTF-8 text; save the file again as UTF-8") from error
    if (at := text.find("\0")) >= 0:
        line = text.count("\n", 0, at) + 1
        raise PabulibError(f"line {line}: there is a NUL character; this is not a text file")
    return text


def _sections(text: str) -> Sections:
    found: Sections = {}
    current: list[Line] | None = None
    # Only \n ends a line: other separators of Unicode occur inside names.
    for number, raw in enumerate(_lines(text.replace("\r\n", "\n").replace("\r", "\n")), start=1):
        line = raw.strip()
        heading = line.rstrip(";").strip().upper()
        if heading in SECTIONS:
            if heading in found:
                raise PabulibError(f"line {number}: section {heading} occurs twice")
            current = found.setdefault(heading, [])
        elif line and current is None:
            raise PabulibError(f"line {number}: the file must begin with META")
        elif line and current is not None:
            current.append(Line(number, _fields(line)))
    for name in SECTIONS:
        if not found.get(name):
            raise PabulibError(f"section {name} is missing or empty")
    return found


def _lines(text: str) -> Iterator[str]:
    """One after another: a file may have a hundred thousand, and needs not be held twice."""
    begins = 0
    while (ends := text.find("\n", begins)) >= 0:
        yield text[begins:ends]
        begins = ends + 1
    yield text[begins:]


def _fields(line: str) -> list[str]:
    """Splits at `;`, honouring quotes where they pair and taking them as plain characters where they do not."""
    fields = line.split(";")
    if '"' in line:
        try:
            fields = next(csv.reader([line], delimiter=";", strict=True))
        except csv.Error:
            pass  # a quote inside a name
    return [value.strip() for value in fields]


def _meta(lines: list[Line]) -> Meta:
    return Meta({line.fields[0].lower(): (line.number, line.fields[1]) for line in lines[1:] if len(line.fields) > 1})


def _rows(sections: Sections, section: str, *columns: str) -> list[Row]:
    header, *lines = sections.pop(section)
    names = [name.lower() for name in header.fields]
    for column in columns:
        if column not in names:
            raise PabulibError(f"line {header.number}: {section} has no column {column}")
    lines.reverse()
    rows: list[Row] = []
    while lines:  # what was read goes as its row comes
        line = lines.pop()
        rows.append((line.number, dict(zip(names, line.fields, strict=False))))
    _check_rows(rows, columns)
    return rows


def _check_rows(rows: list[Row], columns: tuple[str, ...]) -> None:
    seen: dict[str, int] = {}
    for number, row in rows:
        key = row.get(columns[0], "")
        if not key:
            raise PabulibError(f"line {number}: {columns[0]} is empty")
        if key in seen:
            raise PabulibError(f"line {number}: {columns[0]} {_shown(key)} was already used on line {seen[key]}")
        seen[key] = number
        for column in columns:
            if column not in row:
                raise PabulibError(f"line {number}: {column} is missing")


def _check_total(meta: Meta, key: str, found: int) -> None:
    said, what = meta.get(key), key.removeprefix("num_")
    if said and said != str(found):
        raise PabulibError(f"{meta.where(key)} is {_shown(said)}, but the file has {found} {what}; is it cut short?")


def _amount(text: str, what: str) -> Decimal:
    if not NUMBER.fullmatch(text):
        raise PabulibError(f"{what} is {_shown(text)}, which is not a number")
    try:
        amount = Decimal(text.replace(",", "."))
    except InvalidOperation:  # an exponent beyond all bounds
        raise PabulibError(f"{what} is {_shown(text)}, which is out of range") from None
    if amount < 0 or amount >= Decimal(10) ** 15:
        raise PabulibError(f"{what} is {_shown(text)}, which is out of range")
    if _decimals(amount) > MOST_DECIMALS:
        raise PabulibError(f"{what} is {_shown(text)}, which has more than {MOST_DECIMALS} decimals")
    return amount


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _ballots(rows: list[Row], named: list[list[int]], kind: str, *, most_ranks: int) -> tuple[Ballots, Ballots]:
    """Ballots, and beside them points where this kind of vote gives any."""
    if kind in RANKING:
        return borda(named, most_ranks)
    if kind in GIVING_POINTS:
        return _with_points(rows, named)
    for (number, _), ballot in zip(rows, named, strict=True):
        if kind == "choose-1" and len(ballot) > 1:
            raise PabulibError(f"line {number}: the vote names {len(ballot)} projects, but vote_type is choose-1")
    return tuple(tuple(sorted(ballot)) for ballot in named), ()


def _most_ranks(rows: list[Row], rankings: list[list[int]], meta: Meta) -> int:
    """How many may be ranked (`max_length`, else as many as the longest ballot ranks): so many points has the first."""
    most = max(map(len, rankings), default=0)
    if meta.get("max_length"):
        most = _whole_number(meta, "max_length")
        for (number, _), ranking in zip(rows, rankings, strict=True):
            if len(ranking) > most:
                raise PabulibError(f"line {number}: the vote ranks {len(ranking)} projects; max_length is {most}")
    return most


def _whole_number(meta: Meta, key: str) -> int:
    said = meta.get(key)
    if not (said.isascii() and said.isdecimal()) or len(said) >= len(str(MOST_POINTS)):
        raise PabulibError(f"{meta.where(key)} is {_shown(said)}, which is no whole number in range")
    return int(said)


def _with_points(rows: list[Row], named: list[list[int]]) -> tuple[Ballots, Ballots]:
    ballots, points = [], []
    for (number, row), ballot in zip(rows, named, strict=True):
        given = [part.strip() for part in row["points"].split(",")] if row["points"] else []
        if len(given) != len(ballot):
            raise PabulibError(f"line {number}: the vote names {len(ballot)} projects and gives {len(given)} points")
        for part in given:
            if not (part.isascii() and part.isdecimal()) or len(part) > len(str(MOST_POINTS)):
                raise PabulibError(f"line {number}: the points are {_shown(part)}, which is no whole number in range")
        pairs = sorted(zip(ballot, map(int, given), strict=True))
        ballots.append(tuple(place for place, _ in pairs))
        points.append(tuple(number_of for _, number_of in pairs))
    return tuple(ballots), tuple(points)


def _named(number: int, vote: str, places: dict[str, int]) -> Iterator[int]:
    named: set[str] = set()
    for project in filter(None, (part.strip() for part in vote.split(","))):
        if project not in places:
            raise PabulibError(f"line {number}: the vote names {_shown(project)}, which is not among the projects")
        if project in named:
            raise PabulibError(f"line {number}: the vote names {_shown(project)} twice")
        named.add(project)
        yield places[project]


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")


def _major(amount: int, unit: int) -> str:
    return str(Decimal(amount) / unit) if unit > 1 else str(amount)
