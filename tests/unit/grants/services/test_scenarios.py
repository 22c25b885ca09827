"""Scenarios: forecast from the books as they stand, kept, and run again with the same result."""

import csv
from dataclasses import replace
from datetime import timedelta
from statistics import mean, stdev

import pytest
from django.db import DatabaseError, transaction

from cwf_portal.core.errors import DomainError, NotAllowedError
from grants.domain.investments import AssetClass
from grants.domain.prices import Series
from grants.domain.scenarios import Suppositions
from grants.models import SavedScenario, Source
from grants.selectors.days import today
from grants.selectors.scenarios import basis_of, market_assumptions, scenario_defaults
from grants.services.price_indices import SHIPPED_FILE
from grants.services.scenarios import run_again, save_scenario, try_scenario
from tests.unit.grants.conftest import MILLION, People, Programme, Story, allocate
from tests.unit.grants.services.test_investments import buy, open_holding


def supposed(**changes: object) -> Suppositions:
    plain = Suppositions(0, 27, Series.CPIH, 0, 1, today() + timedelta(days=15 * 365), 30)
    return replace(plain, **changes)


def dormant() -> Source:
    return Source.objects.get(code="dormant")


def test_a_forecast_starts_from_the_books_of_its_source_alone(accepted: Story) -> None:
    agreement = accepted.agreement
    buy(accepted.people, open_holding(accepted.people, accepted.programme, AssetClass.EQUITIES))

    basis = basis_of(dormant(), today())

    assert basis is not None
    assert basis.opening_pence == (50 * MILLION, 0, 0, 10 * MILLION)
    own = agreement.funding.get(source=dormant())
    assert sum(pence for _, pence in basis.payments) == own.amount_pence + own.contribution_pence
    assert (basis.allocated_pence, basis.area_count) == (0, 1)
    assert 0 < basis.area_pence < agreement.value_pence


def test_a_kept_scenario_gives_the_same_result_after_the_books_have_changed(
    people: People, programme: Programme
) -> None:
    scenario = save_scenario(by=people.officer, name=" Bad years ", source=dormant(), suppositions=supposed(), seed=7)
    allocate(people, programme, places=3)

    suppositions, found, is_same = run_again(SavedScenario.objects.get(pk=scenario.pk))

    assert is_same
    assert suppositions == supposed()
    assert (scenario.name, scenario.code_version, found.seed) == ("Bad years", "forecast-1", 7)
    assert found.nominal[0].middle_pence == 60 * MILLION


def test_another_result_is_noticed(people: People, programme: Programme) -> None:
    scenario = save_scenario(by=people.officer, name="x", source=dormant(), suppositions=supposed(), seed=7)
    scenario.seed = 8

    assert run_again(scenario)[2] is False


def test_a_kept_scenario_is_never_changed(people: People, programme: Programme) -> None:
    save_scenario(by=people.officer, name="x", source=dormant(), suppositions=supposed(), seed=7)

    with pytest.raises(DatabaseError), transaction.atomic():
        SavedScenario.objects.update(name="y")

    assert SavedScenario.objects.get().name == "x"


def test_who_may_keep_and_what_is_refused(people: People, programme: Programme) -> None:
    allocate(people, programme, places=2)
    said = {"by": people.officer, "name": "x", "source": dormant(), "suppositions": supposed(area_count=2), "seed": 1}
    with pytest.raises(NotAllowedError):
        save_scenario(**said | {"by": people.treasurer})
    with pytest.raises(DomainError, match="needs a name"):
        save_scenario(**said | {"name": " "})
    with pytest.raises(DomainError, match="Money is set aside for 2 areas already"):
        save_scenario(**said | {"suppositions": supposed()})
    with pytest.raises(DomainError, match="nothing to forecast for “Not yet identified”"):
        try_scenario(source=Source.objects.get(code="unidentified"), suppositions=supposed(), seed=1)

    assert not SavedScenario.objects.exists()


def test_without_a_programme_there_is_nothing_to_forecast(people: People) -> None:
    assert basis_of(dormant(), today()) is None
    assert scenario_defaults(today())["areas"] == 0


def test_the_assumed_rise_of_prices_is_that_of_the_indices_we_carry() -> None:
    with SHIPPED_FILE.open(encoding="utf-8") as file:
        yearly = {
            (row["cdid"], int(row["period"])): float(row["value"]) for row in csv.DictReader(file) if row["freq"] == "A"
        }
    for series, assumed in market_assumptions()["prices"].items():
        rises = [100 * (yearly[series, year] / yearly[series, year - 1] - 1) for year in range(2005, 2025)]
        assert round(mean(rises), 1) == assumed["mean_pct"]
        assert round(stdev(rises), 1) == assumed["volatility_pct"]
