"""This room's own measures: who lives in the places and how deprived they are, and how each follows from its table."""

from collections.abc import Iterable
from datetime import date

from django.db.models import F, Q, Sum

from neighbourhoods.figures import ObservationRow, computes, declare_measure
from neighbourhoods.models import CommunityNeedsScore, Neighbourhood, SmallAreaDeprivation

POPULATION = "places.population"
IMD_SCORE = "places.imd_score"
MOST_DEPRIVED_PCT = "places.most_deprived_pct"
COMMUNITY_NEEDS = "places.community_needs"
PLACE_MEASURES = (POPULATION, IMD_SCORE, MOST_DEPRIVED_PCT, COMMUNITY_NEEDS)
# What grants publishes year by year: many periods, of which a page of single figures would show the last alone.
SENT_IN_YEAR, TO_COME_IN_YEAR = "grants.sent_in_year", "grants.to_come_in_year"
MONEY_BY_YEAR = (SENT_IN_YEAR, TO_COME_IN_YEAR)

MID_2019 = date(2019, 6, 30)
YEAR_2019 = (date(2019, 1, 1), date(2019, 12, 31))
THOUSANDTHS = 1_000  # IMD scores are published with three decimals
MILLIONTHS = 1_000_000

declare_measure(
    code=POPULATION,
    title="People who live here",
    definition="Residents in mid-2019, added up from the small areas (LSOAs) that fit the neighbourhood best.",
    unit="count",
    additive=True,
    source="ONS mid-2019 population estimates, with the Index of Multiple Deprivation 2019",
    licence="Open Government Licence v3.0",
    freshness="Mid-2019; replaced when the index is",
)
declare_measure(
    code=IMD_SCORE,
    title="Deprivation score (IMD 2019)",
    definition="Average score of the small areas, weighted by residents. A higher score means more deprived.",
    unit="score",
    additive=False,
    source="MHCLG, English Indices of Deprivation 2019; score column mySociety",
    licence="Open Government Licence v3.0; score column CC BY 4.0",
    freshness="2019; the 2025 index is loaded as a new version",
)
declare_measure(
    code=MOST_DEPRIVED_PCT,
    title="People in the most deprived tenth of England",
    definition="Share of residents whose small area is among the most deprived 10% in England.",
    unit="pct",
    additive=False,
    source="MHCLG, English Indices of Deprivation 2019",
    licence="Open Government Licence v3.0",
    freshness="2019; the 2025 index is loaded as a new version",
)
declare_measure(
    code=COMMUNITY_NEEDS,
    title="Community Needs Index",
    definition="Score for places to meet, an active community and connections; a higher score means greater need.",
    unit="score",
    additive=False,
    source="Oxford Consultants for Social Inclusion (OCSI), by import",
    licence="As agreed with OCSI; not shipped with the portal",
    freshness="When OCSI publishes",
)


@computes(POPULATION)
def population(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place, mid-2019."""
    places = Neighbourhood.objects.order_by("pk").values_list("pk", "population")
    if neighbourhood_ids is not None:
        places = places.filter(pk__in=neighbourhood_ids)
    return [ObservationRow(place, MID_2019, MID_2019, residents) for place, residents in places]


@computes(IMD_SCORE)
def imd_score(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place with small areas: Σ score × residents over Σ residents, in thousandths."""
    return [
        ObservationRow(place, *YEAR_2019, int(weighted * THOUSANDTHS), residents * THOUSANDTHS)
        for place, weighted, residents in _by_place(neighbourhood_ids, Sum(F("imd_score") * F("population")))
    ]


@computes(MOST_DEPRIVED_PCT)
def most_deprived_pct(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place with small areas: residents in decile 1 over residents."""
    in_decile = Sum("population", filter=Q(imd_decile=1), default=0)
    return [
        ObservationRow(place, *YEAR_2019, deprived, residents)
        for place, deprived, residents in _by_place(neighbourhood_ids, in_decile)
    ]


@computes(COMMUNITY_NEEDS)
def community_needs(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place with a score, weighted by residents so that areas roll up to an average."""
    scores = CommunityNeedsScore.objects.values_list("neighbourhood_id", "score", "as_of", "neighbourhood__population")
    if neighbourhood_ids is not None:
        scores = scores.filter(neighbourhood__in=neighbourhood_ids)
    return [
        ObservationRow(place, as_of, as_of, int(score * MILLIONTHS) * residents, MILLIONTHS * residents)
        for place, score, as_of, residents in scores.order_by("neighbourhood_id")
    ]


def _by_place(neighbourhood_ids: list[int] | None, upper: Sum) -> Iterable[tuple[int, int, int]]:
    areas = SmallAreaDeprivation.objects.all()
    if neighbourhood_ids is not None:
        areas = areas.filter(neighbourhood__in=neighbourhood_ids)
    grouped = areas.values("neighbourhood_id").annotate(upper=upper, residents=Sum("population"))
    return grouped.order_by("neighbourhood_id").values_list("neighbourhood_id", "upper", "residents")
