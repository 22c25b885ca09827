"""What is said when signing in is refused, in place of allauth's own words."""

SENTENCES = {
    "account_inactive": "This account is closed. Write to the fund if you think that is wrong.",
    "cannot_remove_primary_email": "You cannot remove the email address you sign in with. Add another one first.",
    "duplicate_email": "You have already added this email address. Enter another one.",
    "email_taken": "You cannot use this email address. Enter another one.",
    "incorrect_code": "This code is not right. Look at the newest email from us and type the code again.",
    "invalid_login": "Enter an email address in the right form, like name@example.com",
    "max_email_addresses": "You already have %d email addresses. Remove one first.",
    "rate_limited": "You have asked for many codes in a short time. Wait five minutes, then try again.",
    "same_as_current": "This is the email address you use now. Enter another one.",
    "too_many_login_attempts": "That was tried too many times. Wait five minutes, then ask for a new code.",
    "unverified_primary_email": "Show that this email address is yours first: we can send you a code.",
}
