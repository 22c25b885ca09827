"""The `.pb` format of pabulib.org: read an approval election, write one.

Source: Pabulib format (Faliszewski et al., "Participatory Budgeting: Data, Tools and Analysis", 2023): a text file of
three sections, META, PROJECTS and VOTES, each with a header row and `;` between fields.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from panels.domain.election import Choice, Election

SECTIONS = ("META", "PROJECTS", "VOTES")
COUNTABLE = {"approval", "choose-1"}
MOST_DECIMALS = 6
STEP = "add1_step"  # our own key: by how much Add1 raises a share, where that is not one unit of currency


class PabulibError(ValueError):
    """The file cannot be counted; the sentence names the line and what is wrong with it."""


@dataclass(frozen=True)
class Line:
    number: int
    fields: list[str]


Sections = dict[str, list[Line]]


def read(content: bytes) -> Election:
    """Reads one election.

    Raises:
        PabulibError: the content is not UTF-8 text, a section or column is missing, a value is of the wrong type or out
            of range, an id occurs twice, or a vote names an unknown project.
    """
    sections = _sections(_text(content))
    meta = _meta(sections["META"])
    kind = meta.get("vote_type", "approval").lower()
    if kind not in COUNTABLE:
        raise PabulibError(f"the votes are of type {kind!r}; only approval votes can be counted")
    projects = _rows(sections, "PROJECTS", "project_id", "cost")
    votes = _rows(sections, "VOTES", "voter_id", "vote")
    _check_total(meta.get("num_projects"), len(projects), "projects")
    _check_total(meta.get("num_votes"), len(votes), "votes")
    costs = [_amount(row["cost"], f"line {number}: the cost") for number, row in projects]
    budget = _amount(_required(meta, "budget"), "META: the budget")
    step = _amount(meta[STEP], f"META: {STEP}") if meta.get(STEP) else Decimal(0)
    unit = 10 ** max(_decimals(amount) for amount in (budget, step, *costs))
    choices = _choices(projects, [int(cost * unit) for cost in costs])
    return Election(int(budget * unit), choices, _ballots(votes, choices), unit, int(step * unit))


def write(election: Election, meta: dict[str, str]) -> str:
    """The election as `.pb` text; `meta` gives the keys beyond budget, numbers and type."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\n")
    known = {
        "num_projects": str(len(election.projects)),
        "num_votes": str(len(election.ballots)),
        "budget": _major(election.budget, election.unit),
        "vote_type": "approval",
    }
    if election.step:
        known[STEP] = _major(election.step, election.unit)
    table.writerows([["META"], ["key", "value"], *(meta | known).items()])
    table.writerows([["PROJECTS"], ["project_id", "cost", "votes", "name"]])
    for project, votes in zip(election.projects, election.votes, strict=True):
        table.writerow([project.id, _major(project.cost, election.unit), votes, project.name])
    table.writerows([["VOTES"], ["voter_id", "vote"]])
    for number, ballot in enumerate(election.ballots, start=1):
        table.writerow([number, ",".join(election.projects[place].id for place in ballot)])
    return out.getvalue()


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PabulibError(f"byte {error.start} is not UTF-8 text") from error
    if "\0" in text:
        raise PabulibError("the file holds a NUL character; it is not a text file")
    return text


def _sections(text: str) -> Sections:
    found: Sections = {}
    current: list[Line] | None = None
    # Only \n ends a line: other separators of Unicode occur inside names.
    for number, raw in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
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


def _fields(line: str) -> list[str]:
    """Splits at `;`, honouring quotes where they pair and taking them as plain characters where they do not."""
    try:
        fields = next(csv.reader([line], delimiter=";", strict=True))
    except csv.Error:
        fields = line.split(";")
    return [value.strip() for value in fields]


def _meta(lines: list[Line]) -> dict[str, str]:
    return {line.fields[0].lower(): line.fields[1] for line in lines[1:] if len(line.fields) > 1}


def _rows(sections: Sections, section: str, *columns: str) -> list[tuple[int, dict[str, str]]]:
    header, *lines = sections[section]
    names = [name.lower() for name in header.fields]
    for column in columns:
        if column not in names:
            raise PabulibError(f"line {header.number}: {section} has no column {column}")
    rows = [(line.number, dict(zip(names, line.fields, strict=False))) for line in lines]
    _check_rows(rows, columns)
    return rows


def _check_rows(rows: list[tuple[int, dict[str, str]]], columns: tuple[str, ...]) -> None:
    seen: dict[str, int] = {}
    for number, row in rows:
        key = row.get(columns[0], "")
        if not key:
            raise PabulibError(f"line {number}: {columns[0]} is empty")
        if key in seen:
            raise PabulibError(f"line {number}: {columns[0]} {key!r} was already used on line {seen[key]}")
        seen[key] = number
        for column in columns:
            if column not in row:
                raise PabulibError(f"line {number}: {column} is missing")


def _required(meta: dict[str, str], key: str) -> str:
    if not meta.get(key):
        raise PabulibError(f"META: {key} is missing")
    return meta[key]


def _check_total(said: str | None, found: int, what: str) -> None:
    if said is not None and said != str(found):
        raise PabulibError(f"META says that there are {said} {what}, but the file has {found} {what}; is it cut short?")


def _amount(text: str, what: str) -> Decimal:
    try:
        amount = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise PabulibError(f"{what} is {text!r}, which is not a number") from None
    if not amount.is_finite() or amount < 0 or amount >= Decimal(10) ** 15:
        raise PabulibError(f"{what} is {text!r}, which is out of range")
    if _decimals(amount) > MOST_DECIMALS:
        raise PabulibError(f"{what} is {text!r}, which has more than {MOST_DECIMALS} decimals")
    return amount


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _choices(rows: list[tuple[int, dict[str, str]]], costs: list[int]) -> tuple[Choice, ...]:
    pairs = zip(rows, costs, strict=True)
    return tuple(Choice(row["project_id"], cost, row.get("name", "")) for (_, row), cost in pairs)


def _ballots(rows: list[tuple[int, dict[str, str]]], choices: tuple[Choice, ...]) -> tuple[tuple[int, ...], ...]:
    places = {choice.id: place for place, choice in enumerate(choices)}
    return tuple(tuple(sorted(_named(number, row["vote"], places))) for number, row in rows)


def _named(number: int, vote: str, places: dict[str, int]) -> Iterator[int]:
    named: set[str] = set()
    for project in filter(None, (part.strip() for part in vote.split(","))):
        if project not in places:
            raise PabulibError(f"line {number}: the vote names {project!r}, which is not among the projects")
        if project in named:
            raise PabulibError(f"line {number}: the vote names {project!r} twice")
        named.add(project)
        yield places[project]


def _major(amount: int, unit: int) -> str:
    return str(Decimal(amount) / unit) if unit > 1 else str(amount)
