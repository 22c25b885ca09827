"""Where the children of a scratch portal find its database."""

import pytest
from django.conf import settings

from cwf_portal.operations.scratch import database_url
from cwf_portal.settings import database


def test_server_proves_itself_in_scratch_as_it_does_here(monkeypatch: pytest.MonkeyPatch) -> None:
    here = database("postgresql://cwf_owner:a%2Fb@db:5433/cwf?sslmode=verify-full&sslrootcert=/ca.pem")
    monkeypatch.setitem(settings.DATABASES, "owner", here)

    there = database(database_url("owner", "scratch"))

    assert there == here | {"NAME": "scratch"}
