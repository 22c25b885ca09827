"""The shapes of the files that places come from: which columns, which values, and what must agree across rows."""

from collections.abc import Iterable, Sequence

from neighbourhoods.domain.tables import (
    Column,
    Line,
    Problem,
    TableError,
    code,
    codes,
    day,
    decimal,
    integer,
    names,
    read_table,
    text,
    yes_or_no,
)

WARD = code(r"E05[0-9]{6}", example="E05003131")
AUTHORITY = code(r"E0[6-9][0-9]{6}", example="E06000063")
COUNCIL = code(r"E(0[6-9]|1[0-3])[0-9]{6}", example="E07000026")
COUNTY = code(r"E1[0-3][0-9]{6}", example="E10000006")
REGION = code(r"E12[0-9]{6}", example="E12000002")
CONSTITUENCY = r"[EWSN]1[0-9]{7}|[NS][0-9]{8}|W0[0-9]{7}"
CONSTITUENCY_2024 = code(CONSTITUENCY, example="E14001583")
LSOA = code(r"E01[0-9]{6}", example="E01000019")
MOST_RESIDENTS = 100_000
LSOA_COUNT_IN_ENGLAND = 32_844
WARD_COUNT_RANKED = 7_433
SHARE_TOLERANCE = 0.01  # the publisher leaves out overlaps under half a per cent and rounds to three decimals

NEIGHBOURHOODS = (
    Column("ward_code", WARD),
    Column("ward_name", text()),
    Column("lad17_code", AUTHORITY),
    Column("lad17_name", text()),
    Column("county17_code", COUNTY, required=False),
    Column("county17_name", text(), required=False),
    Column("region_code", REGION),
    Column("region_name", text()),
    Column("lad24_code", AUTHORITY),
    Column("lad24_name", text()),
    Column("pcon17_codes", codes(CONSTITUENCY, example="E14001053")),
    Column("pcon17_names", names),
    Column("population_mid2019_bestfit", integer(1, MOST_RESIDENTS)),
    Column("imd2019_avg_score_popw", decimal(0, 100, places=3)),
    Column("imd2019_ward_rank_of_7433_derived", integer(1, WARD_COUNT_RANKED)),
    Column("imd2019_pct_pop_in_decile1", decimal(0, 100, places=1)),
    Column("lsoa11_count", integer(1, 200)),
    Column("ward_code_live_2021", yes_or_no),
    Column("ward_code_live_2024", yes_or_no),
)
AUTHORITY_CHANGES = (Column("code", COUNCIL), Column("last_day", day), Column("order", text(200)))
CONSTITUENCIES = (
    Column("wd17cd", WARD),
    Column("pcon24cd", CONSTITUENCY_2024),
    Column("pcon24nm", text()),
    Column("pop_mid2019", integer(1, MOST_RESIDENTS)),
    Column("share", decimal(0, 1, places=3)),
)
MEMBERS = (
    Column("pcon24_code", CONSTITUENCY_2024),
    Column("pcon24_name", text()),
    Column("mp_name", text()),
    Column("parliament_member_id", integer(1, 10_000_000)),
    Column("first_elected", day),
    Column("party", text(12)),
    Column("party_name", text(80)),
    Column("ge2024_winner", text()),
    Column("ge2024_majority", integer(0, 100_000)),
    Column("ge2024_electorate", integer(1, 200_000)),
)
DEPRIVATION = (
    Column("LSOA11CD", LSOA),
    Column("LSOA11NM", text()),
    Column("WD17CD", WARD),
    Column("pop_mid2019", integer(1, MOST_RESIDENTS)),
    Column("IMD_rank", integer(1, LSOA_COUNT_IN_ENGLAND)),
    Column("IMD_decile", integer(1, 10)),
    Column("imd2019_score", decimal(0, 100, places=3)),
)
COMMUNITY_NEEDS = (Column("ward_code", WARD), Column("score", decimal(-1000, 1000, places=6)))


def read_neighbourhoods(content: bytes) -> list[Line]:
    """One row per place of the target list. Source: Local Trust/OCSI list, ONS lookups, LSOA best fit.

    Raises:
        TableError: a bad cell, a place twice, a code with two names, or as many names as codes missing.
    """
    lines = read_table(content, NEIGHBOURHOODS, unique=("ward_code",))
    problems = _name_conflicts(lines, ("lad17_code", "lad17_name"), ("lad24_code", "lad24_name"))
    problems += _name_conflicts(lines, ("region_code", "region_name"), ("county17_code", "county17_name"))
    for line in lines:
        if len(line["pcon17_codes"]) != len(line["pcon17_names"]):
            problems.append(Problem(line.number, "pcon17_names", "must name as many constituencies as pcon17_codes"))
        if (line["county17_code"] is None) != (line["county17_name"] is None):
            problems.append(Problem(line.number, "county17_name", "a county needs both its code and its name"))
    return _refuse_problems(lines, problems)


def read_authority_changes(content: bytes) -> list[Line]:
    """One row per council or county of 2017 that is no more, with its last day."""
    return read_table(content, AUTHORITY_CHANGES, unique=("code",))


def read_constituencies(content: bytes) -> list[Line]:
    """One row per place and 2024 constituency it lies in, with the share of its residents.

    Raises:
        TableError: a bad cell, a pair twice, a code with two names, or a place whose shares do not add up to one.
    """
    lines = read_table(content, CONSTITUENCIES, unique=("wd17cd", "pcon24cd"))
    problems = _name_conflicts(lines, ("pcon24cd", "pcon24nm"))
    problems += _above_zero(lines, "share")
    by_ward: dict[str, list[Line]] = {}
    for line in lines:
        by_ward.setdefault(line["wd17cd"], []).append(line)
    for ward, parts in by_ward.items():
        total = sum(part["share"] for part in parts)
        if abs(float(total) - 1) > SHARE_TOLERANCE:
            problems.append(Problem(parts[-1].number, "share", f"the shares of {ward} add up to {total}, not to 1"))
    return _refuse_problems(lines, problems)


def read_members(content: bytes) -> list[Line]:
    """One row per constituency: its MP and the result of 4 July 2024. Source: Parliament's Members API.

    Raises:
        TableError: a bad cell, a constituency twice, or one person in two seats.
    """
    lines = read_table(content, MEMBERS, unique=("pcon24_code",))
    seats: dict[int, int] = {}
    problems = []
    for line in lines:
        member = line["parliament_member_id"]
        if member in seats:
            problems.append(
                Problem(line.number, "parliament_member_id", f"{member} already has the seat in line {seats[member]}")
            )
        seats.setdefault(member, line.number)
    return _refuse_problems(lines, problems)


def read_deprivation(content: bytes) -> list[Line]:
    """One row per 2011 LSOA of the places. Source: MHCLG, Index of Multiple Deprivation 2019, OGL v3."""
    return read_table(content, DEPRIVATION, unique=("LSOA11CD",))


def read_community_needs(content: bytes) -> list[Line]:
    """One row per place: its Community Needs Index score, higher = greater need. Source: OCSI, by import."""
    return read_table(content, COMMUNITY_NEEDS, unique=("ward_code",))


def unknown_places(lines: Iterable[Line], column: str, known: Iterable[str]) -> list[Problem]:
    """Rows that name a place nobody knows."""
    codes_known = set(known)
    return [
        Problem(line.number, column, f"{line[column]} is not one of the places")
        for line in lines
        if line[column] not in codes_known
    ]


def missing_places(lines: Iterable[Line], column: str, known: Iterable[str]) -> list[Problem]:
    """Places that should stand in the file and do not; told at line 1, where the heading is."""
    found = {line[column] for line in lines}
    return [Problem(1, column, f"{ward} is missing from the file") for ward in sorted(set(known) - found)]


def _name_conflicts(lines: Sequence[Line], *pairs: tuple[str, str]) -> list[Problem]:
    """Codes that come with two different names."""
    problems = []
    for code_column, name_column in pairs:
        named: dict[str, str] = {}
        for line in lines:
            name = line[name_column]
            first = named.setdefault(line[code_column], name)
            if name != first:
                message = f"{line[code_column]} is called {first!r} further up and {name!r} here"
                problems.append(Problem(line.number, name_column, message))
    return problems


def _above_zero(lines: Iterable[Line], column: str) -> list[Problem]:
    return [Problem(line.number, column, "must be above 0") for line in lines if not line[column]]


def _refuse_problems(lines: list[Line], problems: list[Problem]) -> list[Line]:
    if problems:
        raise TableError(sorted(problems, key=lambda problem: problem.line))
    return lines
