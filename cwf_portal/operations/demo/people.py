"""Who can be signed in as in the demo, and what each of them is waiting for."""

from cwf_portal.core.audit import acting
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from cwf_portal.operations.acts.office import BOOTSTRAP, Office, give_role, make_accounts
from cwf_portal.operations.demo.story import StoryPlace
from cwf_portal.operations.people import person
from neighbourhoods.models import Area, AreaKind
from neighbourhoods.services import confirm_access, request_access

OFFICE_DETAILS = {
    "grants_officer": "Grants officer: checks agreements, reads reports, helps panels",
    "senior_officer": "Senior officer: gives assurance on large agreements",
    "grants_manager": "Grants manager: reviews the year of each agreement, approves within limits",
    "head_of_grants": "Head of grants: a second approval is waiting",
    "fund_director": "Fund director: approves within limits or for the Board",
    "payments_officer": "Payments officer: a payment run is to be checked",
    "finance_manager": "Finance manager: releases payment runs up to £5 million",
    "finance_director": "Finance director: confirms starts, releases large runs",
    "auditor": "Auditor: reads everything, changes nothing",
    "oversight": "Oversight group: the whole fund at a glance",
    "administrator": "Administrator: asks for and confirms roles",
    "second_administrator": "Second administrator: the other pair of eyes",
}


def introduce(user: User, *, slug: str, detail: str) -> None:
    """Put somebody on the list of people to sign in as."""
    with acting(BOOTSTRAP, "put on the demo's list"):
        user.sample_slug, user.sample_detail = slug, detail
        user.save(update_fields=["sample_slug", "sample_detail"])


def introduce_office(office: Office) -> None:
    for name, detail in OFFICE_DETAILS.items():
        introduce(getattr(office, name), slug=name.replace("_", "-"), detail=detail)


def introduce_staff_of_mp(office: Office, *, seed: int, place: StoryPlace) -> None:
    """An invented member of an MP's staff, for the constituency of a place; no real MP signs in."""
    (staff,) = make_accounts([person(seed, "mp-staff")])
    give_role(office, staff, Role.MP)
    constituencies = Area.objects.filter(
        place_shares__neighbourhood=place.neighbourhood, kind=AreaKind.CONSTITUENCY_2024
    )
    constituency = constituencies.order_by("-place_shares__share")[0]
    access = request_access(by=office.administrator, user=staff, area=constituency)
    confirm_access(by=office.second_administrator, access=access)
    introduce(staff, slug="mp", detail=f"Staff of the Member for {constituency} (invented account)")


def introduce_councillor(office: Office, *, seed: int, place: StoryPlace) -> None:
    """An invented councillor for a place: signed in, and shown no more than everybody."""
    (councillor,) = make_accounts([person(seed, "councillor")])
    give_role(office, councillor, Role.COUNCILLOR)
    council = place.neighbourhood.authority.name
    introduce(councillor, slug="councillor", detail=f"Councillor in {council}: sees what everyone sees")
