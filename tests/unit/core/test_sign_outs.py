"""Signing out on a phone that is lost."""

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.models import OutgoingMessage
from tests.support.sessions import sign_in

pytestmark = pytest.mark.django_db
HOME, ELSEWHERE = reverse("core:home"), reverse("core:sign-out-others")


def test_every_other_device_is_signed_out_and_this_one_stays(sample_user):
    user, other = sample_user("ada@example.org"), sample_user("ben@example.org")
    here, lost, bens = sign_in(Client(), user), sign_in(Client(), user), sign_in(Client(), other)
    assert "Sign out everywhere else" in here.get(reverse("account_logout")).content.decode()

    answer = here.post(ELSEWHERE, follow=True)

    assert "You are signed out everywhere else." in answer.content.decode()
    assert lost.get(HOME).status_code == 302
    assert here.get(HOME).status_code == 200
    assert bens.get(HOME).status_code == 200
    assert OutgoingMessage.objects.get(topic="core.sign_out").to == "ada@example.org"


def test_signing_out_twice_does_no_harm_and_a_link_does_nothing(sample_user):
    user = sample_user("ada@example.org")
    here, there = sign_in(Client(), user), sign_in(Client(), user)
    assert here.get(ELSEWHERE).status_code == 405
    assert there.get(HOME).status_code == 200
    assert {here.post(ELSEWHERE).status_code, here.post(ELSEWHERE).status_code} == {302}
    assert here.get(HOME).status_code == 200
