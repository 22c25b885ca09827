"""Loading the modulus table: the operator's own, because it is not ours to carry."""

import hashlib

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import DomainError
from grants.domain.modulus import ModulusTableError, read_tables
from grants.models import ModulusTable

LARGEST_CHARACTERS = 4_000_000


def load_modulus_table(*, by: str, name: str, weights: str, substitutions: str = "") -> tuple[ModulusTable, bool]:
    """Put a table in force, whole or not at all; the same name and content again changes nothing.

    Returns:
        The table, and whether it is new.

    Raises:
        DomainError: a line that cannot be read, with its number.
    """
    if len(weights) + len(substitutions) > LARGEST_CHARACTERS:
        raise DomainError("These are no modulus tables: they are far too long.")
    try:
        read_tables(weights=weights, substitutions=substitutions)
    except ModulusTableError as error:
        raise DomainError(str(error), mend="Load the files as Vocalink publishes them; nothing was changed.") from error
    said = "\0".join((name, weights, substitutions))
    with acting(by, f"load the modulus table {name}"):
        return ModulusTable.objects.get_or_create(
            sha256=hashlib.sha256(said.encode()).hexdigest(),
            defaults={"name": name[:60], "weights": weights, "substitutions": substitutions},
        )
