"""The operator's table: loaded whole or not at all, and bank details that it refuses are never kept."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from cwf_portal.core.errors import DomainError
from grants import services
from grants.domain.modulus import ModulusResult
from grants.models import AccountableBody, BankAccount, ModulusTable
from grants.selectors.modulus import modulus_check, modulus_in_words
from tests.unit.grants.conftest import People, make_body

WEIGHTS = "102030 102030 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1\n"


@pytest.fixture
def load(db: None, tmp_path: Path) -> Callable[..., str]:
    """Run the command over a file with these lines."""

    def run(lines: str, *options: str) -> str:
        file, said = tmp_path / "valacdos.txt", StringIO()
        file.write_text(lines, encoding="utf-8")
        call_command("load_modulus_table", str(file), *options, stdout=said)
        return said.getvalue()

    return run


@pytest.fixture
def body(people: People) -> AccountableBody:
    return make_body(people)


def propose(people: People, body: AccountableBody, number: str, code: str = "10-20-30") -> BankAccount:
    return services.propose_bank_account(
        by=people.treasurer, body=body, account_name="Trust", sort_code=code, account_number=number
    )


def test_without_a_table_no_check_is_made(people: People, body: AccountableBody) -> None:
    assert modulus_check(sort_code="102030", account_number="00000052") is None
    assert propose(people, body, "00000052").account_number == "00000052"


def test_details_that_cannot_exist_are_refused_and_nothing_is_kept(
    people: People, body: AccountableBody, load: Callable[..., str]
) -> None:
    assert load(WEIGHTS) == "valacdos.txt is in force.\n"

    with pytest.raises(DomainError, match="cannot exist at this sort code. Read both again"):
        propose(people, body, "00000052")
    assert not BankAccount.objects.exists()
    assert propose(people, body, "00000051").sort_code == "102030"


def test_sort_code_the_table_does_not_know_passes_with_a_warning(
    people: People, body: AccountableBody, load: Callable[..., str]
) -> None:
    load(WEIGHTS)

    propose(people, body, "00000052", "10-20-31")

    result = modulus_check(sort_code="102031", account_number="00000052")
    assert result is ModulusResult.NOT_CHECKED
    assert "Take special care" in modulus_in_words(result)


def test_table_loaded_last_is_in_force_and_the_same_again_changes_nothing(load: Callable[..., str]) -> None:
    load(WEIGHTS)
    assert load(WEIGHTS) == "valacdos.txt was loaded before; nothing was changed.\n"
    load(WEIGHTS.replace("MOD11", "MOD10"), "--name", "v641")

    assert ModulusTable.objects.count() == 2
    assert modulus_check(sort_code="102030", account_number="00000051") is ModulusResult.INVALID
    assert modulus_check(sort_code="102030", account_number="00000042") is ModulusResult.VALID


@pytest.mark.parametrize("lines", ["", "nonsense", WEIGHTS + "1 2 3", "１02030 102030 MOD11 1"])
def test_table_that_cannot_be_read_changes_nothing(load: Callable[..., str], lines: str) -> None:
    with pytest.raises(CommandError):
        load(lines)

    assert not ModulusTable.objects.exists()


def test_table_is_never_changed(load: Callable[..., str]) -> None:
    load(WEIGHTS)

    with pytest.raises(DatabaseError), transaction.atomic():
        ModulusTable.objects.update(weights="")
