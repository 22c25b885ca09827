"""The money of a place year by year: together with what is to come it is what was promised, whatever happens."""

from collections import Counter
from datetime import date
from importlib import import_module

from django.db import connection

from grants.figures import promised, sent, sent_in_year, to_come_in_year
from grants.models import BankStatement, Payment
from neighbourhoods.models import Figure, StaleSlice
from neighbourhoods.services import drain_stale
from tests.unit.grants.conftest import Story
from tests.unit.grants.payment_world import World

BY_YEAR = {"grants.sent_in_year", "grants.to_come_in_year"}


def years(rows) -> dict[date, int]:
    return {row.period_start: row.numerator for row in rows}


def in_all(rows) -> int:
    return sum(row.numerator for row in rows)


def assert_whole(place: int) -> None:
    assert in_all(sent_in_year([place])) == in_all(sent([place]))
    assert in_all(sent_in_year([place])) + in_all(to_come_in_year([place])) == in_all(promised([place]))


def test_what_is_to_come_stands_in_the_financial_years_in_which_it_is_due(accepted: Story) -> None:
    agreement = accepted.agreement
    place = agreement.allocation.neighbourhood_id
    rows = list(to_come_in_year([place]))

    due: Counter[date] = Counter()
    for tranche in agreement.tranches.all():
        due[date(tranche.due_on.year - (tranche.due_on < date(tranche.due_on.year, 4, 1)), 4, 1)] += tranche.grant_pence
    assert years(rows) == due
    assert {row.period_end for row in rows} == {date(year.year + 1, 3, 31) for year in due}
    assert rows == list(to_come_in_year(None))
    assert list(sent_in_year([place])) == []
    assert_whole(place)
    assert set(StaleSlice.objects.values_list("measure_code", flat=True)) >= {"grants.to_come_in_year"}


def test_a_payment_leaves_what_is_to_come_when_the_bank_has_sent_it(paid: World) -> None:
    place = paid.agreement.allocation.neighbourhood_id
    tranche, confirmed_on = paid.tranche(), Payment.objects.get().confirmed_on

    assert in_all(sent_in_year([place])) == tranche.grant_pence
    assert [row.period_start <= confirmed_on <= row.period_end for row in sent_in_year([place])] == [True]
    assert_whole(place)


def test_places_get_their_years_published_when_the_bank_says_so(paid: World) -> None:
    assert BankStatement.objects.exists()
    assert set(StaleSlice.objects.values_list("measure_code", flat=True)) >= BY_YEAR
    drain_stale(by="system:test")
    own = paid.agreement.allocation.neighbourhood.area_id

    figures = Figure.objects.filter(area=own, measure__code__in=BY_YEAR)
    published = {code: sum(figures.filter(measure__code=code).values_list("value", flat=True)) for code in BY_YEAR}
    place = paid.agreement.allocation.neighbourhood_id
    assert published == {
        "grants.sent_in_year": in_all(sent_in_year([place])),
        "grants.to_come_in_year": in_all(to_come_in_year([place])),
    }


def test_places_that_had_money_before_the_years_were_published_are_worked_out_once(accepted: Story) -> None:
    StaleSlice.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("grants.migrations.0046_money_by_year").ASK)
    place = accepted.agreement.allocation.neighbourhood_id
    assert set(StaleSlice.objects.values_list("measure_code", "neighbourhood")) == {(code, place) for code in BY_YEAR}
