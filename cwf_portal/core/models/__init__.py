from cwf_portal.core.models.machinery import (
    ClockShift,
    JobRun,
    OutboxDelivery,
    OutboxMessage,
    OutgoingMessage,
    PersonKey,
)
from cwf_portal.core.models.people import RoleGrant, User

__all__ = [
    "ClockShift",
    "JobRun",
    "OutboxDelivery",
    "OutboxMessage",
    "OutgoingMessage",
    "PersonKey",
    "RoleGrant",
    "User",
]
