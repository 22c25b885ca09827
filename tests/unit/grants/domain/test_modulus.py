"""Modulus checks: the guide's own vectors where they are at hand, and our own cases for every exception besides."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.bank_text import Account
from grants.domain.modulus import ModulusResult, ModulusTableError, check_account, read_tables
from tests.support.shared_data import shared_file

VALID, INVALID, NOT_CHECKED = ModulusResult.VALID, ModulusResult.INVALID, ModulusResult.NOT_CHECKED
PLAIN = "0 0 0 0 0 0 8 7 6 5 4 3 2 1"
CODE_TOO = "2 1 2 1 2 1 2 1 2 1 2 1 2 1"
NO_CHECK_DIGITS = "0 0 0 0 0 0 8 7 6 5 4 3 0 0"
ONES = "1 1 1 1 1 1 8 7 6 5 4 3 2 1"

# Our own lines, one sort code an exception; every case below was worked out by hand from these weights.
WEIGHTS = f"""
100000 100000 MOD11 {PLAIN}
100001 100001 MOD10 {PLAIN}
100002 100002 DBLAL {CODE_TOO}
200001 200001 DBLAL {CODE_TOO} 1
200002 200002 MOD11 {PLAIN} 2
200002 200002 MOD11 0 0 0 0 0 1 8 7 6 5 4 3 2 1 9
200003 200003 MOD11 {PLAIN}
200003 200003 DBLAL {CODE_TOO} 3
200004 200004 MOD11 {NO_CHECK_DIGITS} 4
200005 200005 MOD11 1 0 0 0 0 0 8 7 6 5 4 3 0 0 5
200055 200055 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 0 5
200006 200006 MOD11 {PLAIN} 6
200007 200007 MOD11 {ONES} 7
200008 200008 MOD10 {ONES} 8
200010 200010 MOD11 {ONES} 10
200010 200010 MOD10 {PLAIN} 11
200012 200012 MOD11 {PLAIN} 12
200012 200012 MOD10 {PLAIN} 13
200014 200014 MOD11 {PLAIN} 14
"""
RULES = read_tables(weights=WEIGHTS, substitutions="200005 100005\n")
CASES = [
    ("999999", "12345678", NOT_CHECKED),
    ("100000", "00000051", VALID),  # 2·5 + 1 = 11
    ("100000", "00000052", INVALID),
    ("100001", "00000042", VALID),  # 2·4 + 2 = 10
    ("100001", "00000043", INVALID),
    ("100002", "00000048", VALID),  # the code gives 4, then 8 + 8
    ("100002", "00000044", INVALID),
    ("100002", "00000088", INVALID),  # 16 counts as 1 + 6: 4 + 7 + 8
    ("200001", "00000008", VALID),  # 5 + 8 + 27 = 40
    ("200001", "00000005", INVALID),
    ("200002", "10000031", VALID),  # exception 2 with g below 9: 6 + 6 + 9 + 1 = 22
    ("200002", "10000096", VALID),  # with g = 9: 27 + 6 = 33
    ("200002", "10000050", VALID),  # only by exception 9, with 309634: 4 + 8 + 10 = 22
    ("200002", "10000000", INVALID),
    ("200003", "00600040", VALID),  # c = 6: the second check is not made
    ("200003", "00000051", INVALID),  # the second gives 9
    ("200003", "00000078", VALID),  # 22, then 7 + 5 + 8 = 20
    ("200004", "00000103", VALID),  # the remainder 3 is gh
    ("200004", "00020010", VALID),  # the remainder 10 is gh
    ("200004", "00000301", INVALID),
    ("200005", "00000310", VALID),  # with 100005: 10, so g = 1
    ("200005", "00001200", VALID),  # 11, so g = 0
    ("200005", "00000000", INVALID),  # the remainder 1 is never right
    ("200055", "00000018", VALID),  # 12, so h = 8
    ("200055", "00000000", VALID),  # 10, so h = 0
    ("200055", "00000010", INVALID),
    ("200006", "40000011", VALID),  # a foreign currency is not checked
    ("200006", "40000012", INVALID),
    ("200006", "30000011", INVALID),
    ("200007", "00000094", VALID),  # g = 9: the code and ab do not count
    ("200007", "00000010", VALID),  # 9 + 2 = 11
    ("200007", "00000093", INVALID),
    ("200008", "00000002", VALID),  # with 090126: 18 + 2
    ("200008", "00000000", INVALID),
    ("200010", "09000094", VALID),
    ("200010", "99000094", VALID),
    ("200010", "19000094", INVALID),
    ("200010", "00000042", VALID),  # only by exception 11
    ("200012", "00000051", VALID),
    ("200012", "00000042", VALID),
    ("200012", "00000012", INVALID),
    ("200014", "00000051", VALID),
    ("200014", "00000510", VALID),  # h = 0: moved to the right it is 00000051
    ("200014", "00000511", VALID),
    ("200014", "00000512", INVALID),
    ("200014", "00000529", INVALID),
]


@pytest.mark.parametrize(("code", "number", "result"), CASES)
def test_case_worked_out_by_hand(code: str, number: str, result: ModulusResult) -> None:
    assert check_account(RULES, Account(code, number)) is result


def test_every_exception_has_a_case() -> None:
    with_cases = {rule.exception for code, _, _ in CASES for rule in RULES.of(code)}

    assert with_cases == set(range(15))


def test_published_vectors_come_out_as_published() -> None:
    folder = shared_file("bacs")
    rules = read_tables(
        weights=(folder / "valacdos-v640.txt").read_text(encoding="utf-8"),
        substitutions=(folder / "scsubtab.txt").read_text(encoding="utf-8"),
    )
    vectors = list(csv.DictReader((folder / "modulus_test_vectors.csv").read_text(encoding="utf-8").splitlines()))

    wrong = [
        vector
        for vector in vectors
        if (check_account(rules, Account(vector["sort_code"], vector["account_number"])) is not INVALID)
        != (vector["expected_valid"] == "1")
    ]

    assert len(vectors) > 20
    assert wrong == []


@given(st.from_regex(r"\A[0-9]{6}\Z"), st.from_regex(r"\A[0-9]{8}\Z"))
def test_every_account_gets_an_answer(code: str, number: str) -> None:
    assert check_account(RULES, Account(code, number)) in ModulusResult


@pytest.mark.parametrize(
    ("weights", "substitutions", "fact"),
    [
        ("", "", "no line"),
        ("100000 100000 MOD12 " + PLAIN, "", "Line 1 of the weights"),
        ("\n100001 100000 MOD11 " + PLAIN, "", "Line 2 of the weights"),
        ("100000 100000 MOD11 1 2 3", "", "Line 1 of the weights"),
        ("100000 100000 MOD11 " + PLAIN + " 15", "", "exception 15; there are 14"),
        ("100000 100000 MOD11 " + PLAIN, "100000", "Line 1 of the substitutions"),
        ("１00000 100000 MOD11 " + PLAIN, "", "Line 1 of the weights"),
    ],
)
def test_table_that_cannot_be_read_is_refused_with_its_line(weights: str, substitutions: str, fact: str) -> None:
    with pytest.raises(ModulusTableError, match=fact):
        read_tables(weights=weights, substitutions=substitutions)
