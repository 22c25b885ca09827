"""Whether an account number can exist, by the modulus table in force."""

from functools import lru_cache

from grants.domain.bank_text import Account
from grants.domain.modulus import ModulusResult, ModulusRules, check_account, read_tables
from grants.models import ModulusTable


def modulus_check(*, sort_code: str, account_number: str) -> ModulusResult | None:
    """What the table loaded last says of an account; None where the operator has loaded none."""
    newest = ModulusTable.objects.values_list("sha256", flat=True).first()
    return None if newest is None else check_account(_rules(newest), Account(sort_code, account_number))


@lru_cache(maxsize=2)
def _rules(sha256: str) -> ModulusRules:
    """The rules of the table with this content, read once a process; a table never changes."""
    table = ModulusTable.objects.get(sha256=sha256)
    return read_tables(weights=table.weights, substitutions=table.substitutions)


def modulus_in_words(result: ModulusResult | None) -> str:
    """What the check says to a person."""
    if result is None:
        return "Not made: no table is loaded"
    return {
        ModulusResult.VALID: "The number can exist at this sort code",
        ModulusResult.INVALID: "The number cannot exist at this sort code",
        ModulusResult.NOT_CHECKED: "Not made: the table does not know this sort code. Take special care.",
    }[result]
