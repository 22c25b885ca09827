"""Who may do what: one enum of permissions, one table of roles.

Scope (whose place, which limit) lives beside its object, in the room that owns it.
"""

from typing import TYPE_CHECKING, Union

from django.db.models import TextChoices

from cwf_portal.core.errors import ConflictError, NotAllowedError

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from cwf_portal.core.models import User


class Role(TextChoices):
    """What a person is to the fund. Everyone who signs in is at least a resident."""

    RESIDENT = "resident", "Resident"
    PANEL_MEMBER = "panel_member", "Panel member"
    TREASURER = "treasurer", "Treasurer of an accountable body"
    SIGNATORY = "signatory", "Signatory of an accountable body"
    GRANTS_OFFICER = "grants_officer", "Grants officer"
    SENIOR_OFFICER = "senior_officer", "Senior officer"
    GRANTS_MANAGER = "grants_manager", "Grants manager"
    HEAD_OF_GRANTS = "head_of_grants", "Head of grants"
    FUND_DIRECTOR = "fund_director", "Fund director"
    PAYMENTS_OFFICER = "payments_officer", "Payments officer"
    FINANCE_MANAGER = "finance_manager", "Finance manager"
    FINANCE_DIRECTOR = "finance_director", "Finance director"
    AUDITOR = "auditor", "Auditor"
    COUNCILLOR = "councillor", "Councillor"
    MP = "mp", "Member of Parliament"
    OVERSIGHT = "oversight", "Oversight group"
    ADMINISTRATOR = "administrator", "Administrator"


class Permission(TextChoices):
    """Everything that a view or a service asks for, by room."""

    # core
    GRANT_ROLES = "core.grant_roles", "Give and confirm roles"
    VIEW_PEOPLE = "core.view_people", "See who holds which role"
    VIEW_OPERATIONS = "core.view_operations", "See jobs, messages and queues"
    # neighbourhoods
    LOAD_PLACES = "neighbourhoods.load_places", "Load places and figures"
    DECLARE_ELECTION = "neighbourhoods.declare_election", "Say when an election is held, and hold back what is new"
    VIEW_MP_HOME = "neighbourhoods.view_mp_home", "See the home of a Member of Parliament"
    VIEW_OVERSIGHT = "neighbourhoods.view_oversight", "See the oversight group's home"
    # panels
    DECLARE_RESIDENCE = "panels.declare_residence", "Say where one lives"
    VOUCH = "panels.vouch", "Confirm that somebody lives here"
    PROPOSE_IDEA = "panels.propose_idea", "Put forward an idea"
    CAST_BALLOT = "panels.cast_ballot", "Vote"
    MANAGE_PANEL = "panels.manage_panel", "Set up a panel and its members"
    MANAGE_ROUND = "panels.manage_round", "Run a voting round"
    SHAPE_PROPOSAL = "panels.shape_proposal", "Cost, merge, accept and refuse ideas"
    APPOINT_KEEPER = "panels.appoint_keeper", "Appoint who keeps the keys of a vote"
    OPEN_BOX = "panels.open_box", "Open the ballot box after close"
    CHECK_RESIDENCE = "panels.check_residence", "Print letters and cards, and check documents"
    JUDGE_ROLL = "panels.judge_roll", "Judge who is on the voters' list"
    RUN_POLLING = "panels.run_polling", "Hand out, receive and enter votes on paper"
    DECIDE = "panels.decide", "Move and vote on decisions"
    REPORT_PROJECT = "panels.report_project", "Report on a funded project"
    # grants
    VIEW_CASES = "grants.view_cases", "See agreements and their cases"
    RECOMMEND_AGREEMENT = "grants.recommend_agreement", "Check and recommend an agreement"
    ASSURE_AGREEMENT = "grants.assure_agreement", "Give assurance on an agreement"
    APPROVE_AGREEMENT = "grants.approve_agreement", "Approve an agreement within limits"
    ACCEPT_AGREEMENT = "grants.accept_agreement", "Accept an offer for an accountable body"
    VIEW_OWN_BODY = "grants.view_own_body", "See the agreements of one's own accountable body"
    SUBMIT_REPORT = "grants.submit_report", "Report for an accountable body"
    ACCEPT_REPORT = "grants.accept_report", "Accept a report"
    REVIEW_AGREEMENT = "grants.review_agreement", "Record a yearly review"
    HOLD_PAYMENT = "grants.hold_payment", "Hold a payment and lift a hold"
    PROPOSE_BANK_DETAILS = "grants.propose_bank_details", "Propose bank details of a body"
    CONFIRM_BANK_DETAILS = "grants.confirm_bank_details", "Confirm bank details after calling back"
    VIEW_RUNS = "grants.view_runs", "See payment runs and statements"
    CHECK_RUN = "grants.check_run", "Check a payment run"
    RELEASE_RUN = "grants.release_run", "Release a payment run within limits"
    PAUSE_PAYMENTS = "grants.pause_payments", "Pause payments, and agree to let them go on"
    CLEAR_SUSPENSE = "grants.clear_suspense", "Clear an unexplained bank line"
    VIEW_LEDGER = "grants.view_ledger", "Read the ledger"
    KEEP_LEDGER = "grants.keep_ledger", "Correct, close and export the ledger"
    VIEW_ENDOWMENT = "grants.view_endowment", "See the endowment and headroom"
    MANAGE_ENDOWMENT = "grants.manage_endowment", "Announce waves and allocate to places"
    CHANGE_LIMITS = "grants.change_limits", "Change what officers may approve, write off and release"
    SAVE_SCENARIO = "grants.save_scenario", "Keep a scenario of the endowment"
    MANAGE_INVESTMENTS = "grants.manage_investments", "Invest, value, and pay what running the fund costs"


P = Permission
OFFICER = frozenset({P.VIEW_CASES, P.VIEW_RUNS, P.VIEW_ENDOWMENT, P.VIEW_OVERSIGHT})
GRANT_MAKER = OFFICER | {
    P.ACCEPT_REPORT,
    P.REVIEW_AGREEMENT,
    P.HOLD_PAYMENT,
    P.MANAGE_PANEL,
    P.SHAPE_PROPOSAL,
    P.APPOINT_KEEPER,
    P.CHECK_RESIDENCE,
    P.JUDGE_ROLL,
    P.RUN_POLLING,
    P.SAVE_SCENARIO,
}
APPROVER = GRANT_MAKER | {P.APPROVE_AGREEMENT, P.ASSURE_AGREEMENT}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.RESIDENT: frozenset({P.DECLARE_RESIDENCE, P.VOUCH, P.PROPOSE_IDEA, P.CAST_BALLOT}),
    Role.PANEL_MEMBER: frozenset(
        {
            P.MANAGE_ROUND,
            P.SHAPE_PROPOSAL,
            P.APPOINT_KEEPER,
            P.OPEN_BOX,
            P.JUDGE_ROLL,
            P.RUN_POLLING,
            P.DECIDE,
            P.REPORT_PROJECT,
        }
    ),
    Role.TREASURER: frozenset({P.VIEW_OWN_BODY, P.SUBMIT_REPORT, P.PROPOSE_BANK_DETAILS}),
    Role.SIGNATORY: frozenset({P.VIEW_OWN_BODY, P.ACCEPT_AGREEMENT}),
    Role.GRANTS_OFFICER: GRANT_MAKER | {P.RECOMMEND_AGREEMENT},
    Role.SENIOR_OFFICER: APPROVER,
    Role.GRANTS_MANAGER: APPROVER,
    Role.HEAD_OF_GRANTS: APPROVER | {P.PAUSE_PAYMENTS, P.DECLARE_ELECTION},
    Role.FUND_DIRECTOR: APPROVER
    | {P.MANAGE_ENDOWMENT, P.CHANGE_LIMITS, P.RELEASE_RUN, P.PAUSE_PAYMENTS, P.DECLARE_ELECTION},
    Role.PAYMENTS_OFFICER: OFFICER
    | {P.CHECK_RUN, P.HOLD_PAYMENT, P.PROPOSE_BANK_DETAILS, P.CLEAR_SUSPENSE, P.PAUSE_PAYMENTS},
    Role.FINANCE_MANAGER: OFFICER
    | {
        P.RELEASE_RUN,
        P.CONFIRM_BANK_DETAILS,
        P.CLEAR_SUSPENSE,
        P.HOLD_PAYMENT,
        P.VIEW_LEDGER,
        P.KEEP_LEDGER,
        P.PAUSE_PAYMENTS,
        P.MANAGE_INVESTMENTS,
        P.SAVE_SCENARIO,
    },
    Role.FINANCE_DIRECTOR: OFFICER
    | {
        P.RELEASE_RUN,
        P.MANAGE_ENDOWMENT,
        P.CHANGE_LIMITS,
        P.MANAGE_INVESTMENTS,
        P.SAVE_SCENARIO,
        P.VIEW_LEDGER,
        P.KEEP_LEDGER,
        P.PAUSE_PAYMENTS,
    },
    Role.AUDITOR: OFFICER | {P.VIEW_LEDGER, P.VIEW_PEOPLE, P.VIEW_OPERATIONS},
    Role.COUNCILLOR: frozenset(),
    Role.MP: frozenset({P.VIEW_MP_HOME}),
    Role.OVERSIGHT: frozenset({P.VIEW_OVERSIGHT}),
    Role.ADMINISTRATOR: frozenset({P.GRANT_ROLES, P.VIEW_PEOPLE, P.VIEW_OPERATIONS, P.LOAD_PLACES, P.DECLARE_ELECTION}),
}

AnyUser = Union["User", "AnonymousUser"]


def has_permission(user: AnyUser, permission: Permission) -> bool:
    """True when one of the person's roles, as stored now, carries the permission; everyone is a resident."""
    if not user.is_authenticated:
        return False
    if permission in ROLE_PERMISSIONS[Role.RESIDENT]:
        return user.is_active
    return permission in user.permissions


def require(user: AnyUser, permission: Permission) -> None:
    """Raise `NotAllowedError` unless the person holds the permission."""
    if not has_permission(user, permission):
        raise NotAllowedError(
            f"Your account may not do this: {permission.label.lower()}.",
            mend="Ask an administrator for the role if it is part of your work.",
        )


def require_still(asker: "User | None", permission: Permission) -> None:
    """Raise `ConflictError` unless whoever asked for something may ask for it today, as its second person agrees.

    What an account asked for while it was in wrong hands, or before somebody left, must not wait for a hurried yes.
    """
    if asker is None or not has_permission(asker, permission):
        raise ConflictError(
            "Whoever asked for this may no longer ask for it.", mend="Take the request back, and ask for it anew."
        )
