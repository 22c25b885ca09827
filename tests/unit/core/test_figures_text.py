from datetime import UTC, date, datetime

import pytest

from cwf_portal.core import figures_text


@pytest.mark.parametrize(
    ("pence", "text"),
    [(0, "£0"), (5, "£0.05"), (123_456, "£1,234.56"), (33_000_000, "£330,000"), (-150, "−£1.50")],
)
def test_pounds_to_the_penny(pence, text):
    assert figures_text.pounds(pence) == text


@pytest.mark.parametrize(
    ("pence", "text"),
    [
        (0, "£0"),
        (149, "£1"),
        (150, "£2"),
        (33_000_000, "£330,000"),
        (94_900_000, "£949,000"),
        (99_999_900, "£1m"),
        (120_000_000, "£1.2m"),
        (125_000_000, "£1.3m"),
        (200_000_000_000, "£2bn"),
        (121_840_000_000, "£1.2bn"),
        (-120_000_000, "−£1.2m"),
    ],
)
def test_pounds_rounded_half_up(pence, text):
    assert figures_text.pounds_short(pence) == text


def test_days_and_moments_are_london_ones():
    summer = datetime(2027, 6, 30, 23, 5, tzinfo=UTC)
    assert figures_text.day_text(summer) == "1 July 2027"
    assert figures_text.moment_text(summer) == "1 July 2027, 12:05am"
    assert figures_text.moment_text(datetime(2027, 1, 5, 17, 0, tzinfo=UTC)) == "5 January 2027, 5pm"
    assert figures_text.day_text(date(2027, 5, 3)) == "3 May 2027"


def test_a_deadline_at_the_end_of_a_day_names_the_day_alone():
    assert figures_text.deadline_text(datetime(2027, 7, 1, 22, 59, 59, tzinfo=UTC)) == "1 July 2027"
    assert figures_text.deadline_text(datetime(2027, 7, 1, 8, 0, tzinfo=UTC)) == "1 July 2027, 9am"
