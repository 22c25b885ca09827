"""Publishing a ranking: the rule of `domain.ranking` on the observations as they are, kept with every input."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.db import connection

from cwf_portal.core.audit import Actor, acting, actor_name
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission, require
from neighbourhoods.domain.ranking import METHOD, Candidate, RankingResult, rank
from neighbourhoods.measures import COMMUNITY_NEEDS, IMD_SCORE, MOST_DEPRIVED_PCT
from neighbourhoods.models import (
    Measure,
    Neighbourhood,
    Observation,
    Ranking,
    RankingEntry,
    RankingInput,
    RankingWeight,
    TargetList,
)
from neighbourhoods.services.figures import measures_called

# The rule's weights, in the order in which measures break ties. Other money per head (15) joins them once 80% of it
# by value has a ward; until then it is no measure at all.
DEFAULT_WEIGHTS: Mapping[str, int] = {IMD_SCORE: 45, MOST_DEPRIVED_PCT: 15, COMMUNITY_NEEDS: 25}
DEFAULT_COHORTS = (25, 50, 75, 75)


def compute_ranking(
    *,
    by: Actor,
    target_list: TargetList,
    weights: Mapping[str, int] | None = None,
    cohort_sizes: Sequence[int] = DEFAULT_COHORTS,
) -> Ranking:
    """Rank a list's places and publish the result as a new version; the inputs of the newest version return it.

    Args:
        by: a person who may load places, or a process.
        target_list: the places to rank.
        weights: measure code to weight, in the order in which measures break ties.
        cohort_sizes: places per yearly start.

    Raises:
        NotAllowedError: `by` may not load places.
        DomainError: an empty list, an unknown measure, or no measure that every place has.
    """
    if not isinstance(by, str):
        require(by, Permission.LOAD_PLACES)
    with acting(by, f"ranked {target_list}"):
        _lock_versions()
        used = dict(weights or DEFAULT_WEIGHTS)
        measures = measures_called(used, by=by)
        places = _places(target_list)
        candidates = _candidates(places, measures)
        try:
            result = rank(candidates, used, cohort_sizes=cohort_sizes)
        except ValueError as error:
            raise DomainError(f"The places cannot be ranked: {error}.", mend="Load the deprivation figures.") from None
        fingerprint = _fingerprint(candidates, used, counted=list(result.weights), cohort_sizes=cohort_sizes)
        newest = Ranking.objects.filter(target_list=target_list).newest_first().first()
        if newest is not None and newest.input_sha256 == fingerprint:
            return newest
        ranking = Ranking.objects.create(
            version=Ranking.objects.count() + 1,
            target_list=target_list,
            method=METHOD,
            cohort_sizes=list(cohort_sizes),
            input_sha256=fingerprint,
            computed_by=actor_name(by),
        )
        _write_weights(ranking, used, measures=measures, result=result)
        _write_entries(ranking, candidates, places=places, measures=measures, result=result)
        return ranking


def _lock_versions() -> None:
    """One ranking at a time: versions are numbered without gaps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('neighbourhoods.ranking'))")


def _places(target_list: TargetList) -> dict[str, Neighbourhood]:
    found = Neighbourhood.objects.filter(list_entries__target_list=target_list).order_by("code")
    places = {place.code: place for place in found}
    if not places:
        raise DomainError(f"{target_list} holds no places.")
    return places


def _candidates(places: Mapping[str, Neighbourhood], measures: Mapping[str, Measure]) -> list[Candidate]:
    """Each place with its latest value of each measure, exact; None where it has none."""
    values: dict[tuple[int, str], Fraction] = {}
    observations = Observation.objects.filter(measure__in=list(measures.values())).order_by("period_end")
    codes = {measure.pk: code for code, measure in measures.items()}
    for seen in observations:
        values[seen.neighbourhood_id, codes[seen.measure_id]] = Fraction(seen.numerator, seen.denominator or 1)
    return [
        Candidate(
            code=place.code,
            residents=place.population,
            values={code: values.get((place.pk, code)) for code in measures},
        )
        for place in places.values()
    ]


def _fingerprint(
    candidates: Sequence[Candidate], weights: Mapping[str, int], *, counted: Sequence[str], cohort_sizes: Sequence[int]
) -> str:
    """SHA-256 over the rule and everything that counted, in a fixed order; anyone can make it again."""
    inputs = [[place.code, place.residents, [str(place.values[code]) for code in counted]] for place in candidates]
    text = json.dumps([METHOD, list(weights.items()), list(counted), list(cohort_sizes), inputs])
    return hashlib.sha256(text.encode()).hexdigest()


def _write_weights(
    ranking: Ranking, weights: Mapping[str, int], *, measures: Mapping[str, Measure], result: RankingResult
) -> None:
    RankingWeight.objects.bulk_create(
        RankingWeight(
            ranking=ranking,
            measure=measures[code],
            rule_weight=weight,
            used_pct=_decimal(result.weights.get(code, Fraction(0)), "0.001"),
            is_counted=code in result.weights,
            tie_order=order,
        )
        for order, (code, weight) in enumerate(weights.items(), start=1)
    )


def _write_entries(
    ranking: Ranking,
    candidates: Sequence[Candidate],
    *,
    places: Mapping[str, Neighbourhood],
    measures: Mapping[str, Measure],
    result: RankingResult,
) -> None:
    values = {candidate.code: candidate.values for candidate in candidates}
    entries = RankingEntry.objects.bulk_create(
        RankingEntry(
            ranking=ranking,
            neighbourhood=places[place.code],
            points_numerator=place.points.numerator,
            points_denominator=place.points.denominator,
            position=place.position,
            cohort=place.cohort,
            is_close_call=place.is_close_call,
        )
        for place in result.places
    )
    RankingInput.objects.bulk_create(
        RankingInput(
            entry=entry,
            measure=measures[code],
            numerator=value.numerator,
            denominator=value.denominator,
            percentile=_decimal(percentile, "0.000001"),
        )
        for entry, place in zip(entries, result.places, strict=True)
        for code, percentile in place.percentiles.items()
        if (value := values[place.code][code]) is not None
    )


def _decimal(value: Fraction, places: str) -> Decimal:
    return (Decimal(value.numerator) / value.denominator).quantize(Decimal(places), ROUND_HALF_UP)
