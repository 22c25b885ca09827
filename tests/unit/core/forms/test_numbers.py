"""What counts as a number that a page carries."""

import pytest

from cwf_portal.core.forms import small_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("999999999", 999_999_999)])
def test_small_number_reads_plain_digits(text, number):
    assert small_number(text) == number


@pytest.mark.parametrize("text", ["", "²", "٣", "-1", "1.0", " 1", "1e3", "1000000000", "9" * 5_000])
def test_small_number_refuses_everything_else(text):
    assert small_number(text) is None
