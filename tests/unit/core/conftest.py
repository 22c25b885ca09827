from collections.abc import Callable

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Role


@pytest.fixture
def sample_user(db) -> Callable[..., User]:
    """Makes a person, with roles that two others asked for and confirmed."""

    def make(email: str, *roles: Role) -> User:
        with acting("system:test", "made for a test"):
            user = User.objects.create_user(email, full_name=email.split("@")[0].title())
            for role in roles:
                asked = User.objects.create_user(f"asks-{role}-{email}")
                confirms = User.objects.create_user(f"confirms-{role}-{email}")
                RoleGrant.objects.create(
                    user=user, role=role, requested_by=asked, confirmed_by=confirms, confirmed_at=user.joined_at
                )
        return User.objects.get(pk=user.pk)

    return make
