import re
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import ConflictError, NotAllowedError
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Role
from cwf_portal.core.services import confirm_role, give_roles, request_role, revoke_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def admins(sample_user):
    return sample_user("one@example.org", Role.ADMINISTRATOR), sample_user("two@example.org", Role.ADMINISTRATOR)


@pytest.fixture
def person(sample_user):
    return sample_user("person@example.org")


def test_role_asked_for_and_confirmed_by_two_stands(admins, person):
    grant = request_role(by=admins[0], user=person, role=Role.AUDITOR)
    assert not RoleGrant.objects.standing().filter(user=person).exists()
    confirmed = confirm_role(by=admins[1], grant=grant)
    assert (confirmed.confirmed_by, confirmed.revoked_at) == (admins[1], None)
    assert RoleGrant.objects.standing().get(user=person).role == Role.AUDITOR


def test_request_role_twice_returns_the_first(admins, person):
    first = request_role(by=admins[0], user=person, role=Role.AUDITOR)
    assert request_role(by=admins[1], user=person, role=Role.AUDITOR) == first


def test_request_role_by_somebody_else_is_refused(person, admins):
    with pytest.raises(NotAllowedError, match="give and confirm roles"):
        request_role(by=person, user=admins[0], role=Role.AUDITOR)


def test_request_role_for_oneself_is_refused(admins):
    with pytest.raises(NotAllowedError, match="to themselves"):
        request_role(by=admins[0], user=admins[0], role=Role.AUDITOR)


def test_request_role_of_resident_is_refused(admins, person):
    with pytest.raises(ConflictError, match="resident already"):
        request_role(by=admins[0], user=person, role=Role.RESIDENT)


def test_confirm_role_by_the_asker_is_refused(admins, person):
    grant = request_role(by=admins[0], user=person, role=Role.AUDITOR)
    with pytest.raises(NotAllowedError, match="second person"):
        confirm_role(by=admins[0], grant=grant)


def test_confirm_role_twice_keeps_the_first_confirmation(admins, person):
    grant = confirm_role(by=admins[1], grant=request_role(by=admins[0], user=person, role=Role.AUDITOR))
    assert confirm_role(by=admins[1], grant=grant).confirmed_at == grant.confirmed_at


def test_confirm_role_taken_back_is_refused(admins, person):
    grant = revoke_role(by=admins[0], grant=request_role(by=admins[0], user=person, role=Role.AUDITOR))
    with pytest.raises(ConflictError, match="taken back"):
        confirm_role(by=admins[1], grant=grant)


@pytest.mark.parametrize("how", ["role taken back", "account closed"])
def test_confirm_role_that_somebody_asked_for_who_gives_none_any_more_is_refused(admins, person, how):
    grant = request_role(by=admins[0], user=person, role=Role.FINANCE_MANAGER)
    if how == "role taken back":
        revoke_role(by=admins[1], grant=RoleGrant.objects.get(user=admins[0], role=Role.ADMINISTRATOR))
    else:
        with acting("system:test", "closed"):
            User.objects.filter(pk=admins[0].pk).update(is_active=False)
    with pytest.raises(ConflictError, match="may no longer ask"):
        confirm_role(by=admins[1], grant=grant)
    assert not RoleGrant.objects.standing().filter(user=person).exists()
    revoke_role(by=admins[1], grant=grant)


def test_a_role_that_stands_stays_when_whoever_asked_for_it_leaves(admins, person):
    grant = confirm_role(by=admins[1], grant=request_role(by=admins[0], user=person, role=Role.AUDITOR))
    revoke_role(by=admins[1], grant=RoleGrant.objects.get(user=admins[0], role=Role.ADMINISTRATOR))
    assert confirm_role(by=admins[1], grant=grant).confirmed_by == admins[1]


def test_revoke_role_twice_keeps_the_first(admins, person):
    grant = revoke_role(by=admins[0], grant=request_role(by=admins[0], user=person, role=Role.AUDITOR))
    assert revoke_role(by=admins[1], grant=grant).revoked_by == admins[0]


def test_give_roles_gives_each_person_the_role_once(admins, person, sample_user):
    people = [person, sample_user("other@example.org")]
    given = [
        give_roles(requested_by=admins[0], confirmed_by=admins[1], users=people, role=Role.PANEL_MEMBER)
        for _ in range(2)
    ]
    assert given == [2, 0]
    grants = RoleGrant.objects.standing().filter(role=Role.PANEL_MEMBER, user__in=people)
    assert {(grant.requested_by, grant.confirmed_by) for grant in grants} == {tuple(admins)}
    assert grants.count() == 2


def test_give_roles_signed_by_one_person_twice_is_refused(admins, person):
    with pytest.raises(NotAllowedError, match="two administrators"):
        give_roles(requested_by=admins[0], confirmed_by=admins[0], users=[person], role=Role.AUDITOR)


def test_give_roles_to_a_signatory_of_the_list_is_refused(admins, person):
    with pytest.raises(NotAllowedError, match="not on it"):
        give_roles(requested_by=admins[0], confirmed_by=admins[1], users=[person, admins[1]], role=Role.AUDITOR)


def test_give_roles_by_somebody_who_gives_none_is_refused(admins, person):
    with pytest.raises(NotAllowedError, match="give and confirm roles"):
        give_roles(requested_by=person, confirmed_by=admins[1], users=[person], role=Role.AUDITOR)


def test_give_roles_of_residents_is_refused(admins, person):
    with pytest.raises(ConflictError, match="resident already"):
        give_roles(requested_by=admins[0], confirmed_by=admins[1], users=[person], role=Role.RESIDENT)
    assert not RoleGrant.objects.filter(user=person).exists()


def appoint(*addresses: str) -> str:
    said = StringIO()
    call_command("appoint_administrators", *addresses, stdout=said)
    return said.getvalue()


def test_first_administrators_are_two_people_who_sign_in_with_a_code(client: Client) -> None:
    assert appoint("One@example.org", "two@example.org").count("Administrator: ") == 2
    one, two = User.objects.filter(email__in=("one@example.org", "two@example.org")).order_by("email")
    grants = RoleGrant.objects.standing().filter(role=Role.ADMINISTRATOR)
    assert {(grant.user, grant.requested_by) for grant in grants} == {(one, two), (two, one)}

    client.post(reverse("account_login"), {"login": one.email})
    assert mail.outbox[-1].to == [one.email]
    assert re.search(r"^\d{4}-\d{4}$", mail.outbox[-1].body, re.MULTILINE)
    client.force_login(one)
    assert client.get(reverse("core:role-request")).status_code == 200


def test_administrators_are_appointed_from_outside_only_until_there_are_two() -> None:
    appoint("one@example.org", "two@example.org")
    with pytest.raises(CommandError, match="two administrators already"):
        appoint("three@example.org", "four@example.org")

    two = User.objects.get(email="two@example.org")
    revoke_role(by=User.objects.get(email="one@example.org"), grant=two.role_grants.get())
    appoint("one@example.org", "three@example.org")
    standing = RoleGrant.objects.standing().values_list("user__email", flat=True)
    assert set(standing) == {"one@example.org", "three@example.org"}


@pytest.mark.parametrize("addresses", [("one@example.org", "ONE@example.org"), ("one@example.org", "two")])
def test_administrators_are_two_and_each_has_an_address(addresses: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=r"Two people are needed|“two” is no email address"):
        appoint(*addresses)
    assert not RoleGrant.objects.exists()
