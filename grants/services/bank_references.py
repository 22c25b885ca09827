"""The text by which a line of the bank is known stands for one thing only: a wave or an order."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError

from cwf_portal.core.errors import ConflictError
from grants.services.posting import constraint_of

ONE_MEANING = "grants_bank_reference_one_meaning"


@contextmanager
def known_by(reference: str) -> Iterator[None]:
    """Write something down that a line of this reference will be about.

    Raises:
        ConflictError: The reference stands for a wave or an order; the database says so, also to two at once.
    """
    try:
        yield
    except IntegrityError as error:
        if constraint_of(error) != ONE_MEANING:
            raise
        raise ConflictError(
            f"The reference {reference} stands for a wave or an order already.", mend="Choose another."
        ) from error
