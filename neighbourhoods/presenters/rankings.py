"""A published ranking for its page and for export. Starts are told, positions are not: this is no league table."""

from collections.abc import Iterable
from dataclasses import dataclass

from neighbourhoods.domain import wording
from neighbourhoods.models import Ranking, RankingEntry, RankingWeight
from neighbourhoods.presenters.places import value_text

NOT_COUNTED = "not counted: not every place has it"


@dataclass(frozen=True)
class WeightText:
    """One measure of the rule: its weight there, and what it counted for."""

    title: str
    definition: str
    rule_weight: int
    used: str


@dataclass(frozen=True)
class StartGroup:
    """The places of one start, by name: (code, label, region, inputs in words, close call)."""

    name: str
    places: list[tuple[str, str, str, list[str], bool]]

    @property
    def heading(self) -> str:
        return f"{self.name}: {len(self.places)} places"


@dataclass(frozen=True)
class RankingPage:
    """Everything a version's page shows."""

    weights: list[WeightText]
    inputs: list[str]
    groups: list[StartGroup]
    close_calls_count: int


def ranking_page(ranking: Ranking, entries: Iterable[RankingEntry]) -> RankingPage:
    """A version with its places by start; `entries` were read with `held_inputs`."""
    weights = weights_of(ranking)
    counted = [weight for weight in weights if weight.is_counted]
    groups: dict[int, StartGroup] = {}
    close_calls = 0
    for entry in entries:
        group = groups.setdefault(entry.cohort, StartGroup(wording.start_name(entry.cohort), []))
        place = entry.neighbourhood
        values = {row.measure_id: value_text(row) for row in entry.held_inputs}  # type: ignore[attr-defined]
        shown = [values.get(weight.measure_id, "") for weight in counted]
        group.places.append((place.code, place.label, place.region.name, shown, entry.is_close_call))
        close_calls += entry.is_close_call
    return RankingPage(
        weights=[weight_text(weight) for weight in weights],
        inputs=[weight.measure.title for weight in counted],
        groups=[group for _, group in sorted(groups.items())],
        close_calls_count=close_calls,
    )


def weights_of(ranking: Ranking) -> list[RankingWeight]:
    """A version's weights in the order in which they break ties."""
    return list(ranking.weights.select_related("measure").order_by("tie_order"))


def weight_text(weight: RankingWeight) -> WeightText:
    """A weight in words."""
    used = wording.percent(weight.used_pct) if weight.is_counted else NOT_COUNTED
    return WeightText(weight.measure.title, weight.measure.definition, weight.rule_weight, used)


def export_rows(ranking: Ranking, entries: Iterable[RankingEntry]) -> tuple[list[str], list[list[object]]]:
    """Heading and rows: code, label, region, start, close call, residents, and each input as an exact fraction."""
    counted = [weight for weight in weights_of(ranking) if weight.is_counted]
    header = ["ward_code_2017", "place", "region", "start", "close_call", "residents_mid_2019"]
    header += [f"{weight.measure.code} (fraction)" for weight in counted]
    rows: list[list[object]] = []
    for entry in entries:
        place = entry.neighbourhood
        exact = {row.measure_id: f"{row.numerator}/{row.denominator}" for row in entry.held_inputs}  # type: ignore[attr-defined]
        facts = [place.code, place.label, place.region.name, entry.cohort, entry.is_close_call, place.population]
        rows.append([*facts, *(exact.get(weight.measure_id) for weight in counted)])
    return header, rows
