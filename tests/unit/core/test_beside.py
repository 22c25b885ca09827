from decimal import Decimal

from cwf_portal.core.beside import LONGEST_BAR, Row, beside


def test_each_measure_has_a_scale_of_its_own_and_the_largest_fills_the_picture():
    chart = beside(
        [
            ("Share", [Row("Here", "20%", Decimal(20), True), Row("England", "40%", Decimal(40), False)]),
            ("Score", [Row("Here", "61.5", Decimal("61.5"), True)]),
        ]
    )
    share, score = chart.groups
    assert [(bar.width, bar.is_own) for bar in share.bars] == [(LONGEST_BAR / 2, True), (LONGEST_BAR, False)]
    assert score.bars[0].width == LONGEST_BAR
    assert chart.summary == "Share: Here 20%, England 40%; Score: Here 61.5"


def test_what_is_not_known_or_below_zero_has_words_and_no_bar():
    rows = [Row("Here", "not known", None, True), Row("There", "-2.0", Decimal(-2), False)]
    bars = beside([("Score", rows)]).groups[0].bars
    assert [(bar.value, bar.width) for bar in bars] == [("not known", 0), ("-2.0", 0)]


def test_long_names_are_broken_and_nothing_stands_on_anything_else():
    name = "Hartcliffe and Withywood with Hengrove Park and Bishopsworth"
    chart = beside([("A measure " * 9, [Row(name, "1", Decimal(1), True), Row("England", "2", Decimal(2), False)])])
    group = chart.groups[0]
    first, second = group.bars
    assert (len(group.title), len(first.label)) == (3, 3)
    downs = [line.y for line in group.title] + [line.y for line in first.label]
    assert downs == sorted(set(downs))
    assert first.value_y == first.label[-1].y < first.bar_y < first.bar_y + chart.bar_height < second.label[0].y
    assert chart.height > second.bar_y + chart.bar_height


def test_nothing_to_show_is_an_empty_picture():
    assert beside([]).height == 1
