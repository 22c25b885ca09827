"""Loading price indices: harmless twice, revisions beside the first figure, problems named."""

import csv
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction

from grants.models import PriceIndex
from grants.selectors.prices import cpih_rise
from grants.services.price_indices import SHIPPED_FILE
from tests.unit.grants.models.test_constraints import refused_by

pytestmark = pytest.mark.django_db

JUNE = date(2025, 6, 15)
LATER = "2025-08-20"
Rows = list[dict[str, str]]


def rate_of(month: date) -> Fraction | None:
    rise = cpih_rise(month)
    return rise.rate if rise else None


def load(*arguments: object, **options: object) -> str:
    out = StringIO()
    call_command("load_price_indices", *(str(argument) for argument in arguments), stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[Callable[[Rows], object]], Path]:
    """A copy of the shipped file after its rows were changed in place."""

    def make(edit: Callable[[Rows], object]) -> Path:
        rows = list(csv.DictReader(SHIPPED_FILE.read_text().splitlines()))
        heading = list(rows[0])
        edit(rows)
        path = tmp_path / SHIPPED_FILE.name
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, heading)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return make


def last(**changes: str) -> Callable[[Rows], object]:
    """Change the last row, CPIH of June 2025."""
    return lambda rows: rows[-1].update(changes)


def test_loading_the_shipped_file_again_changes_nothing() -> None:
    before = list(PriceIndex.objects.order_by("pk").values())

    said = load()

    assert said == "Price indices: 0 added, 0 changed, 0 removed, 253 as before\n"
    assert list(PriceIndex.objects.order_by("pk").values()) == before
    assert load(verbosity=0) == ""


def test_a_dry_run_shows_the_difference_and_changes_nothing(edited: Any) -> None:
    path = edited(lambda rows: [row.update(value="1", release_date=LATER) for row in rows])

    said = load(path, dry_run=True)

    assert "month of 2021-01-01: 109.3 becomes 1, version 2" in said
    assert "and 53 more" in said
    assert "Dry run: nothing was changed." in said
    assert not PriceIndex.objects.filter(version=2).exists()


def test_a_revised_figure_stands_beside_the_first_and_never_in_its_place(edited: Any) -> None:
    path = edited(last(value="140.0", release_date=LATER))

    said = load(path)

    assert said == "Price indices: 0 added, 1 changed, 0 removed, 252 as before\n"
    june = PriceIndex.objects.filter(series="L522", frequency="M", period_starts_on=date(2025, 6, 1))
    assert [(index.version, str(index.value)) for index in june.order_by("version")] == [(1, "138.400"), (2, "140.000")]
    assert str(june.newest().get().value) == "140.000"
    assert str(june.as_first_published().get().value) == "138.400"
    assert rate_of(JUNE) == Fraction(41, 1000)
    assert load(path).startswith("Price indices: 0 added, 0 changed")
    assert load().startswith("Price indices: 0 added, 0 changed")  # the older file again takes nothing back


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": "140.0"}, "line 254, column value: 140.0 differs from 138.4, released 2025-07-16, and is not newer"),
        ({"value": "-1", "release_date": LATER}, "line 254, column value: an index is above zero"),
        ({"release_date": "2025-05-01"}, "line 254, column release_date: 2025-05-01 lies before the period"),
        ({"base": "%"}, "line 254, column base: % does not suit L522"),
        ({"period": "2025-6"}, "line 254, column period: '2025-6' is not a period"),
    ],
)
def test_one_bad_row_refuses_the_file(edited: Any, changes: dict[str, str], said: str) -> None:
    count = PriceIndex.objects.count()

    with pytest.raises(CommandError) as refused:
        load(edited(lambda rows: (rows[0].update(release_date=LATER, value="9"), rows[-1].update(changes))))

    assert said in str(refused.value)
    assert PriceIndex.objects.count() == count


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none.csv cannot be read: No such file"):
        load(tmp_path / "none.csv")


def test_the_published_rate_comes_before_the_index(edited: Any) -> None:
    path = edited(
        lambda rows: rows.append(rows[-1] | {"cdid": "L55O", "base": "%", "value": "-4.2", "period": "2025-04"})
    )
    assert rate_of(date(2025, 4, 1)) == Fraction(42, 1000)

    load(path)

    rise = cpih_rise(date(2025, 4, 30))
    assert rise is not None
    assert (rise.rate, [figure.series for figure in rise.figures]) == (Fraction(-42, 1000), ["L55O"])


def test_the_rate_names_the_figures_it_comes_from() -> None:
    rise = cpih_rise(JUNE)

    assert rise is not None
    assert [(str(figure.value), figure.period_starts_on.year) for figure in rise.figures] == [
        ("138.400", 2025),
        ("133.000", 2024),
    ]


def test_a_month_that_is_not_published_has_no_rate(edited: Any) -> None:
    load(edited(lambda rows: rows.append(rows[-1] | {"period": "2025-07", "base": "2023=100", "release_date": LATER})))

    assert rate_of(date(2025, 8, 1)) is None  # not published
    assert rate_of(date(2025, 7, 1)) is None  # published, on a base on which the year before is not known
    assert rate_of(date(2019, 6, 1)) is None  # nothing is known of a year before


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "once"),
        ({"series": "D7BT"}, "series_known"),
        ({"frequency": "W"}, "frequency_known"),
        ({"version": 2, "value": 0}, "index_or_rate"),
        ({"version": 2, "base": "%"}, "index_or_rate"),
        ({"version": 0}, "counts_from_one"),
        ({"period_starts_on": date(2025, 6, 2)}, "starts_with_month"),
        ({"version": 2, "released_on": date(2025, 5, 1)}, "released_after_period"),
    ],
)
def test_the_database_refuses_what_is_no_figure(changes: dict[str, Any], rule: str) -> None:
    june = PriceIndex.objects.get(series="L522", frequency="M", period_starts_on=date(2025, 6, 1))

    assert refused_by(june, **changes) == f"grants_priceindex_{rule}"


def test_a_published_figure_is_never_changed() -> None:
    with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE grants_priceindex SET value = 1")

    assert not PriceIndex.objects.filter(value=1).exists()
