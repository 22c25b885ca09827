from django.urls import include, path

urlpatterns = [
    path("", include("neighbourhoods.urls")),
    path("", include("cwf_portal.core.urls")),
    path("", include("panels.urls")),
    path("", include("grants.urls")),
    path("", include("cwf_portal.operations.urls")),
    path("account/", include("cwf_portal.core.account_urls")),
]
handler400 = "cwf_portal.core.views.errors.bad_request"
handler404 = "cwf_portal.core.views.errors.not_found"
handler500 = "cwf_portal.core.views.errors.server_error"
