import pytest

from neighbourhoods.domain.postcodes import normalised_postcode, read_postcodes
from neighbourhoods.domain.tables import TableError

OURS = {"E01000019", "E01000020"}
HEADING = "pcd,pcds,dointr,doterm,lsoa11"
GOOD = "ZA1 1AA,ZA1 1AA,202001,,E01000019"


def directory(*rows: str, heading: str = HEADING) -> list[bytes]:
    return [f"{row}\r\n".encode() for row in (heading, *rows)]


@pytest.mark.parametrize("typed", ["za1 1aa", " ZA11AA ", "Za1  1aA"])
def test_postcode_is_read_however_it_is_spaced(typed):
    assert normalised_postcode(typed) == "ZA11AA"


@pytest.mark.parametrize("typed", ["", "ZA1", "1AA ZA1", "ZA1 1A1", "ZA1 1AA ZA1 1AA", "no idea"])
def test_what_is_no_postcode_is_refused(typed):
    with pytest.raises(ValueError, match="is not a postcode like ZA1 1AA"):
        normalised_postcode(typed)


@pytest.mark.parametrize("area", ["lsoa11", "lsoa11cd"])
def test_directory_keeps_what_is_in_use_and_ours(area):
    read = read_postcodes(
        directory(
            GOOD,
            "ZA1 1AB,ZA1 1AB,199001,202403,E01000019",
            "ZA9 9ZZ,ZA9 9ZZ,202001,,E01000999",
            "ZA9 9ZY,ZA9 9ZY,202001,,",
            heading=f"\ufeff{HEADING.replace('lsoa11', area)}",
        ),
        OURS,
    )
    assert [(row.code, row.small_area) for row in read.rows] == [("ZA11AA", "E01000019")]
    assert (read.elsewhere_count, read.ended_count) == (2, 1)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["ZA11AA,ZA11AA,202001,,E01000019"], "line 2, column pcds: 'ZA11AA' is not a code like ZA1 1AA"),
        ([GOOD, "ZA1 1AB,ZA1 1AB,202001,2024,E01000019"], "line 3, column doterm: '2024' is not a code like 202403"),
        ([GOOD, "ZA1 1AB,ZA1 1AB,202001,,here"], "line 3, column lsoa11: 'here' is not a code like E01000019"),
        ([GOOD, GOOD], "line 3, column pcds: ZA1 1AA stands in line 2 already"),
        ([GOOD, "ZA1 1AB,"], "line 3: has 2 cells where the heading has 5"),
        ([GOOD, ",,202001,,E01000019"], "line 3, column pcds: is empty"),
        ([GOOD, 'ZA1 1AB,"ZA1 1AB'], "cannot be read as CSV"),
    ],
)
def test_bad_row_is_named_by_line_and_column(rows, said):
    with pytest.raises(TableError) as refused:
        read_postcodes(directory(*rows), OURS)
    assert said in str(refused.value)


def test_file_that_is_no_directory_is_refused():
    for raw, said in (
        ([], "the file is empty"),
        (directory(heading="a,b"), "column pcds: this column is missing"),
        (directory(GOOD, heading=HEADING.replace("pcd,", "pcds,")), "column pcds: this column stands twice"),
        ([*directory(GOOD), b"\xff,\n"], "line 3: the file is not text in UTF-8"),
    ):
        with pytest.raises(TableError, match=said):
            read_postcodes(raw, OURS)


def test_file_that_is_wrong_throughout_is_given_up():
    rows = [f"{GOOD}\n".encode() for _ in range(3000)]
    with pytest.raises(TableError) as refused:
        read_postcodes([f"{HEADING}\n".encode(), *rows], OURS)
    assert len(refused.value.problems) == 1000
