"""Ledger: purchases as numbers, one row per customer and day, with the account of where the rows of the file went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.column_read import ColumnRead
from sim.data.order_rows import repeated_run, told_for_each_line
from sim.data.row_faults import RowFaults, count_rows
from sim.scenario.errors import ConfigError

__all__ = ["TOO_SMALL", "Ledger", "RowColumns", "in_parts", "make_ledger"]

#: Money is kept to this part of a unit, so that no order of adding up matters.
PARTS = 10_000
#: Share of an amount that may be lost by that.
_PARTS_LOST = 0.05
TOO_SMALL = f"with an amount too small to be kept to 1/{PARTS:,} of a unit (write all in a smaller unit)"
RETURNS = "with a negative amount: taken as returns, no purchase is taken back"
#: Returns that are more than all purchases, and more than this, are payments with their signs turned round.
_FEWEST_RETURNS = 10
#: Discounts: so many rows below 0, and this share of them, are on the day of a larger purchase.
_FEWEST_OFF, _NEARLY_ALL = 3, 0.8
#: So many days with copies alone are no chance.
_FEWEST_DAYS = 5
#: An amount so many times the next largest one may be no amount; fewer rows say nothing.
_TIMES_OTHERS, _FEWEST_AMOUNTS = 20, 10
#: So many purchases behind another one of their customer, nearly all of them of more money, are no chance.
_FEWEST_RISES, _NEARLY_ALL_RISE = 20, 0.97
#: By this part of a first amount sums rise at the least.
_PART_OF_FIRST = 0.4
#: Spreads the numbers of days and of orders over 64 bits.
_ODD = np.uint64(0x9E3779B97F4A7C15)
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
    order : uint64 (n,) or None
        Key of the order, 0 for none; None where the file numbers no orders.
    """

    customer: NDArray[np.uint64]
    day: NDArray[np.int64]
    money: NDArray[np.int64]
    names: Sequence[tuple[NDArray[np.uint64], Any]]
    priced: bool
    order: NDArray[np.uint64] | None = None


def in_parts(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return amounts in parts of a unit, and which of them are so small that they would be other amounts.

    Examples
    --------
    >>> in_parts(np.array([43.25, 0.0, 0.00012345]))
    (array([432500,      0,      1]), array([False, False,  True]))
    """
    money = np.rint(values * PARTS)
    return money.astype(np.int64), np.abs(money - values * PARTS) > _PARTS_LOST * np.abs(values) * PARTS


def make_ledger(table: RowColumns, rows: int, duplicates: str, trouble: RowFaults, where: str) -> Ledger:
    """Put the rows of a customer and day together, and say what was found on the way.

    Parameters
    ----------
    table : RowColumns
    rows : int
        Rows of the file, those that are no part of the table included.
    duplicates : {'ask', 'keep', 'drop'}
        What becomes of rows alike in customer, date, amount and order.
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
        If no row can be used, more than half are returns, or the file looks as if it told orders twice.
    """
    left_out = dict(trouble.counts)
    warnings = [f"left out: {trouble}"] if trouble.counts else []
    usable = (table.customer != 0) & (table.day != 0)
    usable &= ~_returns(table, usable, rows, left_out, warnings, trouble, where)
    if not usable.any():
        raise ConfigError(
            f"{where}: none of its {rows:,} rows can be used; {'; '.join(warnings)}; write purchases as amounts above 0"
        )
    key, day, money = table.customer[usable], table.day[usable], table.money[usable]
    orders = np.zeros(key.size, np.uint64) if table.order is None else table.order[usable]
    order = np.lexsort((money, orders, day, key))
    key, day, money, orders = key[order], day[order], money[order], orders[order]
    same = (np.diff(key) == 0) & (np.diff(day) == 0)
    copy = np.r_[False, same & (np.diff(orders) == 0) & (np.diff(money) == 0)]
    if duplicates == "ask" and same.any():
        of_file = np.flatnonzero(usable)[order]
        if copy.any():
            _refuse_told_again(copy, of_file, trouble, where)
        if table.priced:
            _refuse_told_for_each_line(same, orders, money, of_file, trouble, where)
    counts = {"rows": rows, "duplicates": int(copy.sum())}
    if copy.any():
        kept = "kept, their amounts added" if table.priced else "kept as one purchase"
        done = "dropped" if duplicates == "drop" else f"{kept}; say duplicates=drop if they are copies"
        alike = "customer, date and amount" if table.order is None else "customer, date, amount and order"
        warnings.append(f"{count_rows(int(copy.sum()))} with another one's {alike}: {done}")
        if duplicates == "drop":
            left_out[COPIES] = int(copy.sum())
            key, day, money = key[~copy], day[~copy], money[~copy]
            same = (np.diff(key) == 0) & (np.diff(day) == 0)
    starts = np.flatnonzero(np.r_[True, ~same])
    counts["merged_within_a_day"] = merged = int(key.size - starts.size)
    if merged:
        warnings.append(f"{count_rows(merged)} of a customer who already bought that day: put together as one purchase")
    amount = np.add.reduceat(money, starts) / PARTS
    warnings += [*_far_above(money), *_rising(key[starts], amount)]
    counts |= {"rows_used": int(key.size), "rows_left_out": sum(left_out.values())}
    return _by_day(table, key[starts], day[starts], amount, counts, warnings, left_out)


def _far_above(money: NDArray[np.int64]) -> list[str]:
    """Warn of an amount that is far above all others: 9,999,999.99 for none, or one without its decimal sign."""
    if money.size < _FEWEST_AMOUNTS:
        return []
    most = int(money.max())
    next_most = int(np.where(money == most, 0, money).max())
    if most <= _TIMES_OTHERS * next_most or next_most <= 0:
        return []
    return [
        f"the largest amount, {most / PARTS:,.2f}, is {most // next_most:,} times the next one: see whether it is one"
    ]


def _rising(key: NDArray[np.uint64], amount: NDArray[np.float64]) -> list[str]:
    """Warn of amounts that rise from each purchase of a customer to the next, as sums of all so far do."""
    same, more = np.diff(key) == 0, np.diff(amount)
    rises = same & (more > 0)
    if same.sum() < _FEWEST_RISES or rises.sum() < _NEARLY_ALL_RISE * same.sum():
        return []
    # What is added to a sum is as large as what it began with.
    if np.median(more[rises]) < _PART_OF_FIRST * np.median(amount[np.r_[True, ~same]]):
        return []
    return [
        f"amounts rise from one purchase of a customer to the next in {int(rises.sum()):,} of {int(same.sum()):,}"
        " cases: see whether each is the sum of all so far"
    ]


def _by_day(
    table: RowColumns,
    key: NDArray[np.uint64],
    day: NDArray[np.int64],
    amount: NDArray[np.float64],
    counts: dict[str, int],
    warnings: list[str],
    left_out: dict[str, int],
) -> Ledger:
    """Return the ledger of purchases by customer and day, in this order."""
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
        customer, day - began, amount, date.fromordinal(began), counts["rows"], tuple(warnings), counts, left_out, ids,
        table.priced,
    )  # fmt: skip


def _returns(
    table: RowColumns,
    usable: NDArray[np.bool_],
    rows: int,
    left_out: dict[str, int],
    warnings: list[str],
    trouble: RowFaults,
    where: str,
) -> NDArray[np.bool_]:
    """Return which rows are returns, those with an amount below 0 that is taken off no purchase, and tell of both."""
    below = usable & (table.money < 0)
    if not below.any():
        return below
    deducted = _taken_off(table, usable, below)
    returned = below & ~deducted
    if count := int(deducted.sum()):
        whose = (
            "of a larger purchase of that customer" if table.order is None else "and in the order of a larger purchase"
        )
        warnings.append(
            f"{count_rows(count)} with a negative amount on the day {whose}:"
            " taken off it, as discounts and corrections are"
        )
    if count := int(returned.sum()):
        if count > max(int((usable & ~below).sum()), _FEWEST_RETURNS) and count < usable.sum():
            row = trouble.row(int(np.argmax(returned)))
            raise ConfigError(
                f"{where}: {count:,} of {int(usable.sum()):,} amounts are below 0 (the first in row {row:,}), which"
                " means that they were paid back; if they are what customers paid, turn their signs round"
            )
        left_out[RETURNS] = count
        people = int(np.unique(table.customer[returned]).size)
        warnings.append(
            f"{count_rows(count)} of {rows:,} with a negative amount ({people:,} customer{'' if people == 1 else 's'}):"
            " taken as returns and left out; no purchase is taken back"
        )
    return returned


def _taken_off(table: RowColumns, usable: NDArray[np.bool_], below: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which amounts below 0 are taken off a larger one of the same customer, day and order.

    Where the file numbers no orders, they are where nearly all are so: returns come on other days.
    """
    pair = table.customer ^ (table.day.astype(np.uint64) * _ODD)
    if table.order is not None:
        pair ^= table.order * _ODD
    pairs, place = np.unique(pair[below], return_inverse=True)
    above = np.flatnonzero(usable & ~below)
    at = np.searchsorted(pairs, pair[above])
    found = (at < pairs.size) & (pairs[np.minimum(at, pairs.size - 1)] == pair[above])
    paid = np.bincount(at[found], table.money[above[found]], pairs.size)
    back = np.bincount(place, -table.money[below], pairs.size)
    off = (paid > back)[place]
    if table.order is not None:
        off &= table.order[below] != 0
    elif off.sum() < max(_FEWEST_OFF, _NEARLY_ALL * off.size):
        off[:] = False
    taken = np.zeros(below.size, bool)
    taken[np.flatnonzero(below)[off]] = True
    return taken


def _refuse_told_for_each_line(
    same: NDArray[np.bool_],
    orders: NDArray[np.uint64],
    money: NDArray[np.int64],
    of_file: NDArray[np.int64],
    trouble: RowFaults,
    where: str,
) -> None:
    """Refuse amounts of orders that stand in every line of an order, and purchases that are told more than once."""
    groups = np.flatnonzero(np.r_[True, ~same | (np.diff(orders) != 0)])
    whose, remedy = "orders of several rows", "duplicates=drop"
    found = told_for_each_line(groups, money, orders[groups] != 0)
    if not found:
        groups = np.flatnonzero(np.r_[True, ~same])
        found = told_for_each_line(groups, money, np.ones(groups.size, bool), _FEWEST_DAYS)
        whose, remedy = (
            "days with several rows of a customer",
            ("columns={order: null} " if orders.any() else "") + remedy,
        )
    if found:
        alike, several, at = found
        told = f"{money[at] / PARTS:,.2f}"
        one, two = sorted(trouble.row(int(of_file[row])) for row in (at, at + 1))
        raise ConfigError(
            f"{where}: {alike:,} of {several:,} {whose} have one amount in all of them, such as {told} in rows {one:,}"
            f" and {two:,}: if it was paid once, and told in each of its rows, say {remedy}; if each row was paid, say"
            " duplicates=keep"
        )


def _refuse_told_again(copy: NDArray[np.bool_], of_file: NDArray[np.int64], trouble: RowFaults, where: str) -> None:
    """Refuse a piece of the file that it tells again, row by row, as pages of an export that overlap do."""
    again = np.flatnonzero(copy)
    found = repeated_run(of_file[again - 1], of_file[again], np.cumsum(~copy, dtype=np.int64)[again])
    if found:
        first, second, length = found
        one, two, three, four = (trouble.row(at) for at in (first, first + length - 1, second, second + length - 1))
        raise ConfigError(
            f"{where}: rows {three:,} to {four:,} say again, row by row, what rows {one:,} to {two:,} say, as pages of"
            " an export that overlap do; say duplicates=drop to count them once, duplicates=keep if they are purchases"
        )


def _names_of(keys: NDArray[np.uint64], blocks: Sequence[tuple[NDArray[np.uint64], Any]]) -> Any:
    """Return the name of each of the keys, which ascend."""
    import pyarrow

    every, place = np.unique(np.concatenate([known for known, _ in blocks]), return_index=True)
    names = pyarrow.chunked_array([words for _, words in blocks], pyarrow.string())
    return names.take(pyarrow.array(place[np.searchsorted(every, keys)])).combine_chunks()
