"""Tables to take away. Every cell is neutralised: a spreadsheet must never run what a stranger typed."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import HttpResponse

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
SAMPLE_NOTE = "Sample data: invented for the demonstration."


def neutral(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers, dates and None stay what they are."""
    if cell is None or isinstance(cell, bool | int | Decimal | date | datetime):
        return cell
    text = str(cell)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _lines(header: Sequence[str], rows: Iterable[Sequence[Any]], *, sample: bool) -> Iterable[list[Any]]:
    if sample:
        yield [SAMPLE_NOTE]
    yield list(header)
    for row in rows:
        yield [neutral(cell) for cell in row]


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, sample: bool) -> HttpResponse:
    """A CSV file (UTF-8 with a byte order mark, as spreadsheets expect) to download."""
    text = io.StringIO()
    csv.writer(text).writerows(_lines(header, rows, sample=sample))
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}.csv"'
    return response


def xlsx_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, sample: bool) -> HttpResponse:
    """The same table as an Excel file, one sheet, no formulas."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with xlsxwriter.Workbook(buffer, {**options, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(_lines(header, rows, sample=sample)):
            sheet.write_row(number, 0, line)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    response = HttpResponse(buffer.getvalue(), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{filename}.xlsx"'
    return response
