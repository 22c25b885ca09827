"""What somebody else holds is waited for briefly, and then said in a sentence."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse

from cwf_portal.core.audit import acting
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Role
from cwf_portal.core.services import request_role
from tests.support.sessions import sign_in

SENTENCE = "Somebody else is working on this just now. What you just sent was not saved."


@pytest.fixture
def asked(committed_db: str) -> Iterator[tuple[User, RoleGrant]]:
    """A second administrator, and a role that waits for them."""
    with acting("system:test", "made for a test"):
        first, second, auditor = (User.objects.create_user(f"{name}@example.org") for name in ("a", "b", "c"))
        for user, other in ((first, second), (second, first)):
            RoleGrant.objects.create(
                user=user,
                role=Role.ADMINISTRATOR,
                requested_by=other,
                confirmed_by=auditor,
                confirmed_at=user.joined_at,
            )
    yield second, request_role(by=first, user=auditor, role=Role.AUDITOR)
    connections.close_all()


def test_row_that_somebody_else_holds_is_a_sentence_and_nothing_is_saved(asked: tuple[User, RoleGrant]) -> None:
    second, grant = asked
    is_held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            RoleGrant.objects.select_for_update().get(pk=grant.pk)
            is_held.set()
            may_end.wait(60)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(60)
    client = sign_in(Client(), second)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    page = client.post(reverse("core:role-confirm", args=[grant.pk]))
    may_end.set()
    holder.join()

    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert SENTENCE in page.content.decode()
    assert RoleGrant.objects.get(pk=grant.pk).confirmed_at is None
