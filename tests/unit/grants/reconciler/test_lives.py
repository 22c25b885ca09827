"""An altered schedule row, an altered uplift, an altered variation: each is found by living the agreement again."""

from collections.abc import Callable

from django.db import connections, transaction

from cwf_portal.core.clock import core_now
from grants.domain.schedule import Profile
from grants.services.uplift import raise_with_prices
from tests.unit.grants.conftest import Beginning, tell_accepted
from tests.unit.grants.reconciler.lived_again import schedule_differences
from tests.unit.grants.services.test_uplift import go_to_anniversary, publish
from tests.unit.grants.services.test_variations import approve_by_value, propose

MOVED = """
WITH pair AS (SELECT id, CASE number WHEN 7 THEN 700 ELSE -700 END AS more FROM grants_tranche WHERE number IN (7, 8)),
     changed AS (UPDATE grants_tranche AS t SET {column} = {column} + more FROM pair WHERE t.id = pair.id)
UPDATE grants_tranchefunding AS f SET {column} = f.{column} + more
  FROM pair WHERE f.id = (SELECT min(id) FROM grants_tranchefunding WHERE tranche_id = pair.id)
"""
# Alike in every row that says the same, so that nothing but the terms contradicts it.
FORGED = [
    (("grants_tranche", "grants_tranchefunding"), MOVED.format(column="amount_pence")),
    (("grants_tranche", "grants_tranchefunding"), MOVED.format(column="contribution_pence")),
    (
        ("grants_tranche", "grants_tranchefunding"),
        "WITH raised AS (UPDATE grants_tranche SET uplift_pence = uplift_pence + 9 WHERE number = 3 RETURNING id)"
        " UPDATE grants_tranchefunding SET uplift_pence = uplift_pence + 9 WHERE id = (SELECT max(f.id) FROM"
        " grants_tranchefunding AS f JOIN raised ON raised.id = f.tranche_id)",
    ),
    (("grants_variationline",), "UPDATE grants_variationline SET amount_pence = amount_pence + 1 WHERE number = 9"),
    (("grants_variation",), "UPDATE grants_variation SET proposed_at = proposed_at + interval '9 months'"),
    (("grants_agreementversion",), "UPDATE grants_agreementversion SET profile = 'front_loaded' WHERE number = 2"),
    (("grants_uplift",), "UPDATE grants_uplift SET made_at = made_at - interval '9 years'"),
    (("grants_agreementversion",), "UPDATE grants_agreementversion SET made_at = made_at + '9 years' WHERE number = 1"),
    (("grants_priceindex",), "UPDATE grants_priceindex SET value = value + 0.1"),
    (
        ("grants_tranchefunding",),
        "UPDATE grants_tranchefunding SET source_id = (SELECT max(id) FROM grants_source) WHERE id IN (SELECT min(id)"
        " FROM grants_tranchefunding GROUP BY tranche_id) AND tranche_id IN (SELECT id FROM grants_tranche WHERE"
        " number = 9)",
    ),
]


def tell_risen_and_varied() -> Beginning:
    """Prices raised the second year, and then the rest was spread evenly."""
    beginning = tell_accepted()
    story = beginning.story
    assert story is not None
    publish(story.agreement, 1, "2.5")
    go_to_anniversary(story.agreement, 1)
    raise_with_prices(by="system:calendar", at=core_now())
    approve_by_value(story, propose(story, profile=Profile.EVEN))
    return beginning


def forged(tables: tuple[str, ...], statement: str) -> list[str]:
    """What the check says of altered rows; they are as they were afterwards."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        assert cursor.rowcount, "nothing was forged"
        found = schedule_differences(using="owner")
        transaction.set_rollback(True, using="owner")
    return found


def test_altered_row_is_found_whatever_it_says(committed_beginning: Callable[..., Beginning]) -> None:
    committed_beginning("risen_and_varied", tell_risen_and_varied)
    before = schedule_differences()

    found = [forged(tables, statement) for tables, statement in FORGED]

    assert before == []
    assert [bool(one) for one in found] == [True] * len(FORGED)
    assert any("the uplift is" in one for one in found[2])
    assert any("approved was" in one for one in found[3])
    assert schedule_differences() == []
