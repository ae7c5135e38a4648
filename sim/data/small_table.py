"""Small table: a table of figures, survivors or targets, read whole from a text file or from Parquet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sim.data.amounts import count_decimal_signs, decide_decimal, read_number
from sim.data.format_options import DECIMALS
from sim.data.head_line import find_head
from sim.data.ids import missing_words
from sim.data.layout import Layout
from sim.data.parquet_file import is_parquet, numeric_columns, parquet_blocks, parquet_heads
from sim.data.row_faults import says_nothing
from sim.data.text_file import (
    WHITESPACE,
    check_file,
    find_delimiter,
    first_content,
    first_lines,
    read_text,
    split_lines,
)
from sim.number_format import counted
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["SmallTable", "read_small_table", "table_heads"]

#: The readers of these files give them a bound in bytes; Parquet is bounded by its text.
_MEGABYTES = 1
#: Other signs of per cent.
_PER_CENT = {0xFF05: "%", 0x066A: "%"}
#: '12 or '12': what a spreadsheet, or SQL, is to take as text.
_AS_TEXT = r"^'([^']*)'?$"
#: 12.5 per cent, in words.
_PERCENT_WORD = r"^([-+]?\d[\d.,]*)\s*(?:per ?cent|pct|prozent|procent|pour ?cent|por ciento|por cento|per cento)\.?$"
#: What stands alone below a head that says in what its column is.
_UNIT = re.compile(
    r"[(\[]?(?:%|\u2030|number|count|share|people|n|nr\.?|no\.?|#|weeks?|months?|years?|days?)[)\]]?",
    re.IGNORECASE,
)
#: Signs of a cell over several lines: a longer one has a quote that is not closed.
_LONGEST = 500


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
    row_numbers : tuple of int
        Of each row, which one below the head it is.
    notices : tuple of str
        What was left out.
    missing : sequence of str or None
        Words for nothing, as given.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    where: str
    decimal: str = "."
    row_numbers: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()
    missing: Sequence[str] | None = None

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
        if self.is_nothing(cell):
            return None
        found = read_number(cell, self.decimal)
        if found is None:
            raise ConfigError(
                f"{self.where}: row {self.row_numbers[row]} has {show(cell[:40])} as {self.head[at]!r}; give a number"
            )
        return found

    def is_nothing(self, cell: str) -> bool:
        """Return whether a cell holds nothing, however that is written."""
        return cell.lower() in missing_words(self.missing)


def table_heads(path: Path, where: str, fewest: int, layout: Layout) -> list[str]:
    """Return the head line of a table whose rows need not be sound.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    fewest : int
        Columns that it needs.
    layout : Layout
        As for :func:`read_small_table`.

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
    first = first_lines(path, where, _MEGABYTES, layout.encoding)
    delimiter = find_delimiter(first.lines[:50], layout.delimiter or first.announced, fewest, where)
    cells, began = split_lines(first.lines, delimiter)
    try:
        return list(find_head(cells, [first.lines[at] for at in began], where).cells)
    except ConfigError:
        return cells[0]


def read_small_table(
    path: Path,
    where: str,
    what: str,
    most_bytes: int,
    *,
    fewest: int,
    layout: Layout,
    numbers: Callable[[str], bool] | None = None,
    either: Callable[[SmallTable], bool] | None = None,
) -> SmallTable:
    """Read a table with a head line.

    Rows without a value and rows that repeat the head line are left out.

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
    layout : Layout
        How it is written: its encoding, sign between columns, decimal sign, and words for nothing.
    numbers : callable, optional
        Says of a head whether the decimal sign is told from its column; by default it is from all.
    either : callable, optional
        Says of a table read with one decimal sign whether it makes sense so. Where numbers can be read in two ways, and
        only one makes sense, that one counts.

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
        before: tuple[str, ...] = ()
        typed = numeric_columns(path, where)
    else:
        text = read_text(path, where, what, most_bytes, layout.encoding)
        head, rows, before = _read_text_table(text, where, fewest, layout.delimiter)
        typed = frozenset()
    numbers = _not_typed(typed, numbers)
    head = [cell.strip() for cell in head]
    rows = [[_plain_cell(cell) for cell in row] for row in rows]
    units = _units_of(rows[0], len(head)) if rows else []
    if units:
        head = [f"{name} ({unit})" if unit else name for name, unit in zip(head, units, strict=True)]
        rows = [["" for _ in head], *rows[1:]]
        before = (*before, "the units in the line below the head line belong to it")
    held = [at for at, row in enumerate(rows) if any(row)]
    ruled = [at for at in held if says_nothing(" ".join(rows[at]))]
    names = [name.lower() for name in head]
    heads = [at for at in held if [cell.lower() for cell in rows[at]] == names]
    kept = [at for at in held if at not in {*heads, *ruled}]
    left_out = (
        (len(rows) - len(held) - bool(units), "without a value"),
        (len(heads), "repeating the head line"),
        (len(ruled), "of dashes or counts of rows"),
    )
    notices = (*before, *(f"left out: {count} row{'s' * (count > 1)} {why}" for count, why in left_out if count))
    for at in kept:
        if len(rows[at]) != len(head):
            raise ConfigError(
                f"{where}: row {at + 1} (line {at + 2} with the head) has {counted(len(rows[at]), 'value')}, the"
                f" head line {len(head)}; correct it"
            )
    table = SmallTable(
        tuple(head),
        tuple(tuple(rows[at]) for at in kept),
        where,
        row_numbers=tuple(at + 1 for at in kept),
        notices=notices,
        missing=layout.missing,
    )
    return replace(table, decimal=_decimal_of(table, layout, numbers, either))


def _plain_cell(cell: str) -> str:
    plain = re.sub(_AS_TEXT, r"\1", cell.strip()).translate(_PER_CENT)
    return re.sub(_PERCENT_WORD, r"\1 %", plain, flags=re.IGNORECASE) if plain[:1] in "+-.,0123456789" else plain


def _units_of(row: Sequence[str], width: int) -> list[str]:
    """Return the units of a row that has but units below its heads; empty where it has anything else.

    Examples
    --------
    >>> _units_of(["", "%"], 2), _units_of(["(months)", "(people)"], 2), _units_of(["1", "%"], 2)
    (['', '%'], ['months', 'people'], [])
    """
    held = [cell for cell in row if cell]
    if not held or len(row) != width or not all(_UNIT.fullmatch(cell) for cell in held):
        return []
    return [cell.strip("()[]") for cell in row]


def _not_typed(typed: frozenset[str], numbers: Callable[[str], bool] | None) -> Callable[[str], bool]:
    """Return which heads the decimal sign is told from: none of columns that hold numbers, which have a point."""
    return lambda name: name not in typed and (numbers is None or numbers(name))


def _decimal_of(
    table: SmallTable,
    layout: Layout,
    numbers: Callable[[str], bool] | None,
    either: Callable[[SmallTable], bool] | None,
) -> str:
    """Return the decimal sign: as given, as the numbers have it, or the only one with which the table makes sense."""
    if layout.decimal:
        return DECIMALS[layout.decimal]
    cells = [
        cell
        for at, name in enumerate(table.head)
        if numbers is None or numbers(name)
        for cell in table.column(at)
        if not table.is_nothing(cell)
    ]
    decimal = decide_decimal(count_decimal_signs(cells))
    if decimal is not None:
        return decimal
    fitting = [sign for sign in ".," if either is not None and either(replace(table, decimal=sign))]
    if len(fitting) == 1:
        return fitting[0]
    example = next(cell for cell in cells if any(count_decimal_signs([cell])[2:]))
    raise ConfigError(
        f"{table.where}: numbers such as {show(example[:30])} can be read in two ways, as thousands and as decimals;"
        " say which: decimal=point or decimal=comma"
    )


def _read_text_table(
    text: str, where: str, fewest: int, given: str | None
) -> tuple[list[str], list[list[str]], tuple[str, ...]]:
    lines, _, announced = first_content(text)
    if not lines:
        raise ConfigError(f"{where} has only blank lines; give a file with a row for each line of its table")
    delimiter = find_delimiter(lines[:50], given or announced, fewest, where)
    if delimiter == WHITESPACE:
        head, *rows = [line.split() for line in lines]
        return head, rows, ()
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter, strict=True, skipinitialspace=True)
    rows = []
    try:
        for row in reader:
            if any("\n" in cell and (delimiter in cell or len(cell) > _LONGEST) for cell in row):
                raise ConfigError(
                    f"{where}: line {reader.line_num}: a quote goes over several lines and takes rows into one cell;"
                    " close it"
                )
            rows.append([" ".join(cell.split("\n")) for cell in row])
    except csv.Error as error:
        raise ConfigError(f"{where}: line {reader.line_num}: {error}; correct the CSV there") from None
    found = find_head([[cell.strip() for cell in row] for row in rows], [",".join(row) for row in rows], where)
    return list(found.cells), rows[found.at + 1 :], found.notices
