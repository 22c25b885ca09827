from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neighbourhoods.domain import tables
from neighbourhoods.domain.tables import Column, TableError, read_table

COLUMNS = (
    Column("code", tables.code("E[0-9]{3}", example="E123")),
    Column("name", tables.text(24)),
    Column("people", tables.integer(1, 500)),
    Column("score", tables.decimal(0, 100, places=2), required=False),
    Column("live", tables.yes_or_no),
    Column("from", tables.day),
)
HEADING = b"code,name,people,score,live,from\n"
GOOD = b"E001,St Mary's & Co. (North),12,3.50,True,2024-07-04\n"


def read(content):
    return read_table(content, COLUMNS, unique=("code",))


def problems(content):
    with pytest.raises(TableError) as caught:
        read(content)
    return [str(problem) for problem in caught.value.problems]


def test_good_row_is_read_with_its_line():
    (line,) = read(HEADING + GOOD)
    assert line.number == 2
    assert line.cells == {
        "code": "E001",
        "name": "St Mary's & Co. (North)",
        "people": 12,
        "score": Decimal("3.50"),
        "live": True,
        "from": date(2024, 7, 4),
    }


def test_byte_order_mark_blank_lines_other_columns_and_windows_lines_are_fine():
    content = b"\xef\xbb\xbfextra," + HEADING.replace(b"\n", b"\r\n") + b"\r\n,,,,,,\r\n"
    content += b"x,E001,A b,12,,false,2024-07-04T00:00:00\r\n"
    (line,) = read(content)
    assert (line.number, line["score"], line["live"], line["from"]) == (4, None, False, date(2024, 7, 4))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b"E1,A,1,,True,2024-01-01", "line 2, column code: 'E1' is not a code like E123"),
        (b"E001,,1,,True,2024-01-01", "line 2, column name: is empty"),
        (b"E001,=HYPERLINK(1),1,,True,2024-01-01", "column name: '=HYPERLINK(1)' holds characters that no name has"),
        (b"E001,<b>A</b>,1,,True,2024-01-01", "holds characters that no name has"),
        ("E001,A\u202eB,1,,True,2024-01-01".encode(), "holds characters that no name has"),
        (b"E001,A\tB,1,,True,2024-01-01", "holds characters that no name has"),
        (b"E001,aaaaaaaaaaaaaaaaaaaaaaaaa,1,,True,2024-01-01", "column name: longer than 24 characters"),
        (b"E001,A,twelve,,True,2024-01-01", "column people: 'twelve' is not a whole number"),
        (b"E001,A,1.5,,True,2024-01-01", "column people: '1.5' is not a whole number"),
        ("E001,A,\u0661\u0662,,True,2024-01-01".encode(), "is not a whole number"),
        (b"E001,A,0,,True,2024-01-01", "column people: 0 is not between 1 and 500"),
        (b"E001,A,501,,True,2024-01-01", "column people: 501 is not between 1 and 500"),
        (b"E001,A,1,NaN,True,2024-01-01", "column score: 'NaN' is not a number"),
        (b"E001,A,1,1.2.3,True,2024-01-01", "column score: '1.2.3' is not a number"),
        (b"E001,A,1,100.01,True,2024-01-01", "column score: 100.01 is not between 0 and 100"),
        (b"E001,A,1,1.234,True,2024-01-01", "column score: 1.234 has more than 2 decimals"),
        (b"E001,A,1,,maybe,2024-01-01", "column live: 'maybe' is neither True nor False"),
        (b"E001,A,1,,True,2024-02-30", "column from: '2024-02-30' is not a date like 2024-07-04"),
        (b"E001,A,1,,True", "line 2: has 5 cells where the heading has 6"),
        (b'E001,"A,1,,True,2024-01-01', "line 2: cannot be read as CSV"),
    ],
)
def test_bad_row_is_named_by_line_and_column(row, said):
    assert any(said in problem for problem in problems(HEADING + row + b"\n"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: the file is empty"),
        (b"\xef\xbb\xbf", "line 1: the file is empty"),
        (HEADING, "line 2: the file has a heading and nothing under it"),
        (HEADING.replace(b"people", b"folk") + GOOD, "line 1, column people: this column is missing"),
        (b"code," + HEADING, "line 1, column code: this column stands twice"),
        (HEADING + GOOD + GOOD, "line 3, column code: E001 stands in line 2 already"),
        (HEADING + b"E001,\xff\xfe", "line 2: the file is not text in UTF-8"),
        (HEADING + GOOD + b"\x00", "line 3: holds a NUL character"),
    ],
)
def test_bad_file_is_refused(content, said):
    assert any(problem.startswith(said) for problem in problems(content))


def test_file_too_large_is_refused_unread(monkeypatch):
    monkeypatch.setattr(tables, "MOST_BYTES", 50)
    assert "larger than" in problems(HEADING + GOOD)[0]


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 1)
    assert problems(HEADING + GOOD + GOOD.replace(b"E001", b"E002")) == ["line 3: more than 1 rows"]


def test_all_problems_are_kept_and_twenty_are_shown():
    with pytest.raises(TableError, match="and 5 more problems") as caught:
        read(HEADING + b"".join(b"E%03d,A,0,,True,2024-01-01\n" % number for number in range(25)))
    assert len(caught.value.problems) == 25


def test_lists_of_codes_and_names():
    read_codes = tables.codes("E[0-9]", example="E1")
    assert read_codes("E1|E2") == ("E1", "E2")
    assert tables.names("Easington|City of Durham") == ("Easington", "City of Durham")
    with pytest.raises(ValueError, match="names a code twice"):
        read_codes("E1|E1")


@given(st.binary(max_size=300))
def test_no_bytes_whatever_raise_anything_else(content):
    try:
        outcome = len(read(content))
    except TableError as error:
        outcome = len(error.problems)
    assert outcome > 0


@given(st.text(max_size=60))
def test_name_that_passes_starts_with_a_letter_or_digit(name):
    try:
        passed = tables.text()(name)
    except ValueError:
        return
    assert passed == name
    assert name[0].isalnum()
    assert not set(name) & set('<>=\t\r\n\x00+@|%"')
