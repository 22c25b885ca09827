"""How long something may stay open before it counts as a difference, in days."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Days of patience; each counts from the day named.

    Attributes:
        instructed: from the processing day of a payment that nothing holds until it goes to the bank.
        answered: from the day on which money should arrive until the bank tells of it.
        explained: from the value date of a line nobody knows until two people have cleared it.
    """

    instructed: int = 5
    answered: int = 3
    explained: int = 10
