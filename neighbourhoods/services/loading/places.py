"""Loading the places, their councils, counties and regions, and both generations of constituencies."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from cwf_portal.core.audit import Actor, acting
from cwf_portal.core.errors import ConflictError
from neighbourhoods.domain.place_files import missing_places, unknown_places
from neighbourhoods.domain.tables import Line, TableError
from neighbourhoods.models import Area, AreaKind, AreaShare, Neighbourhood, TargetList, TargetListEntry
from neighbourhoods.services.loading.changes import Changes, sync_rows

ENGLAND = ("E92000001", "England")
# General elections: the first on the old boundaries and the first on the new ones.
ELECTION_2010 = date(2010, 5, 6)
ELECTION_2024 = date(2024, 7, 4)
LAST_DAY_OF_2010_BOUNDARIES = date(2024, 7, 3)
LIST_SOURCE = "Local Trust and OCSI, as published in the humaniverse/IMD repository"

AreaKey = tuple[str, str]


def load_neighbourhoods(*, by: Actor, lines: Sequence[Line], abolished: Sequence[Line], year: int) -> list[Changes]:
    """Load the places of one target list with the areas around them.

    Args:
        by: who loads.
        lines: from `read_neighbourhoods`.
        abolished: from `read_authority_changes`: councils and counties that ended, with their last day.
        year: the list's year. A list that is loaded already must hold the same places.

    Raises:
        ConflictError: the list of that year is published with other places.
    """
    with acting(by, f"loaded the places of {year}"):
        _refuse_other_membership(lines, year)
        last_days = {line["code"]: line["last_day"] for line in abolished}
        changes = [sync_rows(Area.objects.all(), _areas(lines, last_days), key=("kind", "code"))]
        areas = area_keys()
        changes.append(sync_rows(Neighbourhood.objects.all(), _neighbourhoods(lines, areas), key=("code",)))
        places = dict(Neighbourhood.objects.values_list("code", "pk"))
        ours = [places[line["ward_code"]] for line in lines]
        held = AreaShare.objects.filter(neighbourhood__in=ours).exclude(area__kind=AreaKind.CONSTITUENCY_2024)
        shares = [share for line in lines for share in _shares(line, places, areas)]
        changes.append(sync_rows(held, shares, key=("neighbourhood_id", "area_id"), remove=True))
        changes += _sync_list(ours, year)
        return changes


def load_constituencies(*, by: Actor, lines: Sequence[Line]) -> list[Changes]:
    """Load in which 2024 constituencies the places lie, and with how many residents.

    Raises:
        TableError: a row of an unknown place, or a place without a row.
    """
    with acting(by, "loaded constituencies"):
        places = dict(Neighbourhood.objects.values_list("code", "pk"))
        problems = unknown_places(lines, "wd17cd", places) + missing_places(lines, "wd17cd", places)
        if problems:
            raise TableError(problems)
        names = {line["pcon24cd"]: line["pcon24nm"] for line in lines}
        changes = [sync_constituencies(names)]
        areas = area_keys()
        shares = [
            {
                "neighbourhood_id": places[line["wd17cd"]],
                "area_id": areas[AreaKind.CONSTITUENCY_2024, line["pcon24cd"]],
                "share": line["share"],
                "residents_count": line["pop_mid2019"],
            }
            for line in lines
        ]
        held = AreaShare.objects.filter(area__kind=AreaKind.CONSTITUENCY_2024)
        changes.append(sync_rows(held, shares, key=("neighbourhood_id", "area_id"), remove=True))
        return changes


def sync_constituencies(names: Mapping[str, str]) -> Changes:
    """Add or rename 2024 constituencies, by code."""
    wanted = [_area(AreaKind.CONSTITUENCY_2024, code, name, valid_from=ELECTION_2024) for code, name in names.items()]
    return sync_rows(Area.objects.of_kind(AreaKind.CONSTITUENCY_2024), wanted, key=("kind", "code"))


def area_keys() -> dict[AreaKey, int]:
    """Every area's primary key by kind and code."""
    return {(kind, code): pk for kind, code, pk in Area.objects.values_list("kind", "code", "pk")}


def _refuse_other_membership(lines: Sequence[Line], year: int) -> None:
    published = set(
        TargetListEntry.objects.filter(target_list__year=year).values_list("neighbourhood__code", flat=True)
    )
    sent = {line["ward_code"] for line in lines}
    if published and published != sent:
        odd = ", ".join(sorted(published ^ sent)[:5])
        raise ConflictError(
            f"The list of {year} is published with other places ({odd}).",
            mend="A published list never changes: load a new list under its own year.",
        )


def _area(
    kind: AreaKind, code: str, name: str, *, valid_from: date | None = None, valid_to: date | None = None
) -> dict[str, Any]:
    return {"kind": kind, "code": code, "name": name, "valid_from": valid_from, "valid_to": valid_to}


def _areas(lines: Iterable[Line], last_days: Mapping[str, date]) -> list[dict[str, Any]]:
    """Every area that the rows name, once. Where a council kept its code, its name of 2024 stands."""
    found: dict[AreaKey, dict[str, Any]] = {}

    def note(area: dict[str, Any]) -> None:
        found[area["kind"], area["code"]] = area

    note(_area(AreaKind.COUNTRY, *ENGLAND))
    for line in lines:
        note(_area(AreaKind.NEIGHBOURHOOD, line["ward_code"], line["ward_name"]))
        note(_area(AreaKind.REGION, line["region_code"], line["region_name"]))
        if line["county17_code"]:
            ended = last_days.get(line["county17_code"])
            note(_area(AreaKind.COUNTY, line["county17_code"], line["county17_name"], valid_to=ended))
        for code, name in zip(line["pcon17_codes"], line["pcon17_names"], strict=True):
            span = {"valid_from": ELECTION_2010, "valid_to": LAST_DAY_OF_2010_BOUNDARIES}
            note(_area(AreaKind.CONSTITUENCY_2010, code, name, **span))
        note(
            _area(
                AreaKind.AUTHORITY, line["lad17_code"], line["lad17_name"], valid_to=last_days.get(line["lad17_code"])
            )
        )
    for line in lines:
        note(_area(AreaKind.AUTHORITY, line["lad24_code"], line["lad24_name"]))
    return list(found.values())


def _neighbourhoods(lines: Iterable[Line], areas: Mapping[AreaKey, int]) -> list[dict[str, Any]]:
    return [
        {
            "code": line["ward_code"],
            "name": line["ward_name"],
            "label": f"{line['ward_name']} ({line['lad24_name']})",
            "area_id": areas[AreaKind.NEIGHBOURHOOD, line["ward_code"]],
            "authority_2017_id": areas[AreaKind.AUTHORITY, line["lad17_code"]],
            "authority_id": areas[AreaKind.AUTHORITY, line["lad24_code"]],
            "county_id": areas[AreaKind.COUNTY, line["county17_code"]] if line["county17_code"] else None,
            "region_id": areas[AreaKind.REGION, line["region_code"]],
            "population": line["population_mid2019_bestfit"],
            "imd_score": line["imd2019_avg_score_popw"],
            "imd_rank": line["imd2019_ward_rank_of_7433_derived"],
            "most_deprived_pct": line["imd2019_pct_pop_in_decile1"],
            "lsoa_count": line["lsoa11_count"],
            "is_code_live_2021": line["ward_code_live_2021"],
            "is_code_live_2024": line["ward_code_live_2024"],
        }
        for line in lines
    ]


def _shares(line: Line, places: Mapping[str, int], areas: Mapping[AreaKey, int]) -> list[dict[str, Any]]:
    """A place in each area around it, itself included.

    For a place across several 2010 constituencies the source does not say with which share: it stays unknown.
    """
    whole = {
        (AreaKind.NEIGHBOURHOOD, line["ward_code"]),
        (AreaKind.AUTHORITY, line["lad17_code"]),
        (AreaKind.AUTHORITY, line["lad24_code"]),
        (AreaKind.REGION, line["region_code"]),
        (AreaKind.COUNTRY, ENGLAND[0]),
    }
    if line["county17_code"]:
        whole.add((AreaKind.COUNTY, line["county17_code"]))
    old = [(AreaKind.CONSTITUENCY_2010, code) for code in line["pcon17_codes"]]
    known = whole | set(old) if len(old) == 1 else whole
    residents = line["population_mid2019_bestfit"]
    return [
        {
            "neighbourhood_id": places[line["ward_code"]],
            "area_id": areas[key],
            "share": 1 if key in known else None,
            "residents_count": residents if key in known else None,
        }
        for key in sorted({*whole, *old})
    ]


def _sync_list(places: Sequence[int], year: int) -> list[Changes]:
    row = {"year": year, "name": f"The list of {year}", "source": LIST_SOURCE}
    lists = sync_rows(TargetList.objects.filter(year=year), [row], key=("year",))
    target = TargetList.objects.get(year=year)
    entries = [{"target_list_id": target.pk, "neighbourhood_id": place} for place in places]
    held = TargetListEntry.objects.filter(target_list=target)
    return [lists, sync_rows(held, entries, key=("target_list_id", "neighbourhood_id"))]
