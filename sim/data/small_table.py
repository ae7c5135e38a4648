"""Small table: a table of figures, survivors or targets, read whole from a text file or from Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.data.amounts import count_decimal_signs, decide_decimal, read_number
from sim.data.head_line import find_head
from sim.data.ids import MISSING
from sim.data.parquet_file import is_parquet, parquet_blocks, parquet_heads
from sim.data.text_file import check_file, find_delimiter, first_content, first_lines, read_text, split_lines
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["SmallTable", "read_small_table", "table_heads"]

#: The readers of these files give them a bound in bytes; Parquet is bounded by its text.
_MEGABYTES = 1


@dataclass(frozen=True, slots=True)
class SmallTable:
    """A head line and the rows below it, every cell without blanks around it.

    Attributes
    ----------
    head : tuple of str
    rows : tuple of tuple of str
        Each as long as the head.
    where : str
        Opens every message.
    decimal : {'.', ','}
        Decimal sign of the columns that :func:`read_small_table` was told hold numbers.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    where: str
    decimal: str = "."

    def column(self, at: int) -> list[str]:
        """Return the cells of a column."""
        return [row[at] for row in self.rows]

    def number(self, row: int, at: int) -> float | None:
        """Return the number of a cell, None where it is missing.

        Raises
        ------
        ConfigError
            If it is there and no number.
        """
        cell = self.rows[row][at]
        if cell.lower() in MISSING:
            return None
        found = read_number(cell, self.decimal)
        if found is None:
            raise ConfigError(f"{self.where}: row {row + 1} has {show(cell[:40])} as {self.head[at]!r}; give a number")
        return found


def table_heads(path: Path, where: str, fewest: int) -> list[str]:
    """Return the head line of a table whose rows need not be sound.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    fewest : int
        Columns that it needs.

    Returns
    -------
    list of str

    Raises
    ------
    ConfigError
        If it is no table.
    """
    if is_parquet(path):
        return parquet_heads(path, where)
    first = first_lines(path, where, _MEGABYTES)
    cells, began = split_lines(first.lines, find_delimiter(first.lines[:50], first.announced, fewest, where))
    try:
        return list(find_head(cells, [first.lines[at] for at in began], where).cells)
    except ConfigError:
        return cells[0]


def read_small_table(
    path: Path, where: str, what: str, most_bytes: int, *, fewest: int, numbers: Sequence[str] | None = None
) -> SmallTable:
    """Read a table with a head line.

    Parameters
    ----------
    path : Path
        CSV with any usual sign between columns, or Parquet.
    where : str
        Opens every message.
    what : str
        What the file is to be.
    most_bytes : int
        A larger file is refused.
    fewest : int
        Columns that it needs.
    numbers : sequence of str, optional
        Heads of the columns from which the decimal sign is told; by default all.

    Returns
    -------
    SmallTable

    Raises
    ------
    ConfigError
        If it cannot be read, a row has another number of columns than the head, or the decimal sign is open.
    """
    check_file(path, where, what)
    if is_parquet(path):
        head = parquet_heads(path, where)
        blocks = parquet_blocks(path, head, where, _MEGABYTES)
        rows = [list(row) for block in blocks for row in zip(*(c.to_pylist() for c in block.columns), strict=True)]
    else:
        head, rows = _read_text_table(read_text(path, where, what, most_bytes), where, fewest)
    head = [cell.strip() for cell in head]
    for number, row in enumerate(rows, 1):
        if len(row) != len(head):
            raise ConfigError(
                f"{where}: row {number} (line {number + 1} with the head) has {len(row)} values, the head line"
                f" {len(head)}; correct it"
            )
    table = SmallTable(tuple(head), tuple(tuple(cell.strip() for cell in row) for row in rows), where)
    cells = [
        cell
        for at, name in enumerate(table.head)
        if numbers is None or name in numbers
        for cell in table.column(at)
        if cell.lower() not in MISSING
    ]
    decimal = decide_decimal(count_decimal_signs(cells))
    if decimal is None:
        example = next(cell for cell in cells if count_decimal_signs([cell])[2])
        raise ConfigError(
            f"{where}: numbers such as {show(example[:30])} can be read in two ways, as thousands and as decimals;"
            " write them without thousands signs"
        )
    return SmallTable(table.head, table.rows, where, decimal)


def _read_text_table(text: str, where: str, fewest: int) -> tuple[list[str], list[list[str]]]:
    lines, _, announced = first_content(text)
    if not lines:
        raise ConfigError(f"{where} has only blank lines; give a file with a row for each line of its table")
    delimiter = find_delimiter(lines[:50], announced, fewest, where)
    if len(delimiter) > 1:
        head, *rows = [line.split() for line in lines]
        return head, rows
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter, strict=True, skipinitialspace=True)
    rows = []
    try:
        for row in reader:
            if any("\n" in cell for cell in row):
                raise ConfigError(
                    f"{where}: line {reader.line_num}: a quote goes over several lines; close it on its own line"
                )
            rows.append(row)
    except csv.Error as error:
        raise ConfigError(f"{where}: line {reader.line_num}: {error}; correct the CSV there") from None
    found = find_head([[cell.strip() for cell in row] for row in rows], [",".join(row) for row in rows], where)
    return list(found.cells), rows[found.at + 1 :]
