"""What a line of the ledger names is there when the line is added, and stays."""

import pytest
from django.db import IntegrityError, OperationalError, connection, connections

from cwf_portal.core.audit import acting
from grants.models import Posting
from grants.services import post_journal
from tests.unit.grants.conftest import Story
from tests.unit.grants.services.test_posting import bare_journal, dormant, interest

pytestmark = pytest.mark.django_db
NOBODY = 987_654_321
ENABLED = """
SELECT tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname ~ '_(references|referred|renamed)$'
"""
REFERRED = {
    "grants_source": "source_id",
    "neighbourhoods_neighbourhood": "neighbourhood_id",
    "grants_agreement": "agreement_id",
}


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("source", {"source_id": NOBODY}),
        ("neighbourhood", {"neighbourhood_id": NOBODY}),
        ("agreement", {"agreement_id": NOBODY}),
    ],
)
def test_a_line_that_names_nothing_is_refused(accepted: Story, missing: str, named: dict[str, int]) -> None:
    place = accepted.fresh().allocation.neighbourhood_id
    line = {"line": 1, "line_count": 2, "account": "free", "strand": "place", "source_id": dormant(), "amount_pence": 5}
    journal = bare_journal("a")

    with pytest.raises(IntegrityError, match=f"names a {missing} that is not there"):
        Posting.objects.create(journal=journal, **(line | {"neighbourhood_id": place} | named))


@pytest.mark.parametrize(("table", "column"), REFERRED.items())
@pytest.mark.parametrize("change", ["DELETE FROM {} WHERE id = %s", "UPDATE {} SET id = id + 1000000 WHERE id = %s"])
def test_what_lines_name_keeps_its_key(accepted: Story, table: str, column: str, change: str) -> None:
    line = Posting.objects.filter(agreement=accepted.agreement).first()

    with (
        pytest.raises(IntegrityError, match="lines of the ledger name row"),
        acting("system:test", "tries"),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(table), [getattr(line, column)])


@pytest.mark.django_db(databases=["default", "owner"])
def test_what_a_line_names_cannot_go_before_the_line_is_committed() -> None:
    post_journal(by="system:statements", entry=interest("a"))

    with pytest.raises(OperationalError, match="could not obtain lock"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM grants_source WHERE id = %s FOR UPDATE NOWAIT", [dormant()])


@pytest.mark.parametrize("table", ["grants_posting", *REFERRED])
def test_no_setting_switches_the_references_off(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ENABLED, [table])
        enabled = {row[0] for row in cursor.fetchall()}
    assert {str(one) for one in enabled} == {"A"}
