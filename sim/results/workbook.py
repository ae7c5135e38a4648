"""Workbook: `tables.xlsx` of a result folder, real numbers with formats, the same bytes each time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sim.reports.sheet import Column, Sheet
from sim.terminal import clean

__all__ = ["TABLES", "table_sheet", "write_workbook"]

TABLES = "tables.xlsx"
#: Properties of the file; without them it would say when it was written.
_CREATED = datetime(2000, 1, 1)
_LONGEST_TEXT = 32_767
_WIDEST_NAME = 31
#: Height of a line of text, in points.
_LINE = 15.0
_MOST_ROWS = 1_048_575
#: Columns that name something and so stay in sight when the table is scrolled.
_FROZEN = 1
_HEAD = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#EDEFF2"}
_NOTE = {"italic": True, "font_color": "#555555"}


def write_workbook(path: Path, sheets: Sequence[Sheet]) -> Path:
    """Write sheets as an Excel workbook.

    Parameters
    ----------
    path : Path
        The file.
    sheets : sequence of Sheet
        In the order of the tabs.

    Returns
    -------
    Path
        The file.

    Notes
    -----
    No cell is merged, no text becomes a formula, a number that is not finite is an empty cell. The creation date is
    fixed, so that the same sheets give the same bytes.
    """
    from xlsxwriter import Workbook

    # Put together in memory: it would otherwise write, read and remove a file for each of its parts.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with Workbook(str(path), options) as book:
        book.set_properties({"created": _CREATED, "title": "Tables of a run"})
        formats = _Formats(book.add_format)
        taken: set[str] = set()
        for sheet in sheets:
            _fill(book.add_worksheet(_tab(sheet.name, taken)), sheet, formats)
    return path


def table_sheet(name: str, table: Any, *, note: str = "") -> Sheet:
    """Return an Arrow table as a sheet, its columns as wide as their words ask for.

    Parameters
    ----------
    name : str
        Name of the tab.
    table : pyarrow.Table
        At most as many rows as a sheet can hold.
    note : str
        What the reader must know.

    Returns
    -------
    Sheet
    """
    columns, cells = [], []
    for key in table.column_names:
        values = table[key].to_pylist()
        longest = max([len(key), *(len(_shown(value)) for value in values[:200])])
        kind = "date" if any(isinstance(value, date) for value in values) else "plain"
        columns.append(Column(key, key, kind, min(max(longest + 2, 9), 48)))
        cells.append(values)
    return Sheet(name, tuple(columns), tuple(zip(*cells, strict=True))[:_MOST_ROWS], note=note)


class _Formats:
    """Formats of cells by what they hold, each made once."""

    def __init__(self, make: Callable[[Mapping[str, Any]], Any]) -> None:
        self._make = make
        self._made: dict[tuple[str, str], Any] = {}

    def of(self, kind: str, currency: str = "") -> Any:
        key = (kind, currency if kind in ("money", "price") else "")
        if key not in self._made:
            self._made[key] = self._make(_look(kind, currency))
        return self._made[key]


def _look(kind: str, currency: str) -> Mapping[str, Any]:
    """Return the format of a kind of cell."""
    if kind in ("head", "note"):
        return _HEAD if kind == "head" else _NOTE
    if kind in ("text", "plain"):
        return {"text_wrap": kind == "text", "valign": "top", **({"align": "left"} if kind == "text" else {})}
    sign = currency.replace('"', "")
    space = " " if sign[-1:].isalnum() else ""
    written = {
        "money": f'"{sign}{space}"#,##0.00;[Red]-"{sign}{space}"#,##0.00' if sign else "#,##0.00",
        "price": f'"{sign}{space}"#,##0.00###' if sign else "#,##0.00###",
        "share": "0.0%",
        "probability": "0.0%",
        "weeks": "#,##0.0",
        "count": "#,##0",
        "date": "yyyy-mm-dd",
    }
    return {"num_format": written.get(kind, "#,##0.00"), "valign": "top"}


def _fill(page: Any, sheet: Sheet, formats: _Formats) -> None:
    for position, column in enumerate(sheet.columns):
        page.set_column(position, position, column.width)
        page.write_string(0, position, _text(column.heading), formats.of("head"))
    of_row = any(column.kind == "metric" for column in sheet.columns)
    looks = [] if of_row else [formats.of(column.kind, sheet.currency) for column in sheet.columns]
    wrapped = [(position, column) for position, column in enumerate(sheet.columns) if column.kind == "text"]
    for number, row in enumerate(sheet.rows, start=1):
        lines = max((_lines(row[position], column) for position, column in wrapped), default=1)
        if lines > 1:
            page.set_row(number, _LINE * lines)
        if of_row:
            looks = [formats.of(kind, sheet.currency) for kind in sheet.kinds(row)]
        for position, (cell, look) in enumerate(zip(row, looks, strict=True)):
            _put(page, number, position, cell, look)
    page.freeze_panes(1, _FROZEN if len(sheet.columns) > 3 else 0)
    if len(sheet.rows) > 1 and len(sheet.columns) > 2:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
    if sheet.note:
        page.write_string(len(sheet.rows) + 2, 0, _text(sheet.note), formats.of("note"))
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _lines(cell: Any, column: Column) -> int:
    """Return how many lines a wrapped text takes; a program that does not measure text would show only the first."""
    return math.ceil(len(cell) / (column.width * 0.95)) if isinstance(cell, str) else 1


def _put(page: Any, row: int, position: int, cell: Any, format: Any) -> None:
    """Write one cell by the type of its content."""
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        page.write_blank(row, position, None, format)
    elif isinstance(cell, bool):
        page.write_string(row, position, "yes" if cell else "no", format)
    elif isinstance(cell, int | float):
        page.write_number(row, position, cell, format)
    elif isinstance(cell, date):
        page.write_datetime(row, position, cell, format)
    else:
        page.write_string(row, position, _text(cell), format)


def _text(cell: object) -> str:
    return clean(cell)[:_LONGEST_TEXT]


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _tab(name: str, taken: set[str]) -> str:
    """Return a name that a tab may have, unlike every other one whatever their case."""
    plain = "".join(" " if sign in "[]:*?/\\" else sign for sign in clean(name)).strip("' ") or "Table"
    tab, number = plain[:_WIDEST_NAME], 2
    while tab.lower() in taken:
        ending = f" {number}"
        tab, number = plain[: _WIDEST_NAME - len(ending)] + ending, number + 1
    taken.add(tab.lower())
    return tab
