"""allauth's pages that we use: all but those about passwords, for there are none here."""

from allauth.account import views as allauth_views
from django.urls import path

from cwf_portal.core.languages import translated
from cwf_portal.core.views import no_passwords, second_step

urlpatterns = [
    path("login/", translated(allauth_views.login), name="account_login"),
    path("login/code/", translated(allauth_views.request_login_code), name="account_request_login_code"),
    path("login/code/confirm/", translated(allauth_views.confirm_login_code), name="account_confirm_login_code"),
    path("logout/", translated(allauth_views.logout), name="account_logout"),
    path("signup/", translated(allauth_views.signup), name="account_signup"),
    path("confirm-email/", translated(allauth_views.email_verification_sent), name="account_email_verification_sent"),
    path("email/", translated(allauth_views.email), name="account_email"),
    path("inactive/", translated(allauth_views.account_inactive), name="account_inactive"),
    path("reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("second-step/", second_step.second_step_index, name="mfa_index"),
    path("second-step/show/", second_step.second_step_show, name="mfa_authenticate"),
    path("second-step/app/", second_step.app_add, name="mfa_activate_totp"),
    path("second-step/app/remove/", second_step.app_remove, name="mfa_deactivate_totp"),
    path("second-step/codes/", second_step.codes_list, name="mfa_view_recovery_codes"),
    path("second-step/codes/new/", second_step.codes_new, name="mfa_generate_recovery_codes"),
    path("second-step/passkey/", second_step.passkey_add, name="mfa_add_webauthn"),
    path("second-step/passkey/<int:pk>/remove/", second_step.passkey_remove, name="mfa_remove_webauthn"),
    path("login/passkey/", second_step.passkey_sign_in, name="mfa_login_webauthn"),
    # allauth wants the address of this page for one of its letters; ours does not mention it.
    path("password/reset/", no_passwords, name="account_reset_password"),
]
