"""What is read on every request: the session, and who is signed in with their roles."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore as OfDjango
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from cwf_portal.core.audit import acting
from cwf_portal.core.backends import AuthenticationBackend
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from cwf_portal.core.services import confirm_role, request_role, revoke_role
from cwf_portal.core.sessions import SessionStore

pytestmark = pytest.mark.django_db
OF_ALLAUTH = "allauth.account.auth_backends.AuthenticationBackend"


def found(user: User) -> User | None:
    return AuthenticationBackend().get_user(user.pk)


def test_a_person_comes_with_the_roles_that_stand_and_no_others(sample_user, django_assert_num_queries):
    one, two = (sample_user(f"{name}@example.org", Role.ADMINISTRATOR) for name in ("one", "two"))
    person = sample_user("person@example.org", Role.AUDITOR)
    request_role(by=one, user=person, role=Role.GRANTS_OFFICER)
    taken_back = request_role(by=one, user=person, role=Role.PAYMENTS_OFFICER)
    revoke_role(by=one, grant=confirm_role(by=two, grant=taken_back))
    with django_assert_num_queries(1):
        signed_in = found(person)
        roles = signed_in.roles

    assert roles == User.objects.get(pk=person.pk).roles == {Role.RESIDENT, Role.AUDITOR}
    assert signed_in.permissions == person.permissions
    assert all(getattr(signed_in, field.attname) == getattr(person, field.attname) for field in User._meta.fields)


def test_nobody_is_found_whose_account_was_closed_or_never_was(sample_user):
    person = sample_user("person@example.org")
    assert found(person) == ModelBackend().get_user(person.pk) == person
    with acting("system:test", "closed"):
        User.objects.filter(pk=person.pk).update(is_active=False)

    assert found(person) is ModelBackend().get_user(person.pk) is None
    assert AuthenticationBackend().get_user(0) is None


def test_who_is_signed_in_can_be_changed_and_kept(sample_user):
    person = found(sample_user("person@example.org"))
    person.full_name = "Ada"
    with acting(person, "said their name"):
        person.save(update_fields=["full_name"])

    assert User.objects.get(pk=person.pk).full_name == "Ada"


@pytest.mark.parametrize("backend", [None, OF_ALLAUTH])
def test_a_role_given_or_taken_back_shows_at_the_next_request(sample_user, backend):
    """Also to those who signed in before there was a backend of our own."""
    one, two = (sample_user(f"{name}@example.org", Role.ADMINISTRATOR) for name in ("one", "two"))
    client = Client()
    client.force_login(sample_user("person@example.org"), backend=backend)
    request = HttpRequest()
    seen = []
    for change in (None, "give", "take"):
        if change == "give":
            grant = confirm_role(by=two, grant=request_role(by=one, user=get_user(request), role=Role.AUDITOR))
        elif change == "take":
            revoke_role(by=one, grant=grant)
        request = HttpRequest()
        request.session = client.session
        seen.append(Role.AUDITOR in get_user(request).roles)

    assert seen == [False, True, False]


def test_a_session_reads_as_djangos_own(django_assert_num_queries):
    kept = OfDjango()
    kept["said"] = "äöü"
    kept.save()
    with django_assert_num_queries(1):
        assert dict(SessionStore(kept.session_key).items()) == {"said": "äöü"}
    own = SessionStore()
    own["said"] = 1
    own.save()

    assert OfDjango(own.session_key)["said"] == 1


@pytest.mark.parametrize("store", [OfDjango, SessionStore])
def test_a_session_that_is_over_or_unknown_begins_anew(store):
    over = OfDjango()
    over["said"] = 1
    over.set_expiry(timezone.now() - timedelta(seconds=1))
    over.save()
    for key in (over.session_key, "unknown" * 4, "x", None):
        begun = store(key)
        assert (dict(begun.items()), begun.session_key) == ({}, None)
