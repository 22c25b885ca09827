"""What is said when signing in is refused, in place of allauth's own words."""

from django.utils.translation import gettext_lazy

SENTENCES = {
    "account_inactive": gettext_lazy("This account is closed. Write to the fund if you think that is wrong."),
    "cannot_remove_primary_email": gettext_lazy(
        "You cannot remove the email address you sign in with. Add another one first."
    ),
    "duplicate_email": gettext_lazy("You have already added this email address. Enter another one."),
    "email_taken": gettext_lazy("You cannot use this email address. Enter another one."),
    "incorrect_code": gettext_lazy("This code is not right. Look at the newest email from us and type the code again."),
    "invalid_login": gettext_lazy("Enter an email address in the right form, like name@example.com"),
    "max_email_addresses": gettext_lazy("You already have %d email addresses. Remove one first."),
    "rate_limited": gettext_lazy("You have asked for many codes in a short time. Wait five minutes, then try again."),
    "same_as_current": gettext_lazy("This is the email address you use now. Enter another one."),
    "too_many_login_attempts": gettext_lazy(
        "That was tried too many times. Wait five minutes, then ask for a new code."
    ),
    "unverified_primary_email": gettext_lazy("Show that this email address is yours first: we can send you a code."),
}
