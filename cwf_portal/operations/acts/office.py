"""The fund's own people: who holds which role, rank and team. All invented."""

from dataclasses import dataclass, fields
from datetime import date

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Role
from cwf_portal.core.services import confirm_role, request_role
from cwf_portal.operations.people import Person, person
from grants.domain.authority import Rank
from grants.models import AuthorityChange, OfficerAuthority

BOOTSTRAP = "system:bootstrap"


@dataclass(frozen=True)
class Post:
    """One post in the fund: its role and, for those who approve, rank and team."""

    role: Role
    rank: Rank | None = None
    team: str = ""


@dataclass(frozen=True)
class Office:
    """Everybody who works for or watches the fund, by post."""

    administrator: User
    second_administrator: User
    grants_officer: User
    second_grants_officer: User
    senior_officer: User
    grants_manager: User
    head_of_grants: User
    fund_director: User
    payments_officer: User
    finance_manager: User
    second_finance_manager: User
    finance_director: User
    auditor: User
    oversight: User


POSTS = {
    "administrator": Post(Role.ADMINISTRATOR),
    "second_administrator": Post(Role.ADMINISTRATOR),
    "grants_officer": Post(Role.GRANTS_OFFICER, Rank.GRANTS_OFFICER, "north"),
    "second_grants_officer": Post(Role.GRANTS_OFFICER, Rank.GRANTS_OFFICER, "south"),
    "senior_officer": Post(Role.SENIOR_OFFICER, Rank.SENIOR_OFFICER, "assurance"),
    "grants_manager": Post(Role.GRANTS_MANAGER, Rank.GRANTS_MANAGER, "north"),
    "head_of_grants": Post(Role.HEAD_OF_GRANTS, Rank.HEAD_OF_GRANTS, "south"),
    "fund_director": Post(Role.FUND_DIRECTOR, Rank.FUND_DIRECTOR, "board"),
    "payments_officer": Post(Role.PAYMENTS_OFFICER),
    "finance_manager": Post(Role.FINANCE_MANAGER),
    "second_finance_manager": Post(Role.FINANCE_MANAGER),
    "finance_director": Post(Role.FINANCE_DIRECTOR),
    "auditor": Post(Role.AUDITOR),
    "oversight": Post(Role.OVERSIGHT),
}


def open_office(*, seed: int, from_on: date) -> Office:
    """Make the accounts and give the roles, each asked for by one administrator and confirmed by another."""
    names = [field.name for field in fields(Office)]
    people = make_accounts([person(seed, "office", name) for name in names])
    office = Office(**dict(zip(names, people, strict=True)))
    _appoint_administrators(seed, office)
    for name, post in POSTS.items():
        if post.role != Role.ADMINISTRATOR:
            give_role(office, getattr(office, name), post.role)
    _give_authority(office, from_on)
    return office


def make_accounts(people: list[Person], **fields: str) -> list[User]:
    """Accounts of invented people, marked as sample, in one statement."""
    accounts = [User(email=one.email, full_name=one.full_name, is_sample=True, **fields) for one in people]
    for account in accounts:
        account.set_unusable_password()
    with acting(BOOTSTRAP, "made accounts of invented people"):
        return User.objects.bulk_create(accounts)


def give_role(office: Office, user: User, role: Role) -> None:
    """One administrator asks, the other confirms."""
    grant = request_role(by=office.administrator, user=user, role=role)
    confirm_role(by=office.second_administrator, grant=grant)


def _appoint_administrators(seed: int, office: Office) -> None:
    """The first administrators cannot confirm each other; two of the board do, as an operator would at set-up."""
    chair, secretary = make_accounts([person(seed, "board", "chair"), person(seed, "board", "secretary")])
    with acting(BOOTSTRAP, "appointed the first administrators"):
        RoleGrant.objects.bulk_create(
            RoleGrant(
                user=user, role=Role.ADMINISTRATOR, requested_by=secretary, confirmed_by=chair, confirmed_at=core_now()
            )
            for user in (office.administrator, office.second_administrator)
        )


def _give_authority(office: Office, from_on: date) -> None:
    with acting(BOOTSTRAP, "noted ranks and teams"):
        ranked = [
            (getattr(office, name), post.rank, post.team) for name, post in POSTS.items() if post.rank is not None
        ]
        changes = AuthorityChange.objects.bulk_create(
            AuthorityChange(
                user=user,
                rank=rank,
                team=team,
                from_on=from_on,
                requested_by=office.administrator,
                confirmed_by=office.second_administrator,
                confirmed_at=core_now(),
            )
            for user, rank, team in ranked
        )
        OfficerAuthority.objects.bulk_create(
            OfficerAuthority(user=user, rank=rank, team=team, from_on=from_on, change=change)
            for (user, rank, team), change in zip(ranked, changes, strict=True)
        )
