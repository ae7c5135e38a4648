"""Target table: figures that a simulated market is to reproduce, read from a file of rows."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.calibration.target_metrics import SHARES, TARGET_KEYS, metric_of
from sim.data.amounts import is_currency, read_number
from sim.data.column_read import ColumnRead, examples_of
from sim.data.layout import Layout, plain_head
from sim.data.money_heads import parts_of_money, unit_of_head
from sim.data.small_table import SmallTable, read_small_table
from sim.scenario.errors import ConfigError

__all__ = ["read_target_table"]

#: Bytes of a table of targets at the most.
_LARGEST_TABLE = 2_000_000
_NUMBERS = ("value", "se", "weight", "tolerance", "standard_error", "error")
_HEADS = {
    **{name: name for name in (*TARGET_KEYS, *_NUMBERS, "note")},
    **dict.fromkeys(("value_in", "value_pct", "value_percent", "value_percentage", "value_in_percent"), "value"),
    **dict.fromkeys(("s_e", "std_error", "std_err", "stderr", "standard_error"), "se"),
    **dict.fromkeys(("ci_low", "ci_lower", "lower_ci", "ci_95_low"), "ci_low"),
    **dict.fromkeys(("ci_high", "ci_upper", "upper_ci", "ci_95_high"), "ci_high"),
}
_ERRORS = ("se", "tolerance")
_ENDS = ("ci_low", "ci_high")
#: Spreads of single customers, which are no errors of a figure.
_SPREADS = frozenset(("sd", "s_d", "std", "std_dev", "stddev", "standard_deviation", "variance", "var", "stdev"))
#: More than any market has, of what is counted by customer.
_MOST_BRANDS = 100.0
_WHOLE = 100.0
#: Half of a 95 % interval in standard errors.
_TWO_SIDED = 1.959964


def read_target_table(path: Path, layout: Layout) -> tuple[dict[str, Any], tuple[ColumnRead, ...], tuple[str, ...]]:
    """Return the rows of a table by their numbers, what was understood of its columns, and what was left out.

    Parameters
    ----------
    path : Path
        CSV or Parquet with the columns `metric` and `value`, and any other of what a target may say.
    layout : Layout
        How it is written.

    Returns
    -------
    tuple

    Raises
    ------
    ConfigError
        If it cannot be read, or lacks a column.
    """
    table = _without_row_numbers(
        read_small_table(
            path,
            str(path),
            "a file of targets",
            _LARGEST_TABLE,
            fewest=2,
            layout=layout,
            numbers=_is_number_head,
            either=_makes_sense,
        )
    )
    # Value (%) is value, in per cent where it is a share.
    head = [_HEADS.get(plain_head(name), name) for name in table.head]
    _refuse_heads(table.head, head, str(path))
    percents = {
        name for name, said in zip(head, table.head, strict=True) if re.search("%|pct|percent", said, re.IGNORECASE)
    } - {"weight"}
    rows = {}
    for number, row in zip(table.row_numbers, table.rows, strict=True):
        held = {
            name: cell
            for name, cell in zip(head, row, strict=True)
            if cell and not (name != "value" and table.is_nothing(cell))
        }
        rows[f"row {number}"] = _read_row(held, table.decimal, percents, f"{path}: row {number}")
    _refuse_shares_below_percent(rows, percents, where=str(path))
    written = f"decimal {'point' if table.decimal == '.' else 'comma'}"
    columns = (
        ColumnRead(name, table.head[at], written if name in _NUMBERS else "words", examples_of(table.column(at)), {})
        for at, name in enumerate(head)
        if name
    )
    return rows, tuple(columns), table.notices


def _refuse_heads(told: Sequence[str], head: Sequence[str], where: str) -> None:
    """Refuse a table by its heads, as the file has them and as they were understood."""
    for name in told:
        if plain_head(name) in _SPREADS:
            raise ConfigError(
                f"{where}: column {name!r} says how single customers differ; give the standard error of the figure in a"
                " column se (a standard deviation divided by the root of how many were asked), or leave it out"
            )
    for wanted in ("metric", "value"):
        if wanted not in head:
            raise ConfigError(
                f"{where}: column {wanted!r} is missing; the first line names the columns, of"
                f" {', '.join(TARGET_KEYS)}; found {', '.join(told) or 'nothing'}"
            )
    if (unit := unit_of_head(value := told[head.index("value")])) != 1.0:
        raise ConfigError(f"{where}: {value!r} is in {parts_of_money(unit)}; write whole units, under the head 'value'")
    for name in head:
        if name and head.count(name) > 1:
            raise ConfigError(f"{where}: column {name!r} is there twice; keep one")


def _read_row(held: Mapping[str, str], decimal: str, percents: set[str], where: str) -> dict[str, Any]:
    share = metric_of(held.get("metric", "")) in SHARES
    row: dict[str, Any] = {"metric": ""}
    for name, cell in held.items():
        row[name] = cell
        if name in (*_NUMBERS, *_ENDS):
            plain = _in_percent(cell) if share and name in _ERRORS else cell
            row[name] = _cell(plain, decimal, share, share and name in percents)
    return _with_error_of_interval(row, where)


def _is_number_head(head: str) -> bool:
    return _HEADS.get(plain_head(head)) in (*_NUMBERS, *_ENDS)


def _makes_sense(table: SmallTable) -> bool:
    """Return whether no figure is more than any market has: 1.725 brands are no 1,725."""
    head = [_HEADS.get(plain_head(name), name) for name in table.head]
    if "metric" not in head or "value" not in head:
        return False
    for row in table.rows:
        metric = metric_of(row[head.index("metric")])
        found = read_number(row[head.index("value")], table.decimal)
        bound = _WHOLE if metric in SHARES else _MOST_BRANDS if str(metric).startswith("brands_") else math.inf
        if found is not None and found > bound:
            return False
    return True


def _without_row_numbers(table: SmallTable) -> SmallTable:
    """Return a table without what programs write as names of rows: a column without a head that counts them."""
    counts = [[str(row + first) for row in range(len(table.rows))] for first in (0, 1)]
    gone = []
    for at, name in enumerate(table.head):
        if name and not name.lower().startswith("unnamed:"):
            continue
        cells = table.column(at)
        if any(cells) and cells not in counts:
            raise ConfigError(f"{table.where}: column {at + 1} has no name; give it one, or take it out")
        gone.append(at)
    kept = [at for at in range(len(table.head)) if at not in gone]
    return replace(
        table,
        head=tuple(table.head[at] for at in kept),
        rows=tuple(tuple(row[at] for at in kept) for row in table.rows),
    )


def _cell(text: str, decimal: str, share: bool, percent: bool) -> Any:
    """Return a number, a share in per cent as text; what is neither as it stands, to be refused by its key."""
    plain = re.sub(r"^(?:±|\+/-)\s*", "", text)
    found = read_number(plain, decimal)
    if found is None:
        return text if share else _amount(plain, decimal, text)
    return f"{found!r} %" if percent or "%" in text else found


def _in_percent(cell: str) -> str:
    """Return an error of a share with the sign of per cent where it is in points: 2 pp of 49 % are 2 %."""
    return re.sub(r"(?<=\d)\s*(?:p\.?p\.?t?s?|points?|prozentpunkte?|%-punkte)$", " %", cell, flags=re.IGNORECASE)


def _amount(plain: str, decimal: str, text: str) -> Any:
    """Return the number of an amount with its currency before or behind it."""
    parts = re.fullmatch(r"(-?)([^\d\s.,+-]*)\s*([\d.,'’\s]*\d)\s*([^\d\s.,]*)", _with_plain_minus(plain))
    words = [word for word in (parts[2], parts[4]) if word] if parts else []
    if parts is None or len(words) != 1 or not is_currency(words[0]):
        return text
    found = read_number(parts[1] + parts[3], decimal)
    return text if found is None else found


def _with_plain_minus(cell: str) -> str:
    return re.sub(r"^[\u2010-\u2015\u2212]", "-", cell)


def _with_error_of_interval(row: dict[str, Any], where: str) -> dict[str, Any]:
    """Return a row with the standard error that its 95 % interval has."""
    if not any(end in row for end in _ENDS):
        return row
    if not all(end in row for end in _ENDS) or "se" in row:
        raise ConfigError(f"{where} has ci_low, ci_high and se in part; give both ends of a 95 % interval, or se alone")
    figures = [_plain(row.pop(end)) for end in _ENDS]
    value = _plain(row.get("value"))
    if None in (*figures, value) or len({found[1] for found in (*figures, value) if found}) > 1:
        raise ConfigError(f"{where}: ci_low and ci_high are no numbers as its value is; write all three in one way")
    low, at, high = (found[0] for found in (figures[0], value, figures[1]) if found)
    if not low <= at <= high or low == high:
        raise ConfigError(f"{where}: its value {at:g} does not lie in its interval, {low:g} to {high:g}; correct them")
    error = (high - low) / (2.0 * _TWO_SIDED)
    return {**row, "se": f"{error!r} %" if value and value[1] else error}


def _plain(value: Any) -> tuple[float, bool] | None:
    """Return the number of a cell that was read, and whether it is in per cent."""
    if isinstance(value, int | float):
        return float(value), False
    found = re.fullmatch(r"(.*) %", str(value))
    return (float(found[1]), True) if found else None


def _refuse_shares_below_percent(rows: Mapping[str, Mapping[str, Any]], percents: set[str], where: str) -> None:
    """Refuse shares of 1 at the most below a head that says per cent: a spreadsheet exports 58 % as 0.58."""
    if "value" not in percents:
        return
    shares = {key: row["value"] for key, row in rows.items() if str(row.get("value", "")).endswith(" %")}
    if shares and all(abs(float(str(value)[:-2])) <= 1.0 for value in shares.values()):
        key, value = next(iter(shares.items()))
        raise ConfigError(
            f"{where}: the head line says per cent, and {key} has {str(value)[:-2]}, as all are 1 at the most; write"
            " the figures with %, such as 58 %, or take the sign out of the head line"
        )
