"""Migrations say in one sentence what keeps them from running, and what a person does first."""

from importlib import import_module

import pytest
from django.db import DatabaseError, connections, transaction

ONE_SALE = import_module("grants.migrations.0035_bank_lines_never_stop").ONE_SALE
# Before that migration, in this session alone: tables of the same names that hold what it looks at.
AS_IT_WAS = """
CREATE TEMP TABLE grants_holding (id int, name text) ON COMMIT DROP;
CREATE TEMP TABLE grants_fundorder (
    kind text, holding_id int, confirmed_by_id int, journal_id int, withdrawn_by_id int) ON COMMIT DROP;
INSERT INTO grants_holding VALUES (1, 'Gilts of 2031');
INSERT INTO grants_fundorder VALUES ('sale', 1, 5, NULL, NULL), ('sale', 1, 6, NULL, NULL), ('sale', 1, 5, 9, NULL);
"""


@pytest.mark.django_db(databases=["default", "owner"])
def test_two_sales_of_one_holding_are_named_with_what_to_do() -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(AS_IT_WAS)
        refused = pytest.raises(DatabaseError, match="Two sales of “Gilts of 2031” wait .* withdraw all but one")
        with refused, transaction.atomic(using="owner"):
            cursor.execute(ONE_SALE)

        cursor.execute("UPDATE grants_fundorder SET withdrawn_by_id = 7 WHERE confirmed_by_id = 6")
        cursor.execute(ONE_SALE)
