"""What we use of allauth that it does not promise to keep: here only, so that a new version is tried in one place.

`pyproject.toml` bounds its version; raise the bound after the tests of signing in and confirming have passed with it.
"""

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.internal.flows.reauthentication import resume_request, suspend_request
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login

__all__ = [
    "begin_authentication",
    "format_hotp_value",
    "get_authentication_records",
    "hotp_value",
    "perform_passwordless_login",
    "record_authentication",
    "resume_request",
    "suspend_request",
    "sync_user_email_address",
    "yield_hotp_counters_from_time",
]
