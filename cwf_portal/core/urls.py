from django.urls import path

from cwf_portal.core import views

app_name = "core"

urlpatterns = [
    path("home/", views.home, name="home"),
    path("confirm/", views.confirm_identity, name="confirm-identity"),
    path("signed-in/", views.sign_in_list, name="sign-in-list"),
    path("signed-in/<int:pk>/end/", views.sign_in_end, name="sign-in-end"),
    path("your-data/", views.held_list, name="held-list"),
    path("your-data/file.json", views.held_file, name="held-file"),
    path("your-data/close/", views.account_close, name="account-close"),
    path("account-closed/", views.account_closed, name="account-closed"),
    path("sign-out-elsewhere/", views.sign_out_others, name="sign-out-others"),
    path("letters/stop/<str:token>/", views.letter_stop, name="letter-stop"),
    path("people/", views.people_list, name="people-list"),
    path("people/roles/ask/", views.role_request, name="role-request"),
    path("people/roles/<int:pk>/confirm/", views.role_confirm, name="role-confirm"),
    path("people/roles/<int:pk>/take-back/", views.role_revoke, name="role-revoke"),
    path("people/second-steps/ask/", views.reset_request, name="reset-request"),
    path("people/second-steps/<int:pk>/confirm/", views.reset_confirm, name="reset-confirm"),
    path("people/second-steps/<int:pk>/refuse/", views.reset_refuse, name="reset-refuse"),
    path("operations/", views.operations, name="operations"),
    path("healthz", views.health, name="health"),
    path("demo/sign-in/", views.demo_sign_in, name="demo-sign-in"),
    path("demo/sign-in/<slug:slug>/", views.demo_sign_in, name="demo-sign-in-as"),
    path("demo/messages/", views.demo_messages, name="demo-messages"),
    path("about/", views.page_about, name="page-about"),
    path("accessibility/", views.page_accessibility, name="page-accessibility"),
    path("cookies/", views.page_cookies, name="page-cookies"),
    path("licences/", views.page_licences, name="page-licences"),
    path("how-your-vote-stays-secret/", views.page_vote_secrecy, name="page-vote-secrecy"),
]
