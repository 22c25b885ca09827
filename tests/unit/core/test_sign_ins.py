"""Where one is signed in: every device with its own button, for its owner alone."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from cwf_portal.core.models import SignIn
from cwf_portal.core.sign_ins import device_of, sign_ins_of
from tests.support.sessions import sign_in

pytestmark = pytest.mark.django_db
LIST, HOME = reverse("core:sign-in-list"), reverse("core:home")
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (PHONE, ("Chrome", "Android")),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/130 Safari/537.36 Edg/130",
            ("Edge", "Windows"),
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604.1", ("Safari", "iPhone")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", ("Firefox", "Linux")),
        ("curl/8.1", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_device_in_words(agent, device):
    assert device_of(agent) == device


def test_a_device_is_signed_out_from_another(sample_user):
    user = sample_user("ada@example.org")
    here, phone = sign_in(Client(), user), sign_in(Client(), user)
    SignIn.objects.filter(session=phone.session.session_key).update(browser="Chrome", system="Android")
    page = here.get(LIST).content.decode()
    assert "Chrome, Android" in page
    assert page.count("This device") == 1
    assert not any(client.session.session_key in page for client in (here, phone))

    end = re.search(r'action="([^"]+/end/)"', page)[1]
    assert "You are signed out there." in here.post(end, follow=True).content.decode()
    assert phone.get(HOME).status_code == 302
    assert here.get(HOME).status_code == 200
    assert here.post(end).status_code == 302
    assert here.get(end).status_code == 405


def test_nobody_signs_another_out_or_sees_their_devices(sample_user):
    ada, ben = sign_in(Client(), sample_user("ada@example.org")), sign_in(Client(), sample_user("ben@example.org"))
    hers = SignIn.objects.get(session=ada.session.session_key)
    ben.post(reverse("core:sign-in-end", args=[hers.pk]))
    assert ada.get(HOME).status_code == 200
    assert ben.get(LIST).content.decode().count("Signed in on") == 1
    assert Client().get(LIST).status_code == 302


def test_the_row_goes_with_its_session(sample_user):
    user = sample_user("ada@example.org")
    client = sign_in(Client(), user)
    assert sign_ins_of(user).count() == 1
    client.post(reverse("account_logout"))
    assert not SignIn.objects.exists()

    other = sign_in(Client(), user)
    Session.objects.filter(pk=other.session.session_key).update(expire_date="2020-01-01T00:00:00Z")
    assert not sign_ins_of(user).exists()


def test_signing_out_everywhere_else_leaves_this_device_on_the_list(sample_user):
    user = sample_user("ada@example.org")
    here, _ = sign_in(Client(), user), sign_in(Client(), user)
    here.post(reverse("core:sign-out-others"))
    assert [one.session_id for one in sign_ins_of(user)] == [here.session.session_key]
