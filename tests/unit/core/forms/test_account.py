"""Signing in: one field, one code, no passwords, and sentences that say how to go on."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from zeal import zeal_ignore

from cwf_portal.core.models import User

pytestmark = pytest.mark.django_db


def code_sent_to(email):
    letter = [letter for letter in mail.outbox if letter.to == [email]][-1]
    return re.search(r"^(\d{4}-\d{4})$", letter.body, re.MULTILINE)[1]


def text_of(response):
    return response.content.decode()


@pytest.fixture(autouse=True)
def _fresh_limits_and_allauth_as_it_is():
    cache.clear()
    with zeal_ignore():  # allauth looks one session and one address up several times in a request
        yield


def test_sign_in_page_asks_for_one_thing_only(client):
    page = text_of(client.get(reverse("account_login")))
    asked = re.findall(r'<(?:input(?! type="hidden")|select|textarea)[^>]*name="([^"]+)"', page)
    assert asked == ["login"]
    assert "password" not in page.replace("You do not need a password", "")


def test_sign_in_with_the_code_from_the_email(client, sample_user):
    sample_user("ada@example.org")
    asked = client.post(reverse("account_login"), {"login": "Ada@Example.org"})
    assert asked.status_code == 302
    entered = client.post(asked["Location"], {"code": code_sent_to("ada@example.org")})
    assert entered["Location"] == reverse("core:home")
    assert client.get(reverse("core:home")).status_code == 200


def test_sign_in_with_a_wrong_code_says_what_to_do(client, sample_user):
    sample_user("ada@example.org")
    asked = client.post(reverse("account_login"), {"login": "ada@example.org"})
    page = text_of(client.post(asked["Location"], {"code": "0000-000"}))
    assert "<title>Error: Check your email" in page
    assert page.count("This code is not right. Look at the newest email from us and type the code again.") == 2


@pytest.mark.parametrize("typed", ["", "ada", "ada@", "ａｄａ@example", "a" * 400 + "@example.org"])
def test_sign_in_with_no_address_says_how_to_mend_it(client, typed):
    page = text_of(client.post(reverse("account_login"), {"login": typed}))
    assert "<title>Error: Sign in" in page
    assert 'href="#id_login"' in page
    assert not mail.outbox


def test_sign_in_unknown_address_looks_the_same_as_known(client, sample_user):
    sample_user("ada@example.org")
    known = client.post(reverse("account_login"), {"login": "ada@example.org"}, follow=True)
    client.cookies.clear()
    unknown = client.post(reverse("account_login"), {"login": "eve@example.org"}, follow=True)
    same = [re.sub(r"(ada|eve)@example.org|value=\"[^\"]{60,}\"", "", text_of(page)) for page in (known, unknown)]
    assert same[0] == same[1]
    assert [letter.subject for letter in mail.outbox if letter.to == ["eve@example.org"]] == [
        "There is no account with this address"
    ]


def test_sign_up_makes_an_account_once_the_code_was_entered(client):
    asked = client.post(reverse("account_signup"), {"email": "new@example.org"})
    assert asked["Location"] == reverse("account_email_verification_sent")
    page = text_of(client.get(asked["Location"]))
    assert "Show that this email address is yours" in page
    client.post(asked["Location"], {"code": code_sent_to("new@example.org")})
    assert client.get(reverse("core:home")).status_code == 200
    assert not User.objects.get(email="new@example.org").has_usable_password()


def test_code_sent_again_is_another_and_the_old_one_no_longer_works(client, sample_user):
    sample_user("ada@example.org")
    asked = client.post(reverse("account_login"), {"login": "ada@example.org"})
    old = code_sent_to("ada@example.org")
    assert "Send a new code" in text_of(client.get(asked["Location"]))
    client.post(asked["Location"], {"action": "resend"})
    new = code_sent_to("ada@example.org")
    assert new != old
    assert "This code is not right" in text_of(client.post(asked["Location"], {"code": old}))
    assert client.post(asked["Location"], {"code": new})["Location"] == reverse("core:home")


def test_mistyped_address_can_be_given_up_for_another(client):
    asked = client.post(reverse("account_signup"), {"email": "nwe@example.org"})
    assert "Use a different email address" in text_of(client.get(asked["Location"]))
    again = client.post(reverse("account_logout"), {"next": reverse("account_signup")})
    assert again["Location"] == reverse("account_signup")
    assert "Make an account" in text_of(client.get(again["Location"]))


def test_sign_up_with_an_address_that_has_an_account_tells_only_its_owner(client, sample_user):
    sample_user("ada@example.org")
    page = client.post(reverse("account_signup"), {"email": "ada@example.org"}, follow=True)
    assert "already" not in text_of(page)
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [
        (["ada@example.org"], "You already have an account")
    ]


def test_address_changed_after_its_code_was_entered(client, sample_user):
    client.force_login(sample_user("ada@example.org"))
    client.post(reverse("account_email"), {"action_add": "1", "email": "ada.new@example.org"}, follow=True)
    assert User.objects.filter(email="ada@example.org").exists()
    client.post(reverse("account_email_verification_sent"), {"code": code_sent_to("ada.new@example.org")})
    assert User.objects.filter(email="ada.new@example.org").exists()


def test_sign_out_asks_first(client, sample_user):
    client.force_login(sample_user("ada@example.org"))
    assert "Sign out?" in text_of(client.get(reverse("account_logout")))
    client.post(reverse("account_logout"))
    assert client.get(reverse("core:home")).status_code == 302


@pytest.mark.parametrize("page", ["set", "change", "reset", "reset/done", "reset/key/1-set-password"])
def test_pages_about_passwords_are_not_there(client, sample_user, page):
    client.force_login(sample_user("ada@example.org"))
    assert client.get(f"/account/password/{page}/").status_code == 404


@pytest.mark.parametrize("name", ["about", "accessibility", "cookies", "licences", "vote-secrecy"])
def test_static_page_open_to_all(client, name):
    page = text_of(client.get(reverse(f"core:page-{name}")))
    assert page.count("<h1") == 1
    assert " style=" not in page
