from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.outbox import deliver_waiting, emit
from neighbourhoods import figures as registry
from neighbourhoods import tasks
from neighbourhoods.models import Area, AreaKind, Edition, Figure, Measure, Neighbourhood, Observation, StaleSlice
from neighbourhoods.services import (
    drain_stale,
    mark_stale,
    publish_observations,
    rebuild_figures,
    refresh_figures,
    sync_measures,
)
from neighbourhoods.tasks import refresh_stale, stale
from tests.unit.neighbourhoods.conftest import A_DAY

pytestmark = pytest.mark.django_db
BY = "system:test"


def publish(code, rows, *, places=None, as_of=A_DAY):
    return publish_observations(by=BY, measures=[code], rows={code: rows}, as_of=as_of, complete_for=places)


def published(measure, **area):
    figure = Figure.objects.get(measure__code=measure, **{f"area__{name}": value for name, value in area.items()})
    return figure.value if figure.state == "ok" else figure.state


def test_figures_roll_up_to_every_standing_area_around_a_place(source, row, trimdon):
    publish("test.pence", [row(trimdon, 101)])
    assert published("test.pence", code=trimdon.code) == 101
    assert published("test.pence", kind=AreaKind.COUNTRY) == 101
    assert published("test.pence", kind=AreaKind.REGION) == 101
    assert published("test.pence", name="County Durham") == 101
    assert published("test.pence", kind=AreaKind.CONSTITUENCY_2024, name="Easington") == 49
    assert published("test.pence", name="Newton Aycliffe and Spennymoor") == 52
    assert not Figure.objects.filter(measure__code="test.pence", area__kind=AreaKind.CONSTITUENCY_2010).exists()


def test_abolished_council_gets_no_figure_its_successor_does(source, row):
    moorclose = Neighbourhood.objects.get(code="E05003131")
    publish("test.pence", [row(moorclose, 5)])
    names = set(Figure.objects.filter(measure__code="test.pence").values_list("area__name", flat=True))
    assert "Cumberland" in names
    assert names.isdisjoint({"Allerdale", "Cumbria"})


def test_percentage_is_of_the_sums(source, row, trimdon):
    other = Neighbourhood.objects.exclude(pk=trimdon.pk).filter(region=trimdon.region).first()
    publish("test.pct", [row(trimdon, 1, 4), row(other, 3, 4)])
    assert published("test.pct", code=trimdon.code) == 25
    assert published("test.pct", kind=AreaKind.REGION) == 50


def test_publishing_the_same_again_makes_no_edition_and_no_history(source, row, trimdon):
    first = publish("test.pence", [row(trimdon, 101)])
    assert first > 0
    assert publish("test.pence", [row(trimdon, 101)], as_of=date(2026, 4, 1)) == 0
    assert Edition.objects.filter(measure__code="test.pence").count() == 1
    assert Figure.objects.get(measure__code="test.pence", area=trimdon.area).as_of == A_DAY


def test_only_what_differs_is_written_under_a_new_edition(source, row, trimdon):
    other = Neighbourhood.objects.exclude(region=trimdon.region).first()
    publish("test.pence", [row(trimdon, 1), row(other, 2)])
    publish("test.pence", [row(trimdon, 3)], places=[trimdon.pk])
    editions = {
        figure.area_id: figure.edition.number
        for figure in Figure.objects.filter(measure__code="test.pence").select_related("edition")
    }
    assert (editions[trimdon.area_id], editions[other.area_id]) == (2, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM neighbourhoods_figureevent e JOIN neighbourhoods_measure m ON m.id = e.measure_id"
            " WHERE m.code = 'test.pence' AND e.area_id = %s",
            [other.area_id],
        )
        assert cursor.fetchone()[0] == 1


def test_observation_that_is_gone_takes_its_figures_along(source, row, trimdon):
    publish("test.pence", [row(trimdon, 101)])
    publish("test.pence", [], places=[trimdon.pk])
    assert not Figure.objects.filter(measure__code="test.pence").exists()
    assert not Observation.objects.filter(measure__code="test.pence").exists()


def test_slice_leaves_other_places_alone(source, row, trimdon):
    other = Neighbourhood.objects.exclude(pk=trimdon.pk).first()
    publish("test.pence", [row(trimdon, 1), row(other, 2)])
    publish("test.pence", [], places=[trimdon.pk])
    assert published("test.pence", code=other.code) == 2
    assert published("test.pence", kind=AreaKind.COUNTRY) == 2


def test_small_count_of_people_is_withheld_and_cannot_be_taken_from_totals(source, row):
    places = list(Neighbourhood.objects.filter(region__name="London")) + list(
        Neighbourhood.objects.filter(region__name="South West")
    )
    counts = [4, 50, 60, 70, 80]
    publish("test.people", [row(place, count) for place, count in zip(places, counts, strict=True)])
    states = {
        figure.area.name: figure.state
        for figure in Figure.objects.filter(measure__code="test.people").select_related("area")
    }
    assert states[places[0].name] == "suppressed"
    assert states["London"] == "suppressed"
    assert states["England"] == "ok"
    assert sum(states[place.name] == "suppressed" for place in places) == 3
    assert not Figure.objects.filter(state="suppressed", value__isnull=False).exists()


@pytest.mark.parametrize("mistake", ["outside", "twice"])
def test_rows_that_do_not_fit_the_slice_are_refused(source, row, trimdon, mistake):
    rows = [row(trimdon, 1)] if mistake == "outside" else [row(trimdon, 1), row(trimdon, 2)]
    places = [trimdon.pk + 1] if mistake == "outside" else None
    with pytest.raises(DomainError, match=r"not being published|same place and period"):
        publish("test.pence", rows, places=places)
    assert not Observation.objects.filter(measure__code="test.pence").exists()


def test_measure_nobody_declares_is_refused():
    with pytest.raises(DomainError, match=r"No room declares the measure test\.unheard"):
        publish("test.unheard", [])


def test_measure_nobody_computes_is_refused_when_marked_and_when_refreshed(trimdon):
    with pytest.raises(DomainError, match=r"how to compute test\.unheard"):
        mark_stale(measures=["test.unheard"], neighbourhood_ids=[trimdon.pk])
    with pytest.raises(DomainError, match=r"how to compute test\.unheard"):
        refresh_figures(by=BY, slices={"test.unheard": None})


def test_declaring_a_measure_twice_with_other_words_is_a_mistake(source):
    spec = registry.measure_spec("test.pence")
    same = {
        "code": spec.code,
        "title": spec.title,
        "unit": spec.unit,
        "additive": spec.additive,
        "source": spec.source,
        "licence": spec.licence,
        "freshness": spec.freshness,
    }
    assert registry.declare_measure(definition=spec.definition, **same) == spec
    with pytest.raises(ValueError, match="declared twice"):
        registry.declare_measure(definition="Other words.", **same)


def test_sync_writes_each_measure_once(source):
    assert sync_measures(by=BY) >= 3
    assert sync_measures(by=BY) == 0
    assert Measure.objects.get(code="test.people").disclosure_rule == "under_ten"


def declared_anew(monkeypatch, code, **changes):
    monkeypatch.setitem(registry._measures, code, replace(registry.measure_spec(code), **changes))


def test_rule_that_withholds_more_is_published_by_when_a_worker_starts(source, row, trimdon, monkeypatch):
    """Not one observation changes: what was shown before must be hidden all the same."""
    declared_anew(monkeypatch, "test.people", disclosure_rule="none")
    source["test.people"] = [row(trimdon, 4)]
    refresh_figures(by=BY, slices={"test.people": None})
    assert published("test.people", code=trimdon.code) == 4

    declared_anew(monkeypatch, "test.people", disclosure_rule="under_ten", version=2)
    monkeypatch.setattr(tasks, "_declared", set())
    assert tasks.declare_measures(core_now()) >= 1
    assert published("test.people", code=trimdon.code) == "suppressed"
    assert tasks.declare_measures(core_now()) == 0

    declared_anew(monkeypatch, "test.people", disclosure_rule="none", version=1)
    sync_measures(by=BY)  # a process of the version before
    assert published("test.people", code=trimdon.code) == "suppressed"


def test_rule_that_could_not_be_published_by_is_not_kept_either(source, row, trimdon, monkeypatch):
    """Otherwise the next worker finds the rule in the table, and what was shown before stays shown."""

    def broken(places):
        raise RuntimeError("source is away")

    declared_anew(monkeypatch, "test.people", disclosure_rule="none")
    source["test.people"] = [row(trimdon, 4)]
    refresh_figures(by=BY, slices={"test.people": None})
    computes = registry.compute_for("test.people")
    declared_anew(monkeypatch, "test.people", disclosure_rule="under_ten", version=2)
    monkeypatch.setattr(tasks, "_declared", set())
    monkeypatch.setitem(registry._computes, "test.people", broken)
    with pytest.raises(RuntimeError, match="source is away"):
        tasks.declare_measures(core_now())
    assert Measure.objects.get(code="test.people").disclosure_rule == "none"

    monkeypatch.setitem(registry._computes, "test.people", computes)
    assert tasks.declare_measures(core_now()) >= 1
    assert published("test.people", code=trimdon.code) == "suppressed"


def test_measure_that_nobody_computes_is_published_anew_by_its_new_rule(source, row, trimdon, monkeypatch):
    declared_anew(monkeypatch, "test.people", disclosure_rule="none")
    publish("test.people", [row(trimdon, 4)])
    monkeypatch.delitem(registry._computes, "test.people")
    declared_anew(monkeypatch, "test.people", disclosure_rule="under_ten")
    sync_measures(by=BY)
    assert published("test.people", code=trimdon.code) == "suppressed"
    assert Figure.objects.get(measure__code="test.people", area=trimdon.area).as_of == A_DAY


def test_stale_topic_is_drained_from_source_and_coalesced(source, row, trimdon):
    source["test.pence"] = [row(trimdon, 7)]
    emit("figures.stale", "one", {"measures": ["test.pence"], "neighbourhood": trimdon.pk})
    emit("figures.stale", "two", {"measures": ["test.pence", "test.pct"], "neighbourhoods": [trimdon.pk]})
    deliver_waiting(core_now())
    assert stale(core_now()).count() == 3
    assert refresh_stale(core_now()) == 3
    assert stale(core_now()).count() == 0
    assert published("test.pence", code=trimdon.code) == 7
    assert Edition.objects.filter(measure__code="test.pence").count() == 1


def test_drain_that_fails_keeps_its_marks(source, trimdon, monkeypatch):
    def broken(places):
        raise RuntimeError("source is away")

    mark_stale(measures=["test.pence"], neighbourhood_ids=[trimdon.pk])
    monkeypatch.setitem(registry._computes, "test.pence", broken)
    with pytest.raises(RuntimeError, match="source is away"):
        drain_stale(by=BY)
    assert StaleSlice.objects.count() == 1


def test_rebuild_after_incremental_changes_nothing(source, row, trimdon):
    other = Neighbourhood.objects.exclude(pk=trimdon.pk).first()
    source["test.pence"] = [row(trimdon, 7)]
    refresh_figures(by=BY, slices={"test.pence": [trimdon.pk]})
    source["test.pence"] = [row(trimdon, 8), row(other, 9)]
    refresh_figures(by=BY, slices={"test.pence": [trimdon.pk, other.pk]})
    before = list(Figure.objects.filter(measure__code="test.pence").order_by("pk").values())
    assert rebuild_figures(by=BY, measures=["test.pence", "places.imd_score"]) == 0
    assert list(Figure.objects.filter(measure__code="test.pence").order_by("pk").values()) == before


def test_shipped_population_adds_up_to_the_known_total():
    england = Area.objects.get(kind=AreaKind.COUNTRY)
    assert published("places.population", pk=england.pk) == Decimal(2_386_368)
