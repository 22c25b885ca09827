from neighbourhoods.models.areas import Area, AreaKind, AreaShare
from neighbourhoods.models.elections import SensitivePeriod, lapsed
from neighbourhoods.models.figures import (
    Audience,
    DisclosureRule,
    Edition,
    Event,
    Figure,
    FigureState,
    Measure,
    Observation,
    StaleSlice,
    Unit,
)
from neighbourhoods.models.follows import PlaceFollow, PlaceNews
from neighbourhoods.models.members import ConstituencyAccess, ElectionResult, Member, Seat
from neighbourhoods.models.places import (
    CommunityNeedsScore,
    Neighbourhood,
    Outline,
    Postcode,
    SmallAreaDeprivation,
    TargetList,
    TargetListEntry,
)
from neighbourhoods.models.rankings import Ranking, RankingEntry, RankingInput, RankingWeight

__all__ = [
    "Area",
    "AreaKind",
    "AreaShare",
    "Audience",
    "CommunityNeedsScore",
    "ConstituencyAccess",
    "DisclosureRule",
    "Edition",
    "ElectionResult",
    "Event",
    "Figure",
    "FigureState",
    "Measure",
    "Member",
    "Neighbourhood",
    "Observation",
    "Outline",
    "PlaceFollow",
    "PlaceNews",
    "Postcode",
    "Ranking",
    "RankingEntry",
    "RankingInput",
    "RankingWeight",
    "Seat",
    "SensitivePeriod",
    "SmallAreaDeprivation",
    "StaleSlice",
    "TargetList",
    "TargetListEntry",
    "Unit",
    "lapsed",
]
