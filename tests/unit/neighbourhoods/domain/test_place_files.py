import pytest

from neighbourhoods.domain import place_files
from neighbourhoods.domain.outlines import OutlineError, read_outlines
from neighbourhoods.domain.tables import TableError
from neighbourhoods.services.loading import everything

SHARES = b"wd17cd,ward_name,pcon24cd,pcon24nm,pop_mid2019,share\n"
MEMBERS = everything.MEMBERS_FILE.read_bytes().splitlines(keepends=True)
PLACES = everything.NEIGHBOURHOODS_FILE.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("read", "file", "rows"),
    [
        (place_files.read_neighbourhoods, everything.NEIGHBOURHOODS_FILE, 225),
        (place_files.read_authority_changes, everything.ABOLISHED_FILE, 12),
        (place_files.read_constituencies, everything.CONSTITUENCIES_FILE, 263),
        (place_files.read_members, everything.MEMBERS_FILE, 650),
        (place_files.read_deprivation, everything.DEPRIVATION_FILE, 1468),
        (read_outlines, everything.OUTLINES_FILE, 225),
    ],
)
def test_shipped_file_is_good(read, file, rows):
    assert len(read(file.read_bytes())) == rows


def refused(read, content):
    with pytest.raises(TableError) as caught:
        read(content)
    return str(caught.value)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (b"E05000001,A,E14000001,B,10,0.5\n", "line 2, column share: the shares of E05000001 add up to 0.5, not to 1"),
        (b"E05000001,A,E14000001,B,10,1.1\n", "line 2, column share: 1.1 is not between 0 and 1"),
        (b"E05000001,A,E14000001,B,10,0\n", "line 2, column share: must be above 0"),
        (
            b"E05000001,A,E14000001,B,10,1\nE05000002,A,E14000001,C,10,1\n",
            "line 3, column pcon24nm: E14000001 is called 'B' further up and 'C' here",
        ),
        (b"E05000001,A,E14000001,B,10,1\n" * 2, "line 3, column wd17cd: E05000001, E14000001 stands in line 2 already"),
    ],
)
def test_shares_that_do_not_agree_are_refused(rows, said):
    assert said in refused(place_files.read_constituencies, SHARES + rows)


def test_one_person_in_two_seats_is_refused():
    twin = MEMBERS[2].replace(b",4358,", b",5173,")
    assert "5173 already has the seat in line 2" in refused(place_files.read_members, MEMBERS[0] + MEMBERS[1] + twin)


def test_place_needs_as_many_names_as_codes_and_a_whole_county():
    row = PLACES[1].replace(b"E14001053,", b"E14001053|E14001054,").replace(b"E10000006,Cumbria", b"E10000006,")
    said = refused(place_files.read_neighbourhoods, PLACES[0] + row)
    assert "line 2, column pcon17_names: must name as many constituencies as pcon17_codes" in said
    assert "line 2, column county17_name: a county needs both its code and its name" in said


FEATURE = (
    '{"properties": {"ward_code": "E05000001", "geometry_source": "ONS", "lon": -1, "lat": 52},'
    ' "geometry": {"type": "Polygon", "coordinates": [[[-1, 52], [-1, 53], [-2, 53], [-1, 52]]]}}'
)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ("", "holds no outlines"),
        (f"{FEATURE},{FEATURE}", "Feature 2, ward_code: E05000001 stands in the file twice"),
        (FEATURE.replace('"lon"', '"east"'), "Feature 1: ward_code, geometry_source, lon, lat or geometry is missing"),
        (FEATURE.replace('"E05000001"', "5"), "must be text"),
        (FEATURE.replace('"Polygon"', '"Point"'), "must be a Polygon or a MultiPolygon"),
        (FEATURE.replace('"Polygon"', '["Polygon"]'), "must be a Polygon or a MultiPolygon"),
        (FEATURE.replace("[[[-1, 52]", "[[[-1]"), "is not a point"),
        (FEATURE.replace("[-2, 53]", "[-90, 53]"), "-90, 53 is not in England"),
        (FEATURE.replace("[-2, 53]", '["x", 53]'), "is not a point"),
        (FEATURE.replace("[-2, 53]", "[NaN, 53]"), "is not in England"),
        (FEATURE.replace(", [-1, 53], [-2, 53]", ""), "a ring needs at least four points"),
        (FEATURE.replace("[[[-1, 52], [-1, 53], [-2, 53], [-1, 52]]]", "[]"), "has no ring"),
        (FEATURE.replace("[[[-1, 52], [-1, 53], [-2, 53], [-1, 52]]]", "[5]"), "must be lists of points"),
        ("5", "Feature 1: ward_code"),
    ],
)
def test_bad_outline_is_named(features, said):
    with pytest.raises(OutlineError, match=said):
        read_outlines(f'{{"features": [{features}]}}'.encode())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"features": 5}', b"\xff", b"[" * 100_000])
def test_file_that_is_no_feature_collection_is_refused(content):
    with pytest.raises(OutlineError, match=r"not a GeoJSON|no outlines"):
        read_outlines(content)
