"""A resident signs in on a phone: one field, one code."""

import re

from cwf_portal.core.audit import acting
from cwf_portal.core.models import OutgoingMessage, User


def given_an_account(email):
    with acting("system:test", "made for a test"):
        return User.objects.create_user(email, full_name="Ada Example")


def code_in_the_latest_email_to(email):
    letter = OutgoingMessage.objects.filter(to=email).latest("pk")
    return re.search(r"^\d{4}-\d{4}$", letter.body, re.MULTILINE)[0]


def test_resident_signs_in_with_one_field_and_one_code(visitor):
    given_an_account("ada@example.org")

    visitor.goes_to("/home/")
    visitor.sees("You do not need a password")
    visitor.types("Your email address", "ada@example.org")
    visitor.presses("Send me a code")

    visitor.sees("Check your email", "ada@example.org")
    visitor.types("Code from the email", code_in_the_latest_email_to("ada@example.org"))
    visitor.presses("Continue")

    visitor.sees("Hello, Ada Example", "Sign out")


def test_sign_in_refused_puts_the_focus_on_what_to_mend(visitor):
    visitor.goes_to("/account/login/")
    visitor.types("Your email address", "not an address")
    visitor.presses("Send me a code")

    visitor.sees("There is a problem", "Enter an email address in the right form, like name@example.com")
    assert visitor.page.evaluate("document.activeElement.id") == "error-summary"
    visitor.page.get_by_role("link", name="Enter an email address in the right form").click()
    assert visitor.page.evaluate("document.activeElement.id") == "id_login"
    assert visitor.page.get_by_label("Your email address").input_value() == "not an address"


def test_wrong_code_says_what_to_do_and_the_right_one_still_works(visitor):
    given_an_account("ada@example.org")
    visitor.goes_to("/account/login/")
    visitor.types("Your email address", "ada@example.org")
    visitor.presses("Send me a code")

    visitor.types("Code from the email", "0000-0000")
    visitor.presses("Continue")
    visitor.sees("This code is not right. Look at the newest email from us and type the code again.")

    visitor.types("Code from the email", code_in_the_latest_email_to("ada@example.org"))
    visitor.presses("Continue")
    visitor.sees("Hello, Ada Example")


def test_newcomer_makes_an_account_and_signs_out_again(visitor):
    visitor.goes_to("/account/login/")
    visitor.follows("Make an account")
    visitor.types("Your email address", "new@example.org")
    visitor.presses("Continue")

    visitor.sees("Show that this email address is yours")
    visitor.types("Code from the email", code_in_the_latest_email_to("new@example.org"))
    visitor.presses("Continue")
    visitor.goes_to("/home/")
    visitor.sees("Hello")

    visitor.follows("Sign out")
    visitor.presses("Sign out")
    visitor.sees("You have signed out.")
    visitor.goes_to("/home/")
    visitor.sees("You do not need a password")


def test_sign_in_without_scripts(visitor_without_scripts):
    visitor = visitor_without_scripts
    given_an_account("ada@example.org")
    visitor.page.goto(visitor.portal.url + "/account/login/")
    visitor.page.get_by_label("Your email address").fill("ada@example.org")
    visitor.submits("Send me a code")
    visitor.page.get_by_label("Code from the email").fill(code_in_the_latest_email_to("ada@example.org"))
    visitor.submits("Continue")
    visitor.sees("Hello, Ada Example")


def test_sign_in_with_the_keyboard_only(visitor_at_a_desk):
    visitor = visitor_at_a_desk
    given_an_account("ada@example.org")
    visitor.goes_to("/account/login/")
    visitor.tabs_to("Skip to main content", presses=1)
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.type("ada@example.org")
    visitor.tabs_to("Send me a code", presses=2)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/confirm/**")
    visitor.finds_nothing_wrong()
    visitor.sees("Check your email")
