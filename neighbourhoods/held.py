"""What this room's tables hold about people, for them to read."""

from cwf_portal.core.held import hold
from neighbourhoods.models import ConstituencyAccess, PlaceFollow

hold(
    "Places that you follow by email",
    PlaceFollow,
    {"Place": "neighbourhood.label", "Once a week": "is_weekly"},
)
hold(
    "Constituencies whose page is open to you",
    ConstituencyAccess,
    {"Constituency": "area.name", "Since": "starts_on", "Until": "ends_on"},
)
