from cwf_portal.core.views.closing import account_close, account_closed
from cwf_portal.core.views.confirming import confirm_identity
from cwf_portal.core.views.demo import demo_messages, demo_sign_in
from cwf_portal.core.views.held import held_file, held_list
from cwf_portal.core.views.home import home
from cwf_portal.core.views.operations import health, operations
from cwf_portal.core.views.pages import (
    no_passwords,
    page_about,
    page_accessibility,
    page_cookies,
    page_licences,
    page_vote_secrecy,
)
from cwf_portal.core.views.people import (
    people_list,
    reset_confirm,
    reset_refuse,
    reset_request,
    role_confirm,
    role_request,
    role_revoke,
)
from cwf_portal.core.views.sign_outs import sign_in_end, sign_in_list, sign_out_others
from cwf_portal.core.views.stopping import letter_stop

__all__ = [
    "account_close",
    "account_closed",
    "confirm_identity",
    "demo_messages",
    "demo_sign_in",
    "health",
    "held_file",
    "held_list",
    "home",
    "letter_stop",
    "no_passwords",
    "operations",
    "page_about",
    "page_accessibility",
    "page_cookies",
    "page_licences",
    "page_vote_secrecy",
    "people_list",
    "reset_confirm",
    "reset_refuse",
    "reset_request",
    "role_confirm",
    "role_request",
    "role_revoke",
    "sign_in_end",
    "sign_in_list",
    "sign_out_others",
]
