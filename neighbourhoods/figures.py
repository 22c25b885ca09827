"""The registry of measures and kinds of events. Each room declares its own, and how to compute them from source.

Core imports every room's `figures` module at start-up; this room's own are in `measures`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True)
class MeasureSpec:
    """What a number means. See `neighbourhoods.models.Measure`."""

    code: str
    title: str
    definition: str
    unit: Literal["pence", "count", "pct", "score"]
    additive: bool
    source: str
    licence: str
    freshness: str
    disclosure_rule: Literal["none", "under_ten"] = "none"
    version: int = 1


@dataclass(frozen=True)
class ObservationRow:
    """The exact number of one place in one period (both days included); a ratio has a denominator above zero."""

    neighbourhood_id: int
    period_start: date
    period_end: date
    numerator: int
    denominator: int | None = None


@dataclass(frozen=True)
class EventKind:
    """A kind of event: a short title, and a sentence in which `{name}` stands for a parameter of the event.

    Parameters whose name ends in `_pence` are written as pounds, those ending in `_on` as dates.
    `invites` marks what residents can take part in, `tells` what whoever follows the place is written to about.
    """

    code: str
    title: str
    sentence: str = ""
    invites: bool = False
    tells: bool = False


Compute = Callable[[list[int] | None], Iterable[ObservationRow]]

_measures: dict[str, MeasureSpec] = {}
_computes: dict[str, Compute] = {}
_kinds: dict[str, EventKind] = {}


def declare_measure(
    *,
    code: str,
    title: str,
    definition: str,
    unit: Literal["pence", "count", "pct", "score"],
    additive: bool,
    source: str,
    licence: str,
    freshness: str,
    disclosure_rule: Literal["none", "under_ten"] = "none",
    version: int = 1,
) -> MeasureSpec:
    """Declare what a measure means; declaring the same code again with other words is a mistake.

    Raises:
        ValueError: the code is taken by a measure that differs.
    """
    spec = MeasureSpec(code, title, definition, unit, additive, source, licence, freshness, disclosure_rule, version)
    if _measures.setdefault(code, spec) != spec:
        raise ValueError(f"measure {code} is declared twice")
    return spec


def computes(code: str) -> Callable[[Compute], Compute]:
    """Register `fn(neighbourhood_ids or None for all) -> rows`, which works the measure out from its source."""

    def register(compute: Compute) -> Compute:
        _computes[code] = compute
        return compute

    return register


def declare_event_kind(
    code: str, *, title: str, sentence: str = "", invites: bool = False, tells: bool = False
) -> EventKind:
    """Say how an event of this kind reads, whether it invites residents to take part, and if followers are told."""
    kind = _kinds[code] = EventKind(code, title, sentence, invites, tells)
    return kind


def inviting_kinds() -> list[str]:
    """Codes of the kinds of event that invite residents to take part, for the start page."""
    return sorted(code for code, kind in _kinds.items() if kind.invites)


def telling_kinds() -> list[str]:
    """Codes of the kinds of event of which followers of a place are told."""
    return sorted(code for code, kind in _kinds.items() if kind.tells)


def declared_kinds() -> list[EventKind]:
    """Every declared kind of event, by code."""
    return sorted(_kinds.values(), key=lambda kind: kind.code)


def event_kind(code: str) -> EventKind:
    """The declared kind; for one that nobody declared, its own code in words."""
    plain = code.rpartition(".")[2].replace("_", " ").capitalize()
    return _kinds.get(code, EventKind(code, plain))


def declared_measures() -> list[MeasureSpec]:
    """Every declared measure, by code."""
    return sorted(_measures.values(), key=lambda spec: spec.code)


def measure_spec(code: str) -> MeasureSpec | None:
    """The declared measure, None when no room declares it."""
    return _measures.get(code)


def compute_for(code: str) -> Compute | None:
    """How to work the measure out, None when no room says."""
    return _computes.get(code)


def computed_codes() -> list[str]:
    """Codes of all measures that can be worked out from their source, in order."""
    return sorted(_computes)
