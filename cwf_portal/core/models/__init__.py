from cwf_portal.core.models.machinery import (
    ClockShift,
    JobRun,
    OutboxDelivery,
    OutboxMessage,
    OutgoingMessage,
    PersonKey,
)
from cwf_portal.core.models.people import AccountDetails, RoleGrant, User
from cwf_portal.core.models.second_steps import SecondStepChange, SecondStepReset
from cwf_portal.core.models.sign_ins import SignIn

__all__ = [
    "AccountDetails",
    "ClockShift",
    "JobRun",
    "OutboxDelivery",
    "OutboxMessage",
    "OutgoingMessage",
    "PersonKey",
    "RoleGrant",
    "SecondStepChange",
    "SecondStepReset",
    "SignIn",
    "User",
]
