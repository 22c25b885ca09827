"""Characters, amounts and account numbers in bank messages."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.bank_text import (
    LARGEST_PENCE,
    BankTextError,
    bank_text,
    format_pence,
    parse_pence,
)

ALLOWED = set(string.ascii_letters + string.digits + "/-?:().,'+ ")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Sheerness Trust", "Sheerness Trust"),
        ("Smith & Sons", "Smith + Sons"),
        ("Caffè Ørsted Łódź", "Caffe Orsted Lodz"),
        ("St Mary’s", "St Mary's"),
        ("a\u202eb\x00c\nd", "ab c d"),
        ("100% <b>here</b>", "100 b here /b"),
        ("  many   spaces ", "many spaces"),
    ],
)
def test_text_is_written_in_bank_characters(written: str, sent: str) -> None:
    assert bank_text(written, limit=35) == sent


def test_text_is_cut_to_its_limit_without_a_trailing_space() -> None:
    assert bank_text("abcd efgh", limit=5) == "abcd"


@pytest.mark.parametrize("text", ["", "   ", "明日", "---", "\u202e"])
def test_text_of_which_nothing_is_left_is_refused(text: str) -> None:
    with pytest.raises(BankTextError, match="no letter or digit"):
        bank_text(text, limit=35)


@given(st.text(), st.integers(1, 140))
def test_any_text_comes_out_writable_or_is_refused(text: str, limit: int) -> None:
    try:
        sent = bank_text(text, limit=limit)
    except BankTextError:
        return
    assert 1 <= len(sent) <= limit
    assert set(sent) <= ALLOWED
    assert bank_text(sent, limit=limit) == sent


@given(st.integers(1, LARGEST_PENCE - 1))
def test_pence_written_and_read_are_the_same(pence: int) -> None:
    assert parse_pence(format_pence(pence)) == pence


@pytest.mark.parametrize(("written", "pence"), [("0", 0), ("12", 1200), ("12.3", 1230), ("0.07", 7)])
def test_amounts_with_fewer_decimals_are_read(written: str, pence: int) -> None:
    assert parse_pence(written) == pence


@pytest.mark.parametrize(
    "text",
    ["", "-1.00", "+1", "1,000.00", "1.005", "1e5", "NaN", "Infinity", "１２.00", "01.00", ".50", "1.", " 1", "9" * 13],
)
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(BankTextError):
        parse_pence(text)


@pytest.mark.parametrize("pence", [0, -1, LARGEST_PENCE])
def test_amount_outside_what_is_ever_paid_is_not_written(pence: int) -> None:
    with pytest.raises(BankTextError, match="not an amount that can be paid"):
        format_pence(pence)
