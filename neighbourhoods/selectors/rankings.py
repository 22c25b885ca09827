"""What is published about the order in which places start."""

from collections.abc import Sequence

from django.db.models import Prefetch, QuerySet

from neighbourhoods.models import Neighbourhood, Ranking, RankingEntry, RankingInput


def rankings() -> QuerySet[Ranking]:
    """All versions, the newest first."""
    return Ranking.objects.newest_first().select_related("target_list")


def current_ranking() -> Ranking | None:
    """The newest version, None before the first."""
    return rankings().first()


def ranking_version(version: int) -> Ranking | None:
    """One version, None when it was never published."""
    return rankings().filter(version=version).first()


def ranking_entries(ranking: Ranking) -> QuerySet[RankingEntry]:
    """A version's places with their inputs (`held_inputs`), by start and then by name: no league table."""
    inputs = Prefetch("inputs", queryset=RankingInput.objects.select_related("measure"), to_attr="held_inputs")
    entries = ranking.entries.select_related("neighbourhood__region").prefetch_related(inputs)
    return entries.order_by("cohort", "neighbourhood__label")


def entry_of(neighbourhood: Neighbourhood, ranking: Ranking | None) -> RankingEntry | None:
    """Where a place came in a version, with its inputs (`held_inputs`)."""
    if ranking is None:
        return None
    inputs = Prefetch("inputs", queryset=RankingInput.objects.select_related("measure"), to_attr="held_inputs")
    return ranking.entries.prefetch_related(inputs).filter(neighbourhood=neighbourhood).first()


def starts_of(neighbourhood_ids: Sequence[int], ranking: Ranking | None) -> dict[int, RankingEntry]:
    """Places' entries in a version, by place."""
    if ranking is None:
        return {}
    return {entry.neighbourhood_id: entry for entry in ranking.entries.filter(neighbourhood__in=neighbourhood_ids)}
