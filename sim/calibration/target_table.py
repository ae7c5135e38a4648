"""Target table: figures that a simulated market is to reproduce, read from a file of rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.calibration.target_metrics import SHARES, TARGET_KEYS, metric_of
from sim.data.amounts import read_number
from sim.data.column_read import ColumnRead, examples_of
from sim.data.layout import Layout, plain_head
from sim.data.money_heads import parts_of_money, unit_of_head
from sim.data.small_table import read_small_table
from sim.scenario.errors import ConfigError

__all__ = ["read_target_table"]

#: Bytes of a table of targets at the most.
_LARGEST_TABLE = 2_000_000
_NUMBERS = ("value", "se", "weight", "tolerance", "standard_error", "error")
_HEADS = frozenset((*TARGET_KEYS, *_NUMBERS, "note"))


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
    table = read_small_table(
        path, str(path), "a file of targets", _LARGEST_TABLE, fewest=2, layout=layout, numbers=_is_number_head
    )
    # Value (%) is value, in per cent where it is a share.
    head = [plain_head(name) if plain_head(name) in _HEADS else name for name in table.head]
    for wanted in ("metric", "value"):
        if wanted not in head:
            raise ConfigError(
                f"{path}: column {wanted!r} is missing; the first line names the columns, of"
                f" {', '.join(TARGET_KEYS)}; found {', '.join(table.head) or 'nothing'}"
            )
    if (unit := unit_of_head(told := table.head[head.index("value")])) != 1.0:
        raise ConfigError(f"{path}: {told!r} is in {parts_of_money(unit)}; write whole units, under the head 'value'")
    for name in head:
        if name and head.count(name) > 1:
            raise ConfigError(f"{path}: column {name!r} is there twice; keep one")
    percents = {name for name, said in zip(head, table.head, strict=True) if "%" in said} - {"weight"}
    rows = {}
    for number, row in zip(table.row_numbers, table.rows, strict=True):
        held = {
            name: cell
            for name, cell in zip(head, row, strict=True)
            if cell and not (name != "value" and table.is_nothing(cell))
        }
        share = metric_of(held.get("metric", "")) in SHARES
        rows[f"row {number}"] = {"metric": ""} | {
            name: _cell(cell, table.decimal, share and name in percents) if name in _NUMBERS else cell
            for name, cell in held.items()
        }
    _refuse_shares_below_percent(rows, percents, where=str(path))
    written = f"decimal {'point' if table.decimal == '.' else 'comma'}"
    columns = (
        ColumnRead(name, table.head[at], written if name in _NUMBERS else "words", examples_of(table.column(at)), {})
        for at, name in enumerate(head)
        if name
    )
    return rows, tuple(columns), table.notices


def _is_number_head(head: str) -> bool:
    return plain_head(head) in _NUMBERS


def _cell(text: str, decimal: str, percent: bool) -> Any:
    found = read_number(text, decimal)
    if found is None:
        return text
    return f"{found!r} %" if percent or "%" in text else found


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
