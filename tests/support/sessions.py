"""Sessions of people who signed in just now."""

from django.http import HttpRequest
from django.test import Client

from cwf_portal.core.fresh import note_sign_in
from cwf_portal.core.models import User


def sign_in(client: Client, user: User) -> Client:
    """`client` with a session of `user`, as fresh as after the sign-in page."""
    client.force_login(user)
    request = HttpRequest()
    request.session = client.session
    note_sign_in(request, user, "test")
    request.session.save()
    return client
