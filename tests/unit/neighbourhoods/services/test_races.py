"""What locks and constraints guard, with real connections: two publishers, two rankings, two of one election."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from cwf_portal.core.clock import today
from cwf_portal.core.permissions import Role
from neighbourhoods import figures as registry
from neighbourhoods.measures import IMD_SCORE
from neighbourhoods.models import Area, AreaKind, Edition, Figure, Neighbourhood, Ranking, TargetList
from neighbourhoods.services import compute_ranking, declare_period, refresh_figures, sync_measures
from tests.unit.neighbourhoods.conftest import YEAR, make_person

THREADS = 4


def at_once(work):
    """Run `work(number)` in four threads that start together, each with its own connections."""
    barrier = Barrier(THREADS)

    def run(number):
        barrier.wait()
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_concurrent_publishers_never_leave_an_older_reading(committed_db, source, monkeypatch):
    place = Neighbourhood.objects.get(code="E05009086")
    sync_measures(by="system:test")
    readings = iter(range(1, THREADS + 1))

    def read_source(places):
        reading = next(readings)
        time.sleep(0.1 * (THREADS - reading))  # without the lock the oldest reading would be written last
        return [registry.ObservationRow(place.pk, *YEAR, reading)]

    monkeypatch.setitem(registry._computes, "test.pence", read_source)
    at_once(lambda number: refresh_figures(by="system:test", slices={"test.pence": [place.pk]}))
    figure = Figure.objects.get(measure__code="test.pence", area=place.area)
    assert figure.value == THREADS
    assert list(Edition.objects.filter(measure__code="test.pence").order_by("number").values_list("number")) == [
        (number,) for number in range(1, THREADS + 1)
    ]


def test_concurrent_rankings_of_the_same_input_are_one_version(committed_db):
    target = TargetList.objects.get(year=2020)
    versions = at_once(
        lambda number: compute_ranking(by="system:test", target_list=target, weights={IMD_SCORE: 1}).version
    )
    assert versions == [2] * THREADS
    assert Ranking.objects.count() == 2


def test_one_election_declared_four_times_at_once_is_one(committed_db):
    director, day = make_person("director@example.com", Role.FUND_DIRECTOR), today()
    country = Area.objects.get(kind=AreaKind.COUNTRY)
    made = at_once(
        lambda number: declare_period(by=director, area=country, name="Of May", starts_on=day, ends_on=day).pk
    )
    assert len(set(made)) == 1
