import csv
import io
import zipfile
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cwf_portal.core.exports import FORMULA_STARTS, SAMPLE_NOTE, csv_response, neutral, xlsx_response


@given(st.text())
def test_no_text_cell_starts_like_a_formula(text):
    assert not neutral(text).lstrip(" ").startswith(FORMULA_STARTS)


@given(st.one_of(st.none(), st.integers(), st.dates(), st.decimals(allow_nan=False)))
def test_numbers_dates_and_nothing_stay_themselves(value):
    assert neutral(value) == value


def test_csv_of_sample_data_says_so_first_and_neutralises_cells():
    response = csv_response("places", ["Name", "Pence"], [["=1+1", -5]], sample=True)
    lines = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert lines == [[SAMPLE_NOTE], ["Name", "Pence"], ["'=1+1", "-5"]]
    assert response["Content-Disposition"] == 'attachment; filename="places.csv"'


def test_xlsx_holds_the_rows_and_no_formula():
    response = xlsx_response("places", ["Name"], [["=1+1"], [date(2027, 1, 1)], [Decimal("1.5")]], sample=False)
    sheet = zipfile.ZipFile(io.BytesIO(response.content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert sheet.count("<row ") == 4
