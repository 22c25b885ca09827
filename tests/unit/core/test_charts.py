import csv
import json
from datetime import UTC, date, datetime
from itertools import combinations

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from cwf_portal.core import charts
from cwf_portal.core.map_labels import place_labels

DATA = settings.BASE_DIR / "neighbourhoods" / "data"

SQUARE = {"type": "Polygon", "coordinates": [[[0.0, 51.0], [0.2, 51.0], [0.2, 51.1], [0.0, 51.1], [0.0, 51.0]]]}


def place(name, lon=0.0, lat=51.0, **more):
    return {"name": name, "lon": lon, "lat": lat, **more}


def test_bars_are_as_long_as_their_share_of_the_largest():
    chart = charts.bars([("Halls", 20_000), ("Buses", 5_050), ("Not asked", None), ("None", 0)], unit="pence")
    assert [bar.width for bar in chart.bars] == [480, 121.2, 0, 0]
    assert [bar.value for bar in chart.bars] == ["£200", "£50.50", "not known", "£0"]
    assert chart.summary.startswith("Halls: £200; Buses: £50.50")


def test_bars_of_nothing_say_so():
    assert charts.bars([], unit="count").summary == "Nothing to show yet"


@pytest.mark.parametrize(
    ("value", "unit", "words"), [(1_234, "count", "1,234"), (12, "pct", "12%"), (None, "pct", "not known")]
)
def test_value_in_words(value, unit, words):
    assert charts.in_words(value, unit) == words


def test_steps_hold_each_value_until_the_next_date():
    chart = charts.steps([(date(2027, 1, 1), 0), (date(2028, 1, 1), 400), (date(2029, 1, 1), 800)], unit="count")
    assert chart.line == "M70.0 226.0H262.7V120.0H456.0V14.0H480"
    assert chart.area.endswith(f"V{chart.base}Z")
    assert chart.rows[1] == ("1 January 2028", "400")
    assert [mark.text for mark in chart.times] == ["2028", "2029"]
    assert chart.summary == "From 0 on 1 January 2027 to 800 on 1 January 2029"


def test_steps_of_one_day_and_of_none():
    one = charts.steps([(datetime(2027, 5, 3, 23, 30, tzinfo=UTC), 10)], unit="pence")
    assert one.rows == [("4 May 2027", "£0.10")]
    assert [mark.text for mark in one.times] == ["4 May 2027"]
    years = charts.steps([(datetime(2027, 1, 1, tzinfo=UTC), 0), (datetime(2030, 1, 1, tzinfo=UTC), 9)], unit="count")
    assert [mark.text for mark in years.times] == ["2028", "2029", "2030"]
    assert charts.steps([], unit="pence").summary == "Nothing to show yet"


@given(st.integers(min_value=0, max_value=10**15))
def test_ceiling_is_not_below_the_value_and_not_far_above(value):
    top = charts.nice_ceiling(value)
    assert value <= top
    assert top % 4 == 0
    assert top == 4 or top <= value * 5 // 2 + 1


def test_outline_map_has_north_up_and_east_right():
    drawn = charts.outline_map([place("South", 0.0, 51.0, region="A"), place("North east", 1.0, 52.0, region="A")])
    south, north = drawn.spots
    assert north.y < south.y
    assert north.x > south.x
    assert [mark.text for mark in drawn.regions] == ["A"]
    assert drawn.summary == "2 places: A 2"


@pytest.fixture(scope="module")
def real_places() -> list[dict[str, object]]:
    """The 225, where they are and in which region."""
    features = json.loads((DATA / "neighbourhoods_225_outline.geojson").read_text())["features"]
    with (DATA / "neighbourhoods_225.csv").open(encoding="utf-8", newline="") as file:
        regions = {row["ward_code"]: row["region_name"] for row in csv.DictReader(file)}
    lying = (feature["properties"] for feature in features)
    return [place(one["ward_name"], one["lon"], one["lat"], region=regions[one["ward_code"]]) for one in lying]


def test_names_of_regions_neither_meet_nor_leave_the_picture(real_places):
    drawn = charts.outline_map(real_places)
    assert {label.text for label in drawn.regions} == {one["region"] for one in real_places}
    assert not [(one.text, other.text) for one, other in combinations(drawn.regions, 2) if one.meets(other)]
    for label in drawn.regions:
        left, top, right, bottom = label.box
        assert left >= 0
        assert top >= 0
        assert right <= drawn.width
        assert bottom <= drawn.height


def test_names_of_regions_cover_few_of_their_places(real_places):
    drawn = charts.outline_map(real_places)
    boxes = [label.box for label in drawn.regions]
    covered = [
        spot.name
        for spot in drawn.spots
        if any(left <= spot.x <= right and top <= spot.y <= bottom for left, top, right, bottom in boxes)
    ]
    assert len(covered) <= 6


@given(st.lists(st.tuples(st.text(min_size=1, max_size=30), st.floats(0, 400), st.floats(0, 400)), max_size=12))
def test_every_region_has_one_name_whatever_there_is(dots):
    groups = {name: [(x, y)] for name, x, y in dots}
    placed = place_labels(groups, (420, 420))
    assert sorted(label.text.split() for label in placed) == sorted(name.split() for name in groups)


def test_outlines_are_drawn_when_the_places_are_few():
    few = [place(str(number), outline=SQUARE) for number in range(3)]
    many = [place(str(number), lat=50 + number / 10, outline=SQUARE) for number in range(60)]
    assert all(spot.path.startswith("M") for spot in charts.outline_map(few).spots)
    assert not any(spot.path for spot in charts.outline_map(many).spots)


def test_tiles_stand_apart_and_none_is_lost():
    regions = [*charts.REGION_SEATS, "Elsewhere", ""]
    places = [place(f"P{number}", region=regions[number % len(regions)]) for number in range(225)]
    drawn = charts.tile_map(places)
    assert len({(spot.x, spot.y) for spot in drawn.spots}) == 225
    assert all(spot.x + charts.TILE <= drawn.width and spot.y + charts.TILE <= drawn.height for spot in drawn.spots)
    assert {mark.text for mark in drawn.regions} == {*charts.REGION_SEATS, "Elsewhere", "Other"}


def test_maps_of_nothing_say_so():
    assert charts.outline_map([]).summary == "No places to show"
    assert charts.tile_map([]).summary == "No places to show"


def test_map_with_links_is_a_group_and_without_a_picture():
    assert charts.tile_map([place("A", href="/a/")]).role == "group"
    assert charts.tile_map([place("A")]).role == "img"


def test_shape_fits_its_picture():
    drawn = charts.shape({"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"], SQUARE["coordinates"]]})
    assert drawn.path.count("M") == 2
    assert drawn.path.count("Z") == 2
    assert charts.shape({"type": "Polygon", "coordinates": []}).path == ""


def test_id_from_a_title_is_safe_in_html():
    assert charts.id_of('Most "money" went to <halls>') == "picture-most-money-went-to-halls"
