"""What we use of allauth that it does not promise to keep: here only, so that a new version is tried in one place.

`pyproject.toml` bounds its version; raise the bound after the tests of signing in and confirming have passed with it.
"""

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.internal.flows.reauthentication import resume_request, suspend_request

__all__ = [
    "get_authentication_records",
    "record_authentication",
    "resume_request",
    "suspend_request",
    "sync_user_email_address",
]
