"""What this room's tables hold about people, for them to read."""

from cwf_portal.core.held import hold
from grants.models import AuthorityChange, BodyContact, Delegation, OfficerAuthority

TURN = {
    "First day": "from_on",
    "Last day": "to_on",
    "Why": "reason",
    "Confirmed": "confirmed_at",
    "Ended": "ended_at",
}

hold(
    "Organisations that you act for",
    BodyContact,
    {
        "Organisation": "body.organisation.name",
        "Role": "get_role_display",
        "Since": "from_on",
        "Until": "to_on",
    },
)
hold(
    "Ranks that were asked for you",
    AuthorityChange,
    {
        "Rank": "get_rank_display",
        "Team": "team",
        "Since": "from_on",
        "Confirmed": "confirmed_at",
        "Withdrawn": "withdrawn_at",
    },
)
hold(
    "Ranks that you held",
    OfficerAuthority,
    {"Rank": "get_rank_display", "Team": "team", "Since": "from_on", "Until": "to_on"},
)
hold("Who acted for you", Delegation, {"Who": "taker.full_name", **TURN}, of="giver")
hold("For whom you acted", Delegation, {"Who": "giver.full_name", **TURN}, of="taker")
