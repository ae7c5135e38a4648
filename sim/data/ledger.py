"""Ledger: purchases as numbers, one row per customer and day, with the account of where the rows of the file went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.column_read import ColumnRead
from sim.data.row_faults import RowFaults, count_rows
from sim.scenario.errors import ConfigError

__all__ = ["PARTS", "Ledger", "RowColumns", "make_ledger"]

#: Money is kept to this part of a unit, so that no order of adding up matters.
PARTS = 10_000
RETURNS = "with a negative amount: taken as returns, no purchase is taken back"
COPIES = "with another one's customer, date and amount: dropped as copies"


@dataclass(frozen=True, slots=True)
class Ledger:
    """Purchases, one row per customer and day, sorted by both.

    Attributes
    ----------
    customer : int64 array
        Number of the customer, from 0.
    day : int64 array
        Day of the purchase, from the first day of the file.
    amount : float64 array
        Money spent on that day; 0 where the file has no amounts.
    start : date
        The first day.
    rows : int
        Rows of the file.
    warnings : tuple of str
        What a reader must know about the data, with counts.
    counts : mapping
        The same in numbers: ``rows = rows_used + rows_left_out`` and
        ``rows_used = purchases + merged_within_a_day``.
    left_out : mapping
        Rows left out, by reason; they sum to ``rows_left_out``.
    ids : pyarrow.StringArray
        Name of each customer, as the file has it.
    priced : bool
        Whether the file has amounts.
    columns : tuple of ColumnRead
        What was understood of the columns.
    currency : str
        Sign of the currency, '' where the file names none.
    """

    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: NDArray[np.float64]
    start: date
    rows: int
    warnings: tuple[str, ...]
    counts: Mapping[str, int]
    left_out: Mapping[str, int]
    ids: Any
    priced: bool = True
    columns: tuple[ColumnRead, ...] = ()
    currency: str = ""

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return int(self.customer[-1]) + 1

    @property
    def days(self) -> int:
        """Days from the first to the last purchase, both counted."""
        return int(self.day.max()) + 1


@dataclass(frozen=True, slots=True)
class RowColumns:
    """Rows as they were read.

    Attributes
    ----------
    customer : uint64 (n,)
        Key of the customer; 0 marks a row that cannot be used.
    day : int64 (n,)
        Day as a proleptic ordinal, 0 where it cannot be used.
    money : int64 (n,)
        In parts of a unit.
    names : sequence of (uint64 array, pyarrow.StringArray)
        Keys of customers and their names, in blocks; a key may come several times.
    priced : bool
        Whether the file has amounts.
    """

    customer: NDArray[np.uint64]
    day: NDArray[np.int64]
    money: NDArray[np.int64]
    names: Sequence[tuple[NDArray[np.uint64], Any]]
    priced: bool


def make_ledger(table: RowColumns, rows: int, drop_copies: bool, trouble: RowFaults, where: str) -> Ledger:
    """Put the rows of a customer and day together, and say what was found on the way.

    Parameters
    ----------
    table : RowColumns
    rows : int
        Rows of the file, those that are no part of the table included.
    drop_copies : bool
        Whether rows alike in customer, date and amount are one.
    trouble : RowFaults
        Rows that cannot be used.
    where : str
        The file; opens every message.

    Returns
    -------
    Ledger

    Raises
    ------
    ConfigError
        If no row can be used.
    """
    left_out = dict(trouble.counts)
    warnings = [f"left out: {trouble}"] if trouble.counts else []
    usable = (table.customer != 0) & (table.day != 0)
    returned = usable & (table.money < 0)
    if returned.any():
        left_out[RETURNS] = count = int(returned.sum())
        people = int(np.unique(table.customer[returned]).size)
        warnings.append(
            f"{count_rows(count)} of {rows:,} with a negative amount ({people:,} customer{'' if people == 1 else 's'}):"
            " taken as returns and left out; no purchase is taken back"
        )
    usable &= ~returned
    if not usable.any():
        raise ConfigError(
            f"{where}: none of its {rows:,} rows can be used; {'; '.join(warnings)}; write purchases as amounts above 0"
        )
    key, day, money = table.customer[usable], table.day[usable], table.money[usable]
    order = np.lexsort((money, day, key))
    key, day, money = key[order], day[order], money[order]
    same = (np.diff(key) == 0) & (np.diff(day) == 0)
    copy = np.r_[False, same & (np.diff(money) == 0)]
    counts = {"rows": rows, "duplicates": int(copy.sum())}
    if copy.any():
        kept = "kept, their amounts added" if table.priced else "kept as one purchase"
        done = "dropped" if drop_copies else f"{kept}; say duplicates=drop if they are copies"
        warnings.append(f"{count_rows(int(copy.sum()))} with another one's customer, date and amount: {done}")
        if drop_copies:
            left_out[COPIES] = int(copy.sum())
            key, day, money = key[~copy], day[~copy], money[~copy]
            same = (np.diff(key) == 0) & (np.diff(day) == 0)
    starts = np.flatnonzero(np.r_[True, ~same])
    counts["merged_within_a_day"] = merged = int(key.size - starts.size)
    if merged:
        warnings.append(f"{count_rows(merged)} of a customer who already bought that day: put together as one purchase")
    amount = np.add.reduceat(money, starts) / PARTS
    counts |= {"rows_used": int(key.size), "rows_left_out": sum(left_out.values())}
    key, day = key[starts], day[starts]
    first = np.r_[True, np.diff(key) != 0]
    customer = np.cumsum(first) - 1
    counts["free_purchases"] = int((amount == 0).sum()) if table.priced else 0
    if free := counts["free_purchases"]:
        which = "1 purchase costs" if free == 1 else f"{free:,} purchases cost"
        warnings.append(f"{which} nothing: counted as buying, not as spending")
    began = int(day.min())
    counts |= {"purchases": int(key.size), "customers": int(customer[-1]) + 1}
    ids = _names_of(key[first], table.names)
    return Ledger(
        customer, day - began, amount, date.fromordinal(began), rows, tuple(warnings), counts, left_out, ids,
        table.priced,
    )  # fmt: skip


def _names_of(keys: NDArray[np.uint64], blocks: Sequence[tuple[NDArray[np.uint64], Any]]) -> Any:
    """Return the name of each of the keys, which ascend."""
    import pyarrow

    every, place = np.unique(np.concatenate([known for known, _ in blocks]), return_index=True)
    names = pyarrow.chunked_array([words for _, words in blocks], pyarrow.string())
    return names.take(pyarrow.array(place[np.searchsorted(every, keys)])).combine_chunks()
