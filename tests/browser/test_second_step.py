"""A passkey and an app, set up and shown in a real browser; Chromium plays the device that asks for a fingerprint."""

import re
import time
from dataclasses import replace

from allauth.mfa.totp.internal.auth import hotp_value
from playwright.sync_api import expect

from cwf_portal.core.audit import acting
from cwf_portal.core.models import OutgoingMessage, User

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def given_an_account():
    with acting("system:test", "made for a test"):
        return User.objects.create_user("ada@example.org", full_name="Ada Example")


def code_in_the_latest_email():
    return re.search(r"^\d{4}-\d{4}$", OutgoingMessage.objects.latest("pk").body, re.MULTILINE)[0]


def given_a_device(visitor):
    devices = visitor.page.context.new_cdp_session(visitor.page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def at_a_name(portal):
    """The portal at an address that is a name: browsers make no passkeys for numbers."""
    return replace(portal, url=portal.url.replace("127.0.0.1", "localhost"))


def test_somebody_signs_in_with_the_passkey_they_set_up(visitor):
    visitor.portal = at_a_name(visitor.portal)
    given_a_device(visitor)
    given_an_account()
    visitor.goes_to("/account/login/?next=/account/second-step/")
    visitor.types("Your email address", "ada@example.org")
    visitor.presses("Send me a code")
    visitor.types("Code from the email", code_in_the_latest_email())
    visitor.presses("Continue")
    visitor.presses("Set up a passkey")
    visitor.sees("Your device asks for your fingerprint")
    visitor.types("What to call it (optional)", "my phone")
    visitor.page.get_by_role("button", name="Set it up").click()
    expect(visitor.page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    visitor.sees("You see these once")
    visitor.goes_to("/account/second-step/")
    visitor.sees("my phone", "You have 10 codes left")

    visitor.page.context.clear_cookies()
    visitor.goes_to("/account/login/?next=/about/")
    visitor.page.get_by_role("button", name="Sign in with a passkey").click()
    visitor.page.wait_for_url(visitor.portal.url + "/about/")
    visitor.sees("Sign out")


def test_somebody_sets_up_an_app_without_scripts(visitor_without_scripts):
    visitor = visitor_without_scripts
    visitor.is_signed_in_as(given_an_account())
    visitor.page.goto(visitor.portal.url + "/account/second-step/")
    visitor.sees("This browser cannot make passkeys, or runs no scripts. Use an app instead.")
    visitor.submits("Set up an app")
    expect(visitor.page.get_by_role("img", name="Picture for the app’s camera")).to_be_visible()
    visitor.types("Code that your app shows now", "000 000")
    visitor.submits("Set it up")
    visitor.sees("There is a problem", "This code is not right. Wait for the app to show the next one, and type that.")
    secret = re.search(r'cwf-secret">(\w+)<', visitor.page.content())[1]
    visitor.types("Code that your app shows now", f"{hotp_value(secret, int(time.time()) // 30):06d}")
    visitor.submits("Set it up")
    visitor.sees("Recovery codes", "You see these once")
    visitor.page.goto(visitor.portal.url + "/account/second-step/")
    visitor.page.get_by_role("link", name="Remove the app").click()
    visitor.submits("Remove the app")
    visitor.sees("The app was removed.")
