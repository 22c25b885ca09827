"""Fans: from values to coordinates."""

from django.template import Context, Template

from cwf_portal.core.fans import FanChart, fan

POINTS = [("2027", 100, 100, 100), ("2028", 50, 100, 200), ("2029", 0, 80, 400)]


def test_a_fan_lies_between_low_and_high_with_the_middle_in_it() -> None:
    chart = fan(POINTS, unit="count")

    assert chart.area.startswith("M70")
    assert chart.area.endswith("Z")
    assert chart.area.count("L") == 5
    assert [mark.text for mark in chart.levels] == ["0", "200", "400"]
    assert [mark.text for mark in chart.times] == ["2027", "2028", "2029"]
    assert chart.rows[2] == ("2029", "0", "80", "400")
    assert chart.summary == "From 100 in 2027; in 2029 between 0 and 400, in the middle 80"


def test_the_middle_stands_at_the_height_of_its_value() -> None:
    corners = [tuple(map(float, corner.split())) for corner in fan(POINTS, unit="count").middle[1:].split("L")]

    assert [x for x, _ in corners] == [70, 263, 456]
    assert corners[0][1] == corners[1][1] < corners[2][1]


def test_too_few_points_make_no_picture() -> None:
    assert fan(POINTS[:1], unit="pence") == FanChart()


def test_many_years_are_labelled_sparsely() -> None:
    points = [(str(2027 + index), 1, 2, 3) for index in range(16)]

    assert [mark.text for mark in fan(points, unit="count").times] == ["2027", "2030", "2033", "2036", "2039", "2042"]


def test_the_tag_draws_the_picture_with_its_table() -> None:
    html = Template("{% load cwf %}{% svg_fan 'What is left' points unit='pence' note='Source' %}").render(
        Context({"points": POINTS})
    )

    assert 'role="img"' in html
    assert "£4<" in html
    assert "Nine paths in ten" in html
