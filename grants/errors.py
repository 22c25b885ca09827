"""What can go wrong with money, told to people with the numbers."""

from cwf_portal.core.errors import ConflictError, DomainError
from cwf_portal.core.figures_text import pounds

in_pounds = pounds  # an amount as it stands in a sentence


def per_cent(basis_points: int) -> str:
    """A rate as it stands in a sentence: 3% or 2.25%."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


class HeadroomError(DomainError):
    """More would be promised than there is."""

    def __init__(self, *, wanted_pence: int, available_pence: int, what: str, frozen: str = "") -> None:
        self.wanted_pence = wanted_pence
        self.available_pence = available_pence
        wanted, available = in_pounds(wanted_pence), in_pounds(available_pence)
        super().__init__(
            f"{wanted} is wanted for {what}, but only {available} can be promised. {frozen}".strip(),
            mend="Wait for the next wave to arrive, or set aside less.",
        )


class PolicyError(DomainError):
    """An approval would spend faster than the programme's policy allows."""


class LimitError(DomainError):
    """The value lies above what the officer may approve."""


class WrongStateError(ConflictError):
    """The agreement, report, review or payment is not at the point from which this step starts."""
