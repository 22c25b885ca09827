"""Django's choices from the enums of the domain, which knows nothing of Django."""

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import TypeVar

from django.db.models import Q

from grants.domain.indexation import HIGHEST_BASIS_POINTS, Indexation

Word = TypeVar("Word", bound=StrEnum)
Number = TypeVar("Number", bound=IntEnum)


def labelled(labels: Mapping[Word, str]) -> list[tuple[str, str]]:
    """Choices for a character field, as plain strings so that migrations stay free of the domain."""
    return [(member.value, label) for member, label in labels.items()]


def numbered(labels: Mapping[Number, str]) -> list[tuple[int, str]]:
    """Choices for an integer field."""
    return [(member.value, label) for member, label in labels.items()]


def plain(members: Iterable[StrEnum]) -> list[str]:
    """The values of some members, sorted, for constraints."""
    return sorted(member.value for member in members)


def both_or_neither(*fields: str) -> Q:
    """A condition for a constraint: all of these fields are set, or none is."""
    return Q(**{f"{name}__isnull": True for name in fields}) | Q(**{f"{name}__isnull": False for name in fields})


def indexation_makes_sense() -> Q:
    """A condition for a constraint: a known kind of indexation, with a rate or cap unless there is none."""
    rising = [Indexation.CPIH.value, Indexation.FIXED.value]
    return Q(indexation=Indexation.NONE.value, index_basis_points=0) | Q(
        indexation__in=rising, index_basis_points__gte=1, index_basis_points__lte=HIGHEST_BASIS_POINTS
    )
