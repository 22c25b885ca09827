import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import ROLE_PERMISSIONS, Permission, Role, has_permission, require

pytestmark = pytest.mark.django_db


def test_every_role_stands_in_the_table_and_every_permission_is_held_by_somebody():
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert frozenset().union(*ROLE_PERMISSIONS.values()) == set(Permission)


def test_auditor_writes_nothing():
    reads = {value for value in ROLE_PERMISSIONS[Role.AUDITOR] if ".view_" in value.value}
    assert ROLE_PERMISSIONS[Role.AUDITOR] == reads


def test_nobody_signed_in_has_no_permission():
    assert not has_permission(AnonymousUser(), Permission.CAST_BALLOT)


def test_person_without_roles_is_a_resident(sample_user):
    assert sample_user("a@example.org").permissions == ROLE_PERMISSIONS[Role.RESIDENT]


def test_role_taken_back_is_gone_at_the_next_request(sample_user):
    user = sample_user("a@example.org", Role.AUDITOR)
    assert has_permission(user, Permission.VIEW_LEDGER)
    with acting("system:test", "taken back"):
        grant = user.role_grants.get()
        grant.revoked_by, grant.revoked_at = grant.requested_by, user.joined_at
        grant.save()
    assert not has_permission(User.objects.get(pk=user.pk), Permission.VIEW_LEDGER)


def test_role_not_yet_confirmed_gives_nothing(sample_user):
    user, admin = sample_user("a@example.org"), sample_user("b@example.org")
    with acting(admin, "asked"):
        RoleGrant.objects.create(user=user, role=Role.AUDITOR, requested_by=admin)
    assert not has_permission(user, Permission.VIEW_LEDGER)


def test_closed_account_may_do_nothing(sample_user):
    user = sample_user("a@example.org", Role.AUDITOR)
    user.is_active = False
    assert user.permissions == frozenset()


def test_require_without_permission_says_what_and_how_to_mend_it(sample_user):
    with pytest.raises(NotAllowedError, match="release a payment run within limits.*Ask an administrator"):
        require(sample_user("a@example.org"), Permission.RELEASE_RUN)


def test_lookup_in_templates_knows_both_names(sample_user):
    can = sample_user("a@example.org").can
    assert can["cast_ballot"]
    assert can["panels.cast_ballot"]
    assert not can["release_run"]


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("role_known", {"role": "emperor"}),
        ("two_people", {"confirmed_by": "asker", "confirmed_at": "now"}),
        ("not_for_oneself", {"requested_by": "user"}),
        ("confirmed_pair", {"confirmed_at": "now"}),
        ("revoked_pair", {"revoked_at": "now"}),
    ],
)
def test_role_grant_that_breaks_a_rule_is_refused_by_the_database(sample_user, rule, change):
    user, asker = sample_user("a@example.org"), sample_user("b@example.org")
    words = {"user": user, "asker": asker, "now": user.joined_at}
    fields = {"user": user, "role": Role.AUDITOR, "requested_by": asker}
    fields |= {name: words.get(value, value) for name, value in change.items()}
    with pytest.raises(IntegrityError, match=f"core_rolegrant_{rule}"), acting("system:test", "breaks a rule"):
        RoleGrant.objects.create(**fields)


def test_role_held_twice_is_refused_by_the_database(sample_user):
    user, asker = sample_user("a@example.org", Role.AUDITOR), sample_user("b@example.org")
    with pytest.raises(IntegrityError, match="core_rolegrant_once"), acting("system:test", "twice"):
        RoleGrant.objects.create(user=user, role=Role.AUDITOR, requested_by=asker)


def test_sample_slug_on_a_real_person_is_refused_by_the_database(sample_user):
    user = sample_user("a@example.org")
    with (
        pytest.raises(IntegrityError, match="core_user_slug_is_sample"),
        transaction.atomic(),
        acting("system:test", "wrong"),
    ):
        User.objects.filter(pk=user.pk).update(sample_slug="resident")
