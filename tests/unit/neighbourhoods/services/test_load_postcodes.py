import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from cwf_portal.core.audit import acting
from neighbourhoods.models import Neighbourhood, Postcode, SmallAreaDeprivation
from neighbourhoods.selectors import neighbourhood_of_postcode

pytestmark = pytest.mark.django_db
HEADING = "pcd7,pcds,dointr,doterm,oslaua,lsoa11\n"
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


def run(*arguments: object, **options: object) -> str:
    out = io.StringIO()
    call_command("load_postcodes", *(str(argument) for argument in arguments), stdout=out, **options)
    return out.getvalue()


def invented() -> dict[str, str]:
    """Two invented postcodes for every place, by small area: `ZA` is an area that is not in use."""
    areas: dict[int, str] = {}
    for area in SmallAreaDeprivation.objects.order_by("code"):
        areas.setdefault(area.neighbourhood_id, area.code)
    ends = [f"{digit}{one}{other}" for digit in "12" for one in LETTERS for other in LETTERS]
    return {f"ZA1 {end}": area for end, area in zip(ends, sorted(areas.values()) * 2, strict=False)}


@pytest.fixture
def file(tmp_path) -> Callable[[dict[str, str]], Path]:
    def make(postcodes: dict[str, str], *further: str) -> Path:
        path = tmp_path / "ONSPD.csv"
        rows = [f"{code.replace(' ', '')},{code},202001,,E07000026,{area}\n" for code, area in postcodes.items()]
        path.write_text(HEADING + "".join([*rows, *further]))
        return path

    return make


def test_loading_twice_is_loading_once(file):
    postcodes = invented()
    path = file(postcodes, "ZA99ZZ,ZA9 9ZZ,202001,,E07000026,E01999999\n", "ZA99ZY,ZA9 9ZY,199001,202001,,E01000019\n")
    said = run(path)
    assert f"Postcodes: {len(postcodes)} added, 0 changed, 0 removed, 0 as before" in said
    assert "Passed over: 1 postcodes elsewhere, 1 no longer in use" in said
    before = list(Postcode.objects.order_by("pk").values())
    assert f"Postcodes: 0 added, 0 changed, 0 removed, {len(postcodes)} as before" in run(path)
    assert list(Postcode.objects.order_by("pk").values()) == before


def test_lookup_finds_the_place_and_says_when_it_does_not_know(file):
    postcodes = invented()
    run(file(postcodes))
    code, area = next(iter(postcodes.items()))
    assert neighbourhood_of_postcode(code.lower()) == Neighbourhood.objects.get(small_areas__code=area)
    assert neighbourhood_of_postcode("ZA9 9ZZ") is None


def test_dry_run_shows_the_difference_and_changes_nothing(file):
    postcodes = invented()
    run(file(postcodes))
    first, second, *_ = postcodes
    del postcodes[first]
    postcodes[second] = postcodes[[*postcodes][5]]
    said = run(file(postcodes), dry_run=True)
    assert f"- {first.replace(' ', '')}" in said
    assert f"~ {second.replace(' ', '')}: " in said
    assert "Dry run: nothing was changed." in said
    assert Postcode.objects.filter(code=first.replace(" ", "")).exists()
    run(file(postcodes))
    assert not Postcode.objects.filter(code=first.replace(" ", "")).exists()


def test_bad_row_is_named_and_nothing_is_loaded(file):
    with pytest.raises(CommandError, match=r"ONSPD.csv: line 2, column pcds: 'ZA1' is not a code like ZA1 1AA"):
        run(file({"ZA1": "E01000019"} | invented()))
    assert not Postcode.objects.exists()


def test_part_of_a_directory_is_refused(file):
    postcodes = invented()
    run(file(postcodes))
    last = [*postcodes.values()][-1]
    with pytest.raises(CommandError, match="is it the whole directory"):
        run(file({code: area for code, area in postcodes.items() if area != last}))
    assert Postcode.objects.count() == len(postcodes)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"code": "ZA1 1AA"}, "code_form"),
        ({"small_area_code": "E05000001"}, "small_area_form"),
    ],
)
def test_row_that_breaks_a_rule_is_refused(values, rule):
    fields = {"code": "ZA11AA", "small_area_code": "E01000019", "neighbourhood": Neighbourhood.objects.first()}
    with pytest.raises(IntegrityError, match=f"neighbourhoods_postcode_{rule}"), acting("system:test", "by hand"):
        Postcode.objects.create(**fields | values)


def test_one_postcode_lies_in_one_place(file):
    run(file(invented()))
    known = Postcode.objects.first()
    with pytest.raises(IntegrityError, match="neighbourhoods_postcode_code"), acting("system:test", "by hand"):
        Postcode.objects.create(code=known.code, small_area_code="E01000019", neighbourhood=known.neighbourhood)
