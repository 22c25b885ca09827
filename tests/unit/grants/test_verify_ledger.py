"""The command that recomputes the ledger."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from tests.unit.grants.conftest import Story
from tests.unit.grants.services.test_posting import bare_journal


@pytest.mark.usefixtures("accepted")
def test_a_sound_ledger_has_no_problems(story: Story) -> None:
    said, sentences = StringIO(), StringIO()

    call_command("verify_ledger", "--json", stdout=said)
    call_command("verify_ledger", stdout=sentences)

    found = json.loads(said.getvalue())
    assert (found["journals"], found["ledger_sum_pence"], found["problems"]) == (5, 0, [])
    assert sentences.getvalue().endswith("0 sealed days, sum 0 pence, 0 problems.\n")


@pytest.mark.django_db
def test_a_forged_journal_is_named_and_ends_the_command_with_an_error() -> None:
    said = StringIO()
    with transaction.atomic():
        journal = bare_journal("forged")
        with pytest.raises(SystemExit) as ended:
            call_command("verify_ledger", stdout=said)
        transaction.set_rollback(True)  # the database would not let it be committed

    assert ended.value.code == 1
    assert f"Journal {journal.pk} has 0 lines, not 2." in said.getvalue()
