"""A view that does what any Django site would: is somebody signed in, then one INSERT."""

import secrets

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path

TABLE = (
    "CREATE TABLE bench_ballot (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, voter bigint NOT NULL UNIQUE, "
    "sealed bytea NOT NULL)"
)
GRANT = "GRANT INSERT ON bench_ballot TO cwf_app"
SEALED_BYTES = 859


@login_required
def cast(request: HttpRequest) -> HttpResponse:
    """Store as many bytes as a sealed ballot of 60 projects has, and send the voter on."""
    with connection.cursor() as cursor:
        values = [request.user.pk, secrets.token_bytes(SEALED_BYTES)]
        cursor.execute("INSERT INTO bench_ballot (voter, sealed) VALUES (%s, %s)", values)
    return HttpResponseRedirect("/done/")


def ready(request: HttpRequest) -> HttpResponse:
    """That the server is up."""
    return HttpResponse()


urlpatterns = [path("cast/", cast), path("bench/", ready)]
