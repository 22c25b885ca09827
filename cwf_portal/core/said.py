"""Sentences that can be said in another language after their numbers were put in. Pure Python: domains use it."""

from collections.abc import Mapping
from typing import Any


class Pence(int):
    """Money in a sentence, in pence; in English such as "£1,234.50"."""

    def __format__(self, spec: str) -> str:
        """For sentences."""
        whole, rest = divmod(int(self), 100)
        return f"£{whole:,}.{rest:02d}" if rest else f"£{whole:,}"


class Place(int):
    """A place in an order; in English such as "2nd"."""

    def __format__(self, spec: str) -> str:
        """For sentences."""
        suffix = "th" if self % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(self % 10, "th")
        return f"{int(self)}{suffix}"


class Named(str):
    """What people called something or wrote, in a sentence of ours; it stays in their language."""


class Written(Named):
    """What people wrote, in English, which remembers how somebody put it into other languages.

    Attributes:
        elsewhere: the same in other languages, by their codes.
    """

    elsewhere: Mapping[str, str]

    def __new__(cls, english: str, elsewhere: Mapping[str, str]) -> "Written":
        made = super().__new__(cls, english)
        made.elsewhere = elsewhere
        return made


class Said(str):
    """A sentence in English that remembers its pattern and what stands in it.

    Attributes:
        pattern: the sentence as catalogues have it, such as "You gave {given} points."
        values: what stands in its braces.
    """

    pattern: str
    values: dict[str, Any]

    def __new__(cls, pattern: str, **values: Any) -> "Said":
        made = super().__new__(cls, pattern.format(**values))
        made.pattern, made.values = pattern, values
        return made
