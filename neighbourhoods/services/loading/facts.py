"""Loading what is known about the places: deprivation, outlines, and the Community Needs Index."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from cwf_portal.core.audit import Actor, acting
from neighbourhoods.domain.outlines import Outline as OutlineFeature
from neighbourhoods.domain.outlines import OutlineError
from neighbourhoods.domain.place_files import missing_places, unknown_places
from neighbourhoods.domain.tables import Line, Problem, TableError
from neighbourhoods.models import CommunityNeedsScore, Neighbourhood, Outline, SmallAreaDeprivation
from neighbourhoods.services.loading.changes import Changes, sync_rows


def load_deprivation(*, by: Actor, lines: Sequence[Line]) -> list[Changes]:
    """Load the Index of Multiple Deprivation of the places' small areas.

    Raises:
        TableError: an unknown place, a place without small areas, or residents that do not add up to the place's.
    """
    with acting(by, "loaded deprivation"):
        places = {place.code: place for place in Neighbourhood.objects.all()}
        problems = unknown_places(lines, "WD17CD", places) + missing_places(lines, "WD17CD", places)
        if not problems:
            problems = _population_problems(lines, places)
        if problems:
            raise TableError(problems)
        wanted = [
            {
                "code": line["LSOA11CD"],
                "name": line["LSOA11NM"],
                "neighbourhood_id": places[line["WD17CD"]].pk,
                "population": line["pop_mid2019"],
                "imd_rank": line["IMD_rank"],
                "imd_decile": line["IMD_decile"],
                "imd_score": line["imd2019_score"],
            }
            for line in lines
        ]
        return [sync_rows(SmallAreaDeprivation.objects.all(), wanted, key=("code",), remove=True)]


def load_outlines(*, by: Actor, features: Sequence[OutlineFeature]) -> list[Changes]:
    """Load the coarse outlines; every place must have one.

    Raises:
        OutlineError: an outline of an unknown place, or a place without one.
    """
    with acting(by, "loaded outlines"):
        places = dict(Neighbourhood.objects.values_list("code", "pk"))
        sent = {feature.code for feature in features}
        if unknown := sorted(sent - set(places)):
            raise OutlineError(f"{unknown[0]} is not one of the places.")
        if missing := sorted(set(places) - sent):
            raise OutlineError(f"{missing[0]} has no outline in the file.")
        wanted = [
            {
                "neighbourhood_id": places[feature.code],
                "geometry": feature.geometry,
                "longitude": Decimal(str(feature.longitude)),
                "latitude": Decimal(str(feature.latitude)),
                "source": feature.source,
            }
            for feature in features
        ]
        return [sync_rows(Outline.objects.all(), wanted, key=("neighbourhood_id",))]


def load_community_needs(*, by: Actor, lines: Sequence[Line], as_of: date) -> list[Changes]:
    """Replace the Community Needs Index by the file's scores. A place may be missing; then the index does not count.

    Raises:
        TableError: a score of an unknown place.
    """
    with acting(by, f"loaded the Community Needs Index as of {as_of}"):
        places = dict(Neighbourhood.objects.values_list("code", "pk"))
        if problems := unknown_places(lines, "ward_code", places):
            raise TableError(problems)
        wanted = [
            {"neighbourhood_id": places[line["ward_code"]], "score": line["score"], "as_of": as_of} for line in lines
        ]
        return [sync_rows(CommunityNeedsScore.objects.all(), wanted, key=("neighbourhood_id",), remove=True)]


def _population_problems(lines: Sequence[Line], places: dict[str, Neighbourhood]) -> list[Problem]:
    residents: dict[str, int] = defaultdict(int)
    last_line: dict[str, int] = {}
    for line in lines:
        residents[line["WD17CD"]] += line["pop_mid2019"]
        last_line[line["WD17CD"]] = line.number
    return [
        Problem(
            last_line[code],
            "pop_mid2019",
            f"the small areas of {code} have {residents[code]} residents, the place has {place.population}",
        )
        for code, place in places.items()
        if residents[code] != place.population
    ]
