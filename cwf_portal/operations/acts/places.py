"""A place gets ready: its panel, its organisation, its residents, all invented and marked sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from cwf_portal.core.services import give_roles
from cwf_portal.operations.acts.bodies import Body, found_body
from cwf_portal.operations.acts.office import BOOTSTRAP, Office, make_accounts
from cwf_portal.operations.people import Person, person
from neighbourhoods.models import Neighbourhood
from panels.models import Panel
from panels.services import PersonDetails, Seat, add_members, create_panel, declare_residence, vouch_for_residence
from panels.services.sample import SamplePerson, create_sample_residents

FEWEST_MEMBERS = 8


@dataclass(frozen=True)
class Casting:
    """Who plays in a place.

    Attributes:
        seed: Which people are invented.
        voters: How many residents will vote, beside the panel's members.
        members: How many sit on the panel.
        checked_until: Until when the checks on the organisation hold.
    """

    seed: int
    voters: int
    checked_until: date
    members: int = FEWEST_MEMBERS


@dataclass(frozen=True)
class Place:
    """A place that is ready to decide.

    Attributes:
        members: Who sits on the panel, the chair first.
        voters: Who has shown that they live here, and will vote.
        keepers: Who keeps the keys of this place's votes: for the panel, for the fund, and for neither.
    """

    neighbourhood: Neighbourhood
    panel: Panel
    body: Body
    members: list[User]
    voters: list[User]
    keepers: list[User]

    @property
    def chair(self) -> User:
        return self.members[0]


def prepare_place(office: Office, neighbourhood: Neighbourhood, casting: Casting) -> Place:
    """Set up the panel, the organisation and the residents; the first resident shows by every step where they live."""
    people = [person(casting.seed, neighbourhood.code, "resident", n) for n in range(casting.voters)]
    posts = [person(casting.seed, neighbourhood.code, post) for post in ("signatory", "treasurer", "keeper")]
    sitting = [person(casting.seed, neighbourhood.code, "member", n) for n in range(casting.members)]
    first, signatory, treasurer, independent, *members = make_accounts([people[0], *posts, *sitting])
    panel = create_panel(by=office.grants_officer, neighbourhood=neighbourhood, is_sample=True)
    _seat(office, panel, members)
    _show_where_they_live(neighbourhood, people[0], first, vouchers=(members[0], members[1]))
    others = create_sample_residents(
        by=BOOTSTRAP,
        neighbourhood=neighbourhood,
        people=[as_sample(one) for one in people[1:]],
        vouchers=(members[0], members[1]),
    )
    for user, role in ((signatory, Role.SIGNATORY), (treasurer, Role.TREASURER)):
        give_roles(requested_by=office.administrator, confirmed_by=office.second_administrator, users=[user], role=role)
    body = found_body(
        office, neighbourhood, signatory=signatory, treasurer=treasurer, checked_until=casting.checked_until
    )
    keepers = [members[1], office.grants_officer, independent]
    return Place(neighbourhood, panel, body, members, voters=[first, *others], keepers=keepers)


def _seat(office: Office, panel: Panel, members: Sequence[User]) -> None:
    give_roles(
        requested_by=office.administrator,
        confirmed_by=office.second_administrator,
        users=members,
        role=Role.PANEL_MEMBER,
    )
    add_members(
        by=office.grants_officer,
        panel=panel,
        seats=[(member, Seat(is_resident=True, is_chair=number == 0)) for number, member in enumerate(members)],
    )


def _show_where_they_live(
    neighbourhood: Neighbourhood, who: Person, resident: User, *, vouchers: tuple[User, User]
) -> None:
    """One says where they live, and two who are somebody else confirm it in person."""
    residence = declare_residence(
        by=resident,
        neighbourhood=neighbourhood,
        details=PersonDetails(who.full_name, who.born_on, full_address(who)),
    )
    for voucher in vouchers:
        vouch_for_residence(by=voucher, residence=residence)


def as_sample(who: Person) -> SamplePerson:
    """The same person as panels knows invented residents."""
    return SamplePerson(who.email, who.full_name, who.born_on, full_address(who))


def full_address(who: Person) -> str:
    return f"{who.address}, {who.postcode}"
