"""Nobody but the owner makes temporary tables, which would be found before the real ones."""

import pytest
from django.db import ProgrammingError, connections


@pytest.mark.django_db(databases=["default", "reader"])
@pytest.mark.parametrize("alias", ["default", "reader"])
def test_no_table_of_ones_own_stands_before_the_clock_of_record(alias: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), connections[alias].cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE core_clock AS SELECT interval '3 days' AS shift")
