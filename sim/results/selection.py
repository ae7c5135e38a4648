"""Selection: rows of a table that fit a few conditions, in an order, and how they are written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sim.execution.partial_name import partial_name
from sim.scenario.calendar import step_date
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show

__all__ = ["same_everywhere", "select", "with_dates", "with_values_apart", "write_table"]

_CONDITION = re.compile(r"\s*(.+?)\s*(<=|>=|!=|=|<|>)\s*(.*?)\s*")
#: Columns that are long and seldom wanted: shown only where they are asked for.
_ASIDE = ("base", "values", "model")


def with_values_apart(table: Any) -> Any:
    """Return a table of runs with a column for every path that some run sets, beside its figures."""
    import pyarrow as pa

    if "values" not in table.column_names:
        return table
    said = table["values"].to_pylist()
    read = {word: _read_values(word) for word in dict.fromkeys(said)}
    paths = dict.fromkeys(path for values in read.values() for path in values)
    for path in paths:
        column = [read[word].get(path) for word in said]
        numbers = all(
            value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in column
        )
        cells = column if numbers else [None if value is None else str(value) for value in column]
        name = path if path not in table.column_names else f"lever {path}"
        table = table.append_column(name, pa.array(cells, pa.float64() if numbers else pa.string()))
    return table


def _read_values(word: str) -> dict[str, Any]:
    try:
        values = json.loads(word)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise ConfigError(
            f"the store has a run whose values are {show(word)[:80]}; find it with: journey results check"
        )
    return values


def select(
    table: Any,
    *,
    where: str = "",
    columns: Sequence[str] = (),
    sort: str = "",
    limit: int | None = None,
    baseline: str = "",
) -> Any:
    """Return some rows and columns of a table.

    Parameters
    ----------
    table : pyarrow.Table
    where : str
        Conditions `COLUMN OP VALUE` with commas between, all of which hold; OP is one of ``= != < <= > >=``.
    columns : sequence of str
        Left out: all but the longest.
    sort : str
        Column to sort by; a minus before it for descending.
    limit : int, optional
        Rows at most.
    baseline : str
        The arm whose rows stand apart, after all others, where the table is sorted.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    ConfigError
        If a column does not exist or a condition cannot be read.
    """
    import pyarrow.compute as pc

    names = table.column_names
    for condition in filter(None, (part.strip() for part in where.split(","))):
        match = _CONDITION.fullmatch(condition)
        if match is None:
            raise ConfigError(
                f"where has {condition!r}; write COLUMN=VALUE, or one of != < <= > >=, with commas between"
            )
        name, operator, word = match.groups()
        column = table[_column(name, names, "where")]
        table = table.filter(_compare(pc, column, operator, word, name))
    if sort:
        descending = sort.startswith("-")
        name = _column(sort.removeprefix("-"), names, "sort")
        table = _sorted(table, name, "descending" if descending else "ascending", baseline)
    chosen = [_column(name, names, "columns") for name in columns] or [name for name in names if name not in _ASIDE]
    table = table.select(chosen)
    return table if limit is None else table.slice(0, limit)


def _sorted(table: Any, name: str, order: str, baseline: str) -> Any:
    """Return the rows in order; a baseline's, which repeat in every run of a sweep, stand after all others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not baseline or "arm" not in table.column_names:
        return table.sort_by([(name, order)])
    is_baseline = pc.equal(pc.cast(table["arm"], pa.string()), baseline)
    parts = [table.filter(pc.invert(is_baseline)), table.filter(is_baseline)]
    return pa.concat_tables([part.sort_by([(name, order)]) for part in parts])


def same_everywhere(table: Any) -> dict[str, Any]:
    """Return the columns that hold the same in every row, with what they hold; nothing of a table of one row.

    Parameters
    ----------
    table : pyarrow.Table
    """
    if table.num_rows < 2:
        return {}
    found = {}
    for name in table.column_names:
        values = table[name].to_pylist()
        first = values[0]
        if all(value == first or (value != value and first != first) for value in values):
            found[name] = first
    return found


def with_dates(table: Any, start: date | None, step: str) -> Any:
    """Return a table with the day on which a step begins beside its number.

    Parameters
    ----------
    table : pyarrow.Table
    start : date or None
        Day on which step 0 begins; None: the table stays as it is.
    step : {'week', 'day', 'month'}
        What one step is.

    Returns
    -------
    pyarrow.Table
    """
    import pyarrow as pa

    names = table.column_names
    column = next((name for name in ("week", "step") if name in names), None)
    if start is None or column is None or "date" in names:
        return table
    days = {number: step_date(start, number, step) for number in set(table[column].to_pylist())}
    dates = pa.array([days[number] for number in table[column].to_pylist()], pa.date32())
    return table.add_column(names.index(column) + 1, "date", dates)


def _column(name: str, names: Sequence[str], key: str) -> str:
    if name in names:
        return name
    # The end of a path is enough where it fits one column.
    ends = [known for known in names if known.endswith(f".{name}")]
    if len(ends) == 1:
        return ends[0]
    raise ConfigError(f"{key} names the column {name!r}, which is not there; {suggest(name, names, 'there are')}")


def _compare(pc: Any, column: Any, operator: str, word: str, name: str) -> Any:
    import pyarrow as pa

    compare = {
        "=": pc.equal,
        "!=": pc.not_equal,
        "<": pc.less,
        "<=": pc.less_equal,
        ">": pc.greater,
        ">=": pc.greater_equal,
    }[operator]
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        try:
            value: Any = float(word)
        except ValueError:
            raise ConfigError(f"where compares {name} with {word!r}; give a number") from None
        return compare(pc.cast(column, pa.float64()), value)
    return compare(pc.cast(column, pa.string()), word.strip("'\""))


def write_table(table: Any, path: str | os.PathLike[str], format: str) -> Path:
    """Write a table as CSV, as an Excel workbook or as Parquet, whole or not at all.

    Parameters
    ----------
    table : pyarrow.Table
    path : path
        File to write.
    format : {'csv', 'xlsx', 'parquet'}

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ConfigError
        If the file cannot be written.
    """
    import pyarrow.csv
    import pyarrow.parquet

    target = Path(path).expanduser()
    partial = target.with_name(partial_name(target.name))
    try:
        if format == "csv":
            pyarrow.csv.write_csv(table, partial)
        elif format == "xlsx":
            from sim.results.workbook import table_sheet, write_workbook

            write_workbook(partial, [table_sheet(target.stem, table)])
        else:
            pyarrow.parquet.write_table(table, partial, compression="zstd")
        partial.replace(target)
    except OSError as error:
        raise ConfigError(
            f"{target}: cannot be written ({error.strerror or error}); name a file in a folder you may write to"
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return target
