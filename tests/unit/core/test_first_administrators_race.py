"""Two operators appoint the first administrators at the same moment: one pair stands."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from cwf_portal.core.errors import ConflictError
from cwf_portal.core.models import RoleGrant
from cwf_portal.core.services import appoint_administrators


def test_two_pairs_at_once_are_one_pair(committed_db) -> None:
    barrier = Barrier(2)

    def appoint(number: int) -> str:
        barrier.wait()
        try:
            appoint_administrators(by="system:test", first=f"a{number}@example.org", second=f"b{number}@example.org")
        except ConflictError:
            return "refused"
        finally:
            connections.close_all()
        return "appointed"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(appoint, range(2))) == ["appointed", "refused"]
    assert RoleGrant.objects.standing().count() == 2
