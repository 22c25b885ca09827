"""The lock under which money is promised, and the check that no journal promises more than there is."""

from collections import defaultdict
from collections.abc import Mapping

from grants.domain.award import Strand
from grants.errors import HeadroomError, in_pounds
from grants.models import Source
from grants.selectors.ledger import SourceStanding, source_standings

Wanted = Mapping[tuple[int, Strand], int]


def lock_sources() -> list[SourceStanding]:
    """Lock every source until the transaction ends, and say where each stands.

    Whoever promises, values or sells takes this lock, so that nobody decides by a headroom that is gone.
    """
    list(Source.objects.select_for_update(no_key=True).order_by("pk"))
    return source_standings()


def require_headroom(*, wanted: Wanted, what: str) -> list[SourceStanding]:
    """Lock the sources and refuse what goes beyond the headroom of one, or beyond the free money of a strand.

    A source that a market fall has taken below zero promises nothing, not even nothing: it is frozen.

    Args:
        wanted: Pence that leave free money, by primary key of the source and strand.
        what: What it is for, in words.

    Returns:
        Where the sources stand under the lock.

    Raises:
        HeadroomError: With the numbers of the first source that does not suffice.
    """
    found = lock_sources()
    standings = {standing.source.pk: standing for standing in found}
    by_source: dict[int, int] = defaultdict(int)
    for (source, _), pence in wanted.items():
        by_source[source] += pence
    for source, pence in by_source.items():
        standing = standings[source]
        if standing.is_frozen or pence > standing.headroom_pence:
            raise HeadroomError(
                wanted_pence=pence,
                available_pence=max(0, standing.headroom_pence),
                what=what,
                frozen=frozen_sentence(standing),
            )
    for (source, strand), pence in wanted.items():
        free = standings[source].free_by_strand[strand]
        if pence > max(0, free):
            raise HeadroomError(wanted_pence=pence, available_pence=max(0, free), what=what)
    return found


def frozen_sentence(standing: SourceStanding) -> str:
    """Why a source promises nothing at present; empty where it does."""
    return lack_sentence(standing.source, -standing.headroom_pence) if standing.is_frozen else ""


def lack_sentence(source: Source, lacking_pence: int) -> str:
    """That a source lacks money, and what for."""
    return (
        f"“{source}” lacks {in_pounds(lacking_pence)}: what is free does not cover losses and the margin held against "
        "investments."
    )
