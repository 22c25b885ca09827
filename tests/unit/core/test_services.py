import pytest

from cwf_portal.core.errors import ConflictError, NotAllowedError
from cwf_portal.core.models import RoleGrant
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
