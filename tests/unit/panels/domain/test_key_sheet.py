import itertools
from collections import Counter

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from panels.domain import crockford
from panels.domain.key_sheet import LINES, SheetError, fingerprint, keeper_of, read_line, read_sheet, write_sheet
from panels.domain.sealing import new_key, public_bytes

# Always the same key: names of tests are made of its sheet, and every worker must find the same names.
KEY = ec.derive_private_key(int.from_bytes(bytes(range(100, 132))), ec.SECP256R1())
SHEET = write_sheet(KEY)


def same(first, second) -> bool:
    return public_bytes(first) == public_bytes(second)


def test_sheet_has_four_lines_of_three_groups_of_five():
    assert [[len(group) for group in line.split(" ")] for line in SHEET.lines] == [[5, 5, 5]] * LINES


def test_sheet_worked_example():
    """The key 1: any program that reads sheets must find the same letters."""
    secret = read_line(1, write_sheet(KEY).lines[0])
    assert len(secret) == 8
    assert "".join(read_line(number, line).hex() for number, line in enumerate(SHEET.lines, 1)) == (
        f"{KEY.private_numbers().private_value:064x}"
    )


AS_TYPED = [SHEET.text, SHEET.text.lower(), SHEET.text.replace(" ", "-"), f"\n{SHEET.text}\n \n"]


@pytest.mark.parametrize("typed", AS_TYPED)
def test_read_sheet_as_people_type(typed):
    assert same(read_sheet(typed), KEY)


def test_read_sheet_takes_letters_that_look_alike():
    assert same(read_sheet(SHEET.text.replace("0", "o").replace("1", "l")), KEY)


def test_read_line_finds_all_wrong_letters_but_one_in_hundreds():
    """The checksum of eleven bits lets one mistake in 2,048 through; then the key is of no keeper, which is seen."""
    found, missed = Counter(), 0
    for number, text in enumerate(SHEET.lines, start=1):
        letters = text.replace(" ", "")
        for place, letter in itertools.product(range(len(letters)), crockford.ALPHABET):
            typed = letters[:place] + letter + letters[place + 1 :]
            try:
                read_line(number, typed)
            except SheetError as error:
                found[str(error)] += 1
            else:
                missed += typed != letters

    assert missed == 3
    assert found == Counter(
        {f"line {number} is mistyped": wrong for number, wrong in enumerate((464, 465, 465, 463), 1)}
    )


def test_read_sheet_finds_lines_in_the_wrong_order():
    first, second, *rest = SHEET.lines
    with pytest.raises(SheetError, match="line 1 is mistyped"):
        read_sheet("\n".join([second, first, *rest]))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "four lines|4 lines; this has 0"),
        ("\n".join(SHEET.lines[:3]), "4 lines; this has 3"),
        ("\n".join([*SHEET.lines[:2], SHEET.lines[2][:-1], SHEET.lines[3]]), "line 3 has 14 letters"),
        ("\n".join([*SHEET.lines[:3], SHEET.lines[3][:-1] + "U"]), "line 4 has a sign that is on no key sheet"),
        ("\n".join([*SHEET.lines[:3], SHEET.lines[3][:-1] + "é"]), "line 4 has a sign that is on no key sheet"),
    ],
)
def test_read_sheet_refuses_with_a_sentence_that_repeats_nothing(typed, sentence):
    with pytest.raises(SheetError, match=sentence) as refused:
        read_sheet(typed)
    assert not any(line in str(refused.value) for line in SHEET.lines)


def test_keeper_of_finds_whose_key_it_is_and_nobody_elses():
    keys = [new_key() for _ in range(3)]
    public = [public_bytes(key).hex() for key in keys]

    assert keeper_of(keys[1], public).number == 2
    assert keeper_of(KEY, public) is None


def test_fingerprint_is_four_groups_of_four_and_differs():
    assert [len(group) for group in fingerprint(public_bytes(KEY)).split("-")] == [4] * 4
    assert fingerprint(public_bytes(KEY)) != fingerprint(public_bytes(new_key()))
