"""What the advisory locks guard, with real connections: two publishers, two rankings."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from neighbourhoods import figures as registry
from neighbourhoods.measures import IMD_SCORE
from neighbourhoods.models import Edition, Figure, Neighbourhood, Ranking, TargetList
from neighbourhoods.services import compute_ranking, refresh_figures
from tests.unit.neighbourhoods.conftest import YEAR

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
    readings = iter(range(1, 100))

    def read_source(places):
        return [registry.ObservationRow(place.pk, *YEAR, next(readings))]

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
