"""Table shape: what the first lines of a file of transactions tell, and its rows in blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from sim.data.amounts import count_decimal_signs, currency_of_head, decide_decimal
from sim.data.as_typed import as_typed
from sim.data.currency_columns import find_currency, says_currency
from sim.data.epochs import epoch_unit
from sim.data.format_options import DECIMALS
from sim.data.head_line import Head, find_head, lines_until
from sim.data.ids import MISSING
from sim.data.layout import REQUIRED, Layout, find_columns, find_quantity, find_status, is_status, plain_head
from sim.data.money_heads import (
    discounts_beside,
    left_to_pay_beside,
    paid_days_beside,
    parts_of_money,
    price_units_beside,
    refunds_beside,
    refuse_unit_before,
    speaks_of_no_money,
    unit_of_head,
    unknown_unit,
)
from sim.data.order_rows import find_order, may_number_orders
from sim.data.parquet_file import (
    columns_of_days,
    columns_of_few_words,
    columns_of_lists,
    is_parquet,
    numeric_columns,
    parquet_blocks,
    parquet_heads,
    parquet_rows_apart,
)
from sim.data.price_checks import columns_of_counts, left_open_by_discount, refuse_price_of_one
from sim.data.role_heads import UNIT_PRICES, role_of_head
from sim.data.row_faults import RowFaults
from sim.data.rows_apart import rows_apart
from sim.data.text_blocks import LinesRead, text_blocks
from sim.data.text_file import find_delimiter, first_lines, split_lines
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["TableShape", "decimal_of_all", "is_further", "look_at", "row_blocks"]

_BLOCK_BYTES = 4 << 20
#: An amount in a field of fixed width, which may have its decimal sign in mind, and how many amounts tell.
_FIXED, _FEWEST_DIGITS = r"0\d{4,}", 10
#: Letters of Japan, China and Korea.
_OF_EAST_ASIA = "[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]"
#: Lines, or rows of Parquet, from which columns are told.
_SAMPLE = 500


def is_further(role: str) -> bool:
    """Return whether a role is that of a further column of the customer."""
    return role.startswith("customer_")


@dataclass(frozen=True, slots=True)
class TableShape:
    """What the first lines of a file tell.

    Attributes
    ----------
    delimiter : str
    head : tuple of str
        Names of the columns.
    has_head : bool
        Whether the file says them.
    columns : mapping
        Column of each role.
    skipped : int
        Lines before the first row: blank, sep=, titles, the head line.
    sample : list of list of str
        Cells of the first rows, and of some from places all over a file of text.
    parquet : bool
    decimal : str or None
        None while the sample leaves it open.
    epoch : int or None
        Digits of times since 1970, where dates are written so.
    signs : int or None
        Column of a quantity that is no factor of the amount, and only has the sign of a return.
    notices : tuple of str
        What a reader must know of the lines before the first row.
    lists : frozenset of str
        Columns of Parquet that hold lists or the like: they play no role that nobody asked for.
    """

    delimiter: str
    head: tuple[str, ...]
    has_head: bool
    columns: Mapping[str, int]
    skipped: int
    sample: list[list[str]]
    parquet: bool
    decimal: str | None = None
    epoch: int | None = None
    signs: int | None = None
    notices: tuple[str, ...] = ()
    lists: frozenset[str] = frozenset()

    @property
    def unit(self) -> float:
        """What one unit of an amount is worth in whole units of money."""
        return unit_of_head(self.head[self.columns["amount"]]) if self.has_head and "amount" in self.columns else 1.0

    def cells(self, role: str) -> list[str]:
        """Return the cells of the sample in the column of a role."""
        places = self._places(role)
        return [" ".join(row[at] for at in places).strip() for row in self.sample if len(row) > max(places)]

    def name(self, role: str) -> str:
        """Return the head of the column of a role, or its number."""
        if not self.has_head:
            return f"{self.head[self.columns[role]]} (column {self.columns[role] + 1})"
        return " and ".join(self.head[at] or f"column {at + 1}" for at in self._places(role))

    def _places(self, role: str) -> list[int]:
        """Return the columns of a role: of a customer there may be several, which say it together."""
        return [at for name, at in self.columns.items() if name == role or (role == "customer" and is_further(name))]


def look_at(path: Path, where: str, layout: Layout) -> TableShape:
    """Tell delimiter, columns and decimal sign from the first lines.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    layout : Layout

    Returns
    -------
    TableShape

    Raises
    ------
    ConfigError
        If the file has no rows, or does not say which column is which.
    """
    shape, whole = _look_at_parquet(path, where, layout) if is_parquet(path) else _look_at_text(path, where, layout)
    columns = shape.columns
    unit = find_quantity(shape.head)
    if unit is not None and shape.head[unit] not in shape.lists and "amount" in columns and "quantity" not in columns:
        shape = replace(shape, columns={**columns, "quantity": unit}, signs=unit)
    guessed = not (isinstance(layout.columns, Mapping) and "amount" in layout.columns)
    if guessed and shape.has_head and "amount" in columns:
        shape = replace(shape, notices=(*shape.notices, *_checked_prices(shape, where)))
    if shape.has_head and not (isinstance(layout.columns, Mapping) and "order" in layout.columns):
        heads = [plain_head(name) for name in shape.head]
        order = find_order(heads, shape.sample, shape.columns.values())
        if order is not None and shape.head[order] not in shape.lists:
            shape = replace(shape, columns={**shape.columns, "order": order})
    if guessed:
        shape = replace(shape, notices=(*shape.notices, *_other_amounts(shape)))
    dates = [cell for cell in shape.cells("date") if cell.lower() not in MISSING]
    shape = replace(shape, epoch=None if layout.date_format else epoch_unit(dates), notices=_notices(shape))
    if "amount" not in columns or shape.decimal:
        return shape
    if layout.decimal:
        return replace(shape, decimal=DECIMALS[layout.decimal])
    amounts = [cell for role in ("amount", "quantity") if role in columns for cell in shape.cells(role)]
    signs = count_decimal_signs(amounts)
    # What some rows leave open all may tell.
    if whole or (any(signs[:2]) and decide_decimal(signs)):
        return replace(shape, decimal=_decided(signs, _first_open(amounts, 0), shape.name("amount"), where))
    return shape


def _other_amounts(shape: TableShape) -> list[str]:
    """Tell of a column that may be the amount as well, and is another one in most rows: a grand total, say."""
    if "amount" not in shape.columns or not shape.has_head:
        return []
    read = shape.columns["amount"]
    for at, head in enumerate(shape.head):
        plain = plain_head(head)
        if at in shape.columns.values() or plain in UNIT_PRICES or speaks_of_no_money(head):
            continue
        rows = [row for row in shape.sample if len(row) > max(at, read) and row[at]]
        if role_of_head(plain, "amount") and 2 * sum(row[at] != row[read] for row in rows) > len(shape.sample):
            way = as_typed("columns", {"amount": head})
            return [f"{shape.name('amount')!r} is read as the amount, and {head!r} may be it as well: {way} takes it"]
    return []


def _checked_prices(shape: TableShape, where: str) -> list[str]:
    """Ask where numbers say that amounts are prices of one piece, or before a discount; tell of a discount else."""
    plain = [plain_head(head) for head in shape.head]
    amount = shape.columns["amount"]
    if shape.signs is None and "quantity" in shape.columns:
        return []
    counted = [shape.signs] if shape.signs is not None else columns_of_counts(plain, shape.columns.values())
    for many in counted:
        refuse_price_of_one(shape.head, plain, shape.sample, amount, many, where)
    if plain[amount] in UNIT_PRICES:
        return []
    left = left_open_by_discount(shape.head, plain, shape.sample, amount, shape.columns.values(), where)
    return [f"{head!r} is not taken off: amounts count as they stand" for head in left]


def _notices(shape: TableShape) -> tuple[str, ...]:
    """Add to the notices what heads say of money that a reader might not expect."""
    if "amount" not in shape.columns:
        return shape.notices
    more = [
        f"{head!r} says what was given back, and is not taken off: purchases count in full"
        for head in refunds_beside(shape.head, shape.sample, shape.columns.values())
    ]
    more += [
        f"{head!r} says what is still to be paid: purchases count in full, paid or not"
        for head in left_to_pay_beside(shape.head, shape.sample, shape.columns.values())
    ]
    paid = [row for row in shape.sample if len(row) > (at := shape.columns["amount"]) and row[at]]
    more += [
        f"{head!r} says nothing in {blank} of {len(paid)} rows looked at: counted as purchases, paid or not"
        for head, blank in paid_days_beside(shape.head, paid, shape.columns.values())
    ]
    if "quantity" in shape.columns and shape.signs is None:
        less = discounts_beside(shape.head, shape.sample, shape.columns.values())
        more += [f"{head!r} is not taken off: amounts are price times quantity in full" for head in less]
        units = price_units_beside(shape.head, shape.sample)
        more += [f"{head!r} is not read: prices are taken as those of one piece" for head in units]
    elif plain_head(shape.name("amount")) in UNIT_PRICES:
        less = discounts_beside(shape.head, shape.sample, shape.columns.values())
        more += [f"{head!r} is not taken off: prices count in full" for head in less]
    digits = [cell for cell in shape.cells("amount") if cell]
    if shape.unit == 1.0 and len(digits) >= _FEWEST_DIGITS and all(re.fullmatch(_FIXED, cell) for cell in digits):
        more.append(
            f"amounts such as {digits[0]} have leading zeros and no decimal sign: they count as whole units; if their"
            f" last two digits are cents, call the column {shape.name('amount')}_cents"
        )
    if shape.unit != 1.0:
        told = parts_of_money(shape.unit)
        more.append(f"{shape.name('amount')!r} is in {told}: amounts are told in whole units of money")
    elif shape.has_head and (word := unknown_unit(shape.name("amount"))):
        more.append(
            f"{shape.name('amount')!r} says {word!r}, no currency or unit that is known: amounts count as they are"
        )
    return (*shape.notices, *more)


def _look_at_parquet(path: Path, where: str, layout: Layout) -> tuple[TableShape, bool]:
    if isinstance(layout.columns, list | tuple):
        raise ConfigError(
            f"{where} is Parquet and has heads; give columns={{customer: HEAD, date: HEAD, amount: HEAD}}"
        )
    heads = parquet_heads(path, where)
    numbers = numeric_columns(path, where)
    lists = columns_of_lists(path)
    # Of columns of numbers one may be the amount, of days one the date; others may hold pages.
    told = numbers | columns_of_days(path) | columns_of_few_words(path)
    some = [at for at, head in enumerate(heads) if head in told and heads.count(head) == 1]
    head, has_head, columns = find_columns(heads, _parquet_sample(path, heads, some, where, layout), layout, where)
    columns = {role: at for role, at in columns.items() if role != "currency" or heads[at] not in lists}
    numbers_orders = [
        at for at, name in enumerate(heads) if heads.count(name) == 1 and may_number_orders(plain_head(name))
    ]
    short = [at for at, name in enumerate(heads) if heads.count(name) == 1 and says_currency(plain_head(name))]
    flat = [
        at
        for at in (*find_status(head, [], columns, layout).values(), *numbers_orders, *short)
        if heads[at] not in lists
    ]
    sample = _parquet_sample(
        path, heads, list(dict.fromkeys([*columns.values(), *flat, *some])), where, layout, apart=True
    )
    columns = {**columns, **_currency(head, sample, columns, layout, where)}
    columns = {**columns, **find_status(head, sample, columns, layout)}
    columns = {role: at for role, at in columns.items() if not is_status(role) or heads[at] not in lists}
    money = [heads[columns[role]] for role in ("amount", "quantity") if role in columns]
    # A number is no text that could be read in two ways.
    decimal = "." if money and all(name in numbers for name in money) else None
    return TableShape(",", head, has_head, columns, 0, sample, True, decimal=decimal, lists=lists), False


def _currency(
    head: Sequence[str], sample: Sequence[Sequence[str]], columns: Mapping[str, int], layout: Layout, where: str
) -> dict[str, int]:
    """Return the column of the currency, where the user and the usual heads say nothing of it."""
    given = layout.columns or {}
    if "amount" not in columns or "currency" in columns or not isinstance(given, Mapping) or "currency" in given:
        return {}
    plain = [plain_head(name) for name in head]
    # What an amount was before it was converted, or a column that was passed over for that.
    if currency_of_head(head[columns["amount"]]) or any(role_of_head(name, "currency") for name in plain):
        return {}
    at = find_currency(plain, head, sample, columns.values(), where)
    return {} if at is None else {"currency": at}


def _parquet_sample(
    path: Path, heads: Sequence[str], kept: Sequence[int], where: str, layout: Layout, *, apart: bool = False
) -> list[list[str]]:
    """Return the first rows, with the cells of some columns, and where asked for some that are apart."""
    if not kept:
        return []
    names = [heads[at] for at in kept]
    parts = list(islice(parquet_blocks(path, names, where, layout.most_megabytes, _SAMPLE), 1))
    if apart and parts and parts[0].num_rows == _SAMPLE:
        parts += parquet_rows_apart(path, names, where)
    sample: list[list[str]] = []
    for part in parts:
        rows = [["" for _ in heads] for _ in range(part.num_rows)]
        for at, column in zip(kept, part.columns, strict=True):
            for row, cell in zip(rows, column.to_pylist(), strict=True):
                row[at] = cell.strip()
        sample += rows
    return sample


def _look_at_text(path: Path, where: str, layout: Layout) -> tuple[TableShape, bool]:
    first = first_lines(path, where, layout.most_megabytes, layout.encoding)
    lines = first.lines
    delimiter = find_delimiter(lines[:50], layout.delimiter or first.announced, len(REQUIRED), where)
    cells, began = split_lines(lines[:_SAMPLE], delimiter)
    named = isinstance(layout.columns, list | tuple)
    found = Head(tuple(cells[0]), 0, ()) if named else find_head(cells, [lines[at] for at in began], where)
    head, has_head, columns = find_columns(list(found.cells), cells[found.at + 1 :], layout, where)
    sample = cells[found.at + has_head :]
    seen = first.whole and len(lines) <= _SAMPLE
    if not seen:
        size = layout.most_megabytes
        sample += rows_apart(
            path,
            where,
            size,
            layout.encoding,
            after=first.before[min(_SAMPLE, len(lines)) - 1] + 1,
            delimiter=delimiter,
            width=len(head),
        )
    columns = {**columns, **_currency(head, sample, columns, layout, where)}
    columns = {**columns, **find_status(head, sample, columns, layout)}
    if has_head and "amount" in columns:
        refuse_unit_before(lines[: began[found.at]], head[columns["amount"]], where)
    if first.whole and not sample:
        raise ConfigError(f"{where} has no rows below its head line; give transactions")
    skipped = lines_until(first, began, found.at) if has_head else first.before[began[found.at]]
    shape = TableShape(delimiter, head, has_head, columns, skipped, sample, False, notices=found.notices)
    return shape, seen


def _first_open(amounts: Sequence[str], before: int) -> tuple[str, int] | None:
    """Return the first amount that can be read in two ways, and its row."""
    at = next((at for at, cell in enumerate(amounts) if any(count_decimal_signs([cell])[2:])), None)
    return None if at is None else (amounts[at], before + at + 1)


def _decided(signs: tuple[int, int, int, int], example: tuple[str, int] | None, head: str, where: str) -> str:
    # Japan, China and Korea have a point before decimals and commas between thousands.
    decimal = decide_decimal(signs) or ("." if re.search(_OF_EAST_ASIA, head) else None)
    if decimal is None:
        cell, row = example or ("", 1)
        raise ConfigError(
            f"{where}: amounts such as {show(cell[:30])} in row {row:,} can be read in two ways, as thousands and as"
            " decimals; say which: decimal=point or decimal=comma"
        )
    return decimal


def decimal_of_all(path: Path, where: str, shape: TableShape, layout: Layout) -> str:
    """Tell the decimal sign from all amounts of a file whose first ones leave it open.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    shape : TableShape
    layout : Layout

    Returns
    -------
    {'.', ','}

    Raises
    ------
    ConfigError
        If all of them leave it open, with the first that does.
    """
    signs = np.zeros(4, np.int64)
    example: tuple[str, int] | None = None
    before = 0
    for batch in row_blocks(path, where, shape, layout, RowFaults()):
        for role in ("amount", "quantity"):
            if role in shape.columns:
                column = batch.column(list(shape.columns).index(role))
                signs += count_decimal_signs(column.unique().to_pylist())
                example = example or (_first_open(column.to_pylist(), before) if signs[2:].any() else None)
        before += batch.num_rows
    points, commas, open_points, open_commas = signs.tolist()
    return _decided((points, commas, open_points, open_commas), example, shape.name("amount"), where)


def row_blocks(
    path: Path, where: str, shape: TableShape, layout: Layout, trouble: RowFaults, lines: LinesRead | None = None
) -> Iterator[Any]:
    """Yield blocks of rows, the columns asked for as text.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    shape : TableShape
    layout : Layout
    trouble : RowFaults
        Takes the rows that have another number of columns.
    lines : LinesRead, optional
        Takes what is read.

    Yields
    ------
    pyarrow.RecordBatch
    """
    if shape.parquet:
        kept = [shape.head[at] for at in shape.columns.values()]
        yield from parquet_blocks(path, kept, where, layout.most_megabytes)
        return
    places = shape.columns.values()

    def refuse(row: Any) -> str:
        trouble.refuse_ragged(row, shape.skipped)
        return "skip"

    yield from text_blocks(
        path,
        where,
        shape.delimiter,
        width=len(shape.head),
        kept=tuple(places),
        skipped=shape.skipped,
        refuse=refuse,
        most_megabytes=layout.most_megabytes,
        block_bytes=_BLOCK_BYTES,
        encoding=layout.encoding,
        lines=lines,
    )
