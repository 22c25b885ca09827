"""Somebody closes their account while an administrator confirms a role for them: one of the two is refused."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from cwf_portal.core.audit import acting
from cwf_portal.core.closing import close_account
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Role
from cwf_portal.core.services import appoint_administrators, confirm_role, request_role

TIMES = 8


@pytest.fixture
def asked(committed_db: str) -> list[RoleGrant]:
    """Roles that one administrator asked for, each for another person."""
    appoint_administrators(by="system:test", first="one@example.org", second="two@example.org")
    one = User.objects.get(email="one@example.org")
    with acting("system:test", "made for a test"):
        people = [User.objects.create_user(f"{number}@example.org") for number in range(TIMES)]
    return [request_role(by=one, user=user, role=Role.AUDITOR) for user in people]


def test_an_account_is_never_closed_with_a_role(asked: list[RoleGrant]) -> None:
    two = User.objects.get(email="two@example.org")

    def at_once(grant: RoleGrant) -> list[str]:
        barrier = Barrier(2)

        def attempt(step: str) -> str:
            barrier.wait()
            try:
                close_account(by=grant.user) if step == "closed" else confirm_role(by=two, grant=grant)
            except ConflictError:
                return "refused"
            finally:
                connections.close_all()
            return step

        with ThreadPoolExecutor(2) as pool:
            return sorted(pool.map(attempt, ("closed", "confirmed")))

    found = [at_once(grant) for grant in asked]
    assert all(each in (["closed", "refused"], ["confirmed", "refused"]) for each in found), found
    assert not RoleGrant.objects.standing().exclude(user__closed_at=None).exists()
