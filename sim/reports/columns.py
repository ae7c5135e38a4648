"""Columns: what was understood of the columns of a file, as a small table on a page and in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sim.data.column_read import ColumnRead
from sim.number_format import count
from sim.reports.document import Table
from sim.text_width import display_width, padded

__all__ = ["column_lines", "column_table"]

_LAST_DAY = datetime(2020, 12, 31, 23, 59)


def column_table(columns: Sequence[ColumnRead]) -> Table:
    """Return the table of a page: role, column, format, examples, rows odd."""
    rows = tuple(
        (one.role, one.column, _format_shown(one.format), " · ".join(one.examples), _odd(one)) for one in columns
    )  # fmt: skip
    return Table(("Role", "Column", "Format", "Examples", "Rows odd"), rows, words=(1, 2, 3, 4))


def column_lines(columns: Sequence[ColumnRead]) -> list[str]:
    """Return the lines of a terminal, columns set flush.

    Examples
    --------
    >>> for line in column_lines([ColumnRead("date", "day", "%d.%m.%Y", ("04.01.2021",), {})]):
    ...     print(line)
    Read as  Column  Format                 Examples    Rows odd
    date     day     31.12.2020 (%d.%m.%Y)  04.01.2021  0
    """
    table = column_table(columns)
    rows = [("Read as", *table.head[1:]), *table.rows]
    rows = [tuple(cell.replace("\n", " ") for cell in row) for row in rows]
    widths = [max(display_width(row[at]) for row in rows) for at in range(len(table.head))]
    return ["  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _format_shown(shape: str) -> str:
    """Write a format of dates as the last day of 2020 is, beside the signs that ``date_format`` knows."""
    return f"{_LAST_DAY.strftime(shape)} ({shape})" if "%" in shape else shape


def _odd(column: ColumnRead) -> str:
    return "; ".join(f"{count(number)} {what}" for what, number in column.odd.items()) or "0"
