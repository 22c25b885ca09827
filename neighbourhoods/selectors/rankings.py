"""What is published about the order in which places start."""

from collections.abc import Sequence

from django.db.models import Prefetch, QuerySet, Subquery

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


def current_inputs_of(neighbourhood: Neighbourhood) -> list[RankingInput]:
    """A place's inputs in the newest version, with their entry; empty before the first. One query: pages count them."""
    newest = Ranking.objects.newest_first().values("pk")[:1]
    inputs = RankingInput.objects.filter(entry__ranking=Subquery(newest), entry__neighbourhood=neighbourhood)
    return list(inputs.select_related("entry__ranking", "measure").order_by("pk"))


def starts_of(neighbourhood_ids: Sequence[int], ranking: Ranking | None) -> dict[int, RankingEntry]:
    """Places' entries in a version, by place."""
    if ranking is None:
        return {}
    return {entry.neighbourhood_id: entry for entry in ranking.entries.filter(neighbourhood__in=neighbourhood_ids)}
