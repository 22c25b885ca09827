"""Columns of two parts: as high as what they say, on one scale, and none of them upside down."""

import pytest

from cwf_portal.core.columns import BASE, HEIGHT, LEFT, TOP, WIDTH, columns


def test_parts_stand_on_each_other_on_one_scale():
    chart = columns([("2026", 300_000, 100_000), ("2027", 0, 200_000)], unit="pence")
    first, second = chart.columns
    assert (first.full_height, first.hollow_height) == pytest.approx((3 * first.hollow_height, first.hollow_height))
    assert second.hollow_height == pytest.approx(2 * first.hollow_height)
    assert first.full_y == pytest.approx(first.hollow_y + first.hollow_height)
    assert first.hollow_y == TOP
    assert second.hollow_y + second.hollow_height == BASE
    assert [level.text for level in chart.levels] == ["£0", "£2,000", "£4,000"]
    assert chart.rows == [("2026", "£3,000", "£1,000"), ("2027", "£0", "£2,000")]


def test_more_back_than_out_is_drawn_as_nothing_and_said():
    chart = columns([("2026", -500, 0), ("2027", 400, 0)], unit="pence")
    assert chart.columns[0].full_height == chart.columns[0].hollow_height == 0
    assert "2026: −£5, £0" in chart.summary


@pytest.mark.parametrize("count", [0, 1, 5, 6, 12, 40])
def test_everything_stays_in_the_picture_with_five_labels_at_most(count):
    chart = columns([(str(2020 + number), number, 1) for number in range(count)], unit="count")
    assert len(chart.labels) <= 5
    assert all(one.x >= LEFT and one.x + one.width <= WIDTH for one in chart.columns)
    assert all(0 <= one.hollow_y <= one.full_y <= BASE < HEIGHT for one in chart.columns)
