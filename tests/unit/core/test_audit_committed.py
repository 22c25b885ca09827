"""History across real transactions: what one names is gone in the next."""

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from cwf_portal.core.audit import acting
from cwf_portal.core.models import User


def test_acting_committed_leaves_no_name_for_the_next_transaction(committed_db):
    with acting("system:test", "made for a test"):
        user = User.objects.create_user("first@sample.example")
    with pytest.raises(IntegrityError, match="names_actor"):
        User.objects.filter(pk=user.pk).update(full_name="Nobody did this")
    assert User.objects.get(pk=user.pk).full_name == ""


def test_acting_outermost_asks_the_database_once(committed_db):
    with CaptureQueriesContext(connection) as queries, acting("system:test", "looked around"):
        pass
    assert sum("set_config" in query["sql"] or "current_setting" in query["sql"] for query in queries) == 1
