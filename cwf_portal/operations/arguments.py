"""What the journey may be asked, checked before anything is started."""

from dataclasses import dataclass
from typing import Any

ALL_NEIGHBOURHOODS = 225


class ArgumentsError(ValueError):
    """An argument that cannot be; one line for the person who typed it."""


@dataclass(frozen=True)
class Bounds:
    """The whole numbers an option takes, both ends included."""

    lowest: int
    highest: int
    meaning: str


BOUNDS = {
    "neighbourhoods": Bounds(1, ALL_NEIGHBOURHOODS, "how many of the real neighbourhoods take part"),
    "years": Bounds(1, 15, "the term of every agreement"),
    "voters": Bounds(1, 2000, "how many residents vote in each place"),
    "seed": Bounds(0, 2**63 - 1, "which people and projects are invented"),
    "workers": Bounds(1, 16, "how many processes the Celery worker has"),
}
DEFAULTS = {"neighbourhoods": ALL_NEIGHBOURHOODS, "years": 10, "voters": 20, "seed": 1, "workers": 2}


@dataclass(frozen=True)
class JourneyArguments:
    """A checked request. Equal arguments give an equal report."""

    neighbourhoods: int
    years: int
    voters: int
    seed: int
    workers: int

    @classmethod
    def checked(cls, options: dict[str, Any]) -> "JourneyArguments":
        """Read the options of the command, still text.

        Raises:
            ArgumentsError: the first that is no whole number or out of bounds.
        """
        return cls(**{name: _whole_number(name, str(options[name]), bounds) for name, bounds in BOUNDS.items()})

    def as_options(self) -> list[str]:
        return [part for name in BOUNDS for part in (f"--{name}", str(getattr(self, name)))]


def _whole_number(name: str, text: str, bounds: Bounds) -> int:
    try:
        number = int(text)
    except ValueError:
        raise ArgumentsError(f"--{name} takes a whole number, not {text[:40]!r}.") from None
    if not bounds.lowest <= number <= bounds.highest:
        raise ArgumentsError(f"--{name} must be from {bounds.lowest} to {bounds.highest}, not {number}.")
    return number
